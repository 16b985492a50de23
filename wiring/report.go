package wiring

import (
	"fmt"
	"io"
	"strings"

	"go.uber.org/multierr"

	"github.com/wireframework/wireframework/internal/failure"
)

// problem is an error that knows its parts: one line of text, lines below it, and
// the places that %+v adds.
type problem interface {
	error
	text() string
	details() []string
	places() []string
}

// asProblem looks at the error itself, not at what it wraps.
func asProblem(err error) (problem, bool) {
	p, ok := err.(problem) //nolint:errorlint // a wrapper has its own text
	return p, ok
}

// report is all problems of a graph, in registration order.
type report struct {
	head string
	errs error // joined with multierr
}

// newReport returns the problems that verification has found.
func newReport(problems []error) *report {
	errs := multierr.Combine(problems...)
	head := "wiring: 1 problem"
	if n := len(multierr.Errors(errs)); n != 1 {
		head = fmt.Sprintf("wiring: %d problems", n)
	}
	return &report{head: head, errs: errs}
}

// Unwrap returns the problems one by one.
func (r *report) Unwrap() []error { return multierr.Errors(r.errs) }

func (r *report) Error() string { return r.format(false) }

// Format prints the report; %+v adds where everything is defined and registered.
func (r *report) Format(w fmt.State, verb rune) {
	_, _ = io.WriteString(w, r.format(verb == 'v' && w.Flag('+')))
}

func (r *report) format(places bool) string {
	var b strings.Builder
	problems := r.Unwrap()
	if p, ok := asProblem(problems[0]); len(problems) == 1 && !places && (!ok || len(p.details()) == 0) {
		if text := problems[0].Error(); !strings.Contains(text, "\n") {
			return "wiring: " + text
		}
	}
	b.WriteString(r.head)
	for _, err := range problems {
		p, ok := asProblem(err)
		if !ok {
			writeIndented(&b, "  ", err.Error())
			continue
		}
		writeIndented(&b, "  ", p.text())
		for _, line := range p.details() {
			writeIndented(&b, "      ", line)
		}
		if !places {
			continue
		}
		for _, line := range p.places() {
			writeIndented(&b, "      ", line)
		}
	}
	return b.String()
}

// writeIndented writes a line; further lines of it are indented more.
func writeIndented(b *strings.Builder, indent, text string) {
	b.WriteString("\n" + indent + strings.ReplaceAll(text, "\n", "\n    "+indent))
}

func withHint(text, hint string) string {
	if hint == "" {
		return text
	}
	return text + " (" + hint + ")"
}

func hintLine(hint string) []string {
	if hint == "" {
		return nil
	}
	return []string{"(" + hint + ")"}
}

func placeLines(sources ...Source) []string {
	var lines []string
	for _, s := range sources {
		if long := s.long(); long != "" {
			lines = append(lines, long)
		}
	}
	return lines
}

// panicLine says where a panic in err was, if there is one.
func panicLine(err error) []string {
	if place := failure.Place(failure.Stack(err)); place != "" {
		return []string{"at " + place}
	}
	return nil
}

// stackLines returns the stack of a panic in err.
func stackLines(err error) []string {
	stack := strings.TrimSpace(failure.Stack(err))
	if stack == "" {
		return nil
	}
	return strings.Split(stack, "\n")
}

package layertest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/wireframework/wireframework/internal/testkit"
	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/service/servicetest"
	"github.com/wireframework/wireframework/wiring"
)

// Run checks the layer, or the bundle, l; the package comment lists the promises. The
// options supply what it needs of other layers, and populate what it provides for
// them. Run must be called on the goroutine of the test; it blocks until all checks
// are done.
func Run(t testing.TB, l wiring.Layer, opts ...servicetest.Option) {
	t.Helper()
	pause := 50 * time.Millisecond
	if testkit.Settle() {
		pause = time.Minute
	}
	// A layer without tasks makes a node too.
	opts = append(slices.Clone(opts), servicetest.Populate(new(service.Handle)))
	s := &suite{layer: l, opts: opts}
	if !s.hasName(t) || !s.registers(t) {
		return
	}
	if s.runs(&run{t, s.name + ", stopped right after the start: "}, 0) {
		s.runs(&run{t, s.name + ", run a second time: "}, pause)
	}
}

// suite is all checks of one layer.
type suite struct {
	layer wiring.Layer
	opts  []servicetest.Option
	name  string // for sentences
}

func (s *suite) builder() *service.Builder { return service.NewBuilder().AddLayer(s.layer) }

func (s *suite) hasName(t testing.TB) bool {
	t.Helper()
	if s.layer == nil {
		t.Error("the layer is nil")
		return false
	}
	name := s.layer.Name()
	s.name = "layer " + strconv.Quote(name)
	if name == "" || strings.ContainsFunc(name, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsUpper(r) }) {
		t.Errorf("%s has a name that is no lower-case word: names are read by operators, so use lower-case words and hyphens", s.name)
	}
	return name != ""
}

// registers checks what happens before anything runs.
func (s *suite) registers(t testing.TB) bool {
	t.Helper()
	scope := testkit.NewScope()
	var first, second *wiring.Graph
	scope.Do(context.Background(), func(context.Context) {
		first = servicetest.Build(t, s.builder(), s.opts...).Graph()
		second = servicetest.Build(t, s.builder(), s.opts...).Graph()
	})
	good := true
	problem := func(format string, args ...any) {
		t.Helper()
		t.Errorf("%s %s", s.name, fmt.Sprintf(format, args...))
		good = false
	}
	if left := scope.Left(); len(left) > 0 {
		problem("starts goroutines when it is wired, but Wire only registers (move that into a constructor)%s", places(left))
	}
	if a, b := registrations(first), registrations(second); !slices.Equal(a, b) {
		problem("registers something else when it is wired again%s", difference(a, b))
	}
	for _, line := range unused(first) {
		problem("%s", line)
	}
	return good
}

// runs runs the layer once.
func (s *suite) runs(t *run, pause time.Duration) bool {
	t.Helper()
	n := servicetest.Start(t, s.builder(), s.opts...)
	if pause > 0 {
		time.Sleep(pause)
	}
	err := n.Stop()
	var lines strings.Builder
	for _, e := range errorsOf(err) {
		if !errors.Is(e, service.ErrStopTimeout) { // which the node has reported
			lines.WriteString("\n  " + e.Error())
		}
	}
	if lines.Len() > 0 {
		t.Error("the node fails" + lines.String())
	}
	return err == nil
}

// errorsOf returns the errors that the error of a run joins.
func errorsOf(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	if err == nil {
		return nil
	}
	return []error{err}
}

// unused says, a line each, which constructors nobody calls, and how to call them.
func unused(g *wiring.Graph) []string {
	var lines []string
	for _, c := range g.Constructors {
		if c.Used || c.Layer == "service" {
			continue
		}
		var labels, options []string
		for _, r := range provided(g, c) {
			labels = append(labels, r.Label)
			options = append(options, populate(r))
		}
		lines = append(lines, fmt.Sprintf("is not tried as a whole: nothing here asks for %s of %s (add %s)",
			strings.Join(labels, " or "), name(c), strings.Join(options, " or ")))
	}
	return lines
}

// populate returns the option that makes a test ask for the resource.
func populate(r wiring.GraphResource) string {
	switch {
	case r.Group != "":
		return fmt.Sprintf("servicetest.PopulateGroup(new(%s), %q)", r.Type, r.Group)
	case r.Name != "":
		return fmt.Sprintf("servicetest.Populate(new(%s), %q)", r.Type, r.Name)
	default:
		return fmt.Sprintf("servicetest.Populate(new(%s))", r.Type)
	}
}

// registrations describes all that layers have registered, a line each.
func registrations(g *wiring.Graph) []string {
	var lines []string
	for _, c := range g.Constructors {
		line := name(c)
		if c.Default {
			line += ", by default"
		}
		for _, r := range provided(g, c) {
			line += ", provides " + r.Label
		}
		for _, e := range g.Edges {
			if e.From == c.ID {
				line += ", needs " + resource(g, e.To).Label
			}
		}
		lines = append(lines, line)
	}
	return lines
}

func name(c wiring.GraphConstructor) string {
	if c.Function == "" {
		return fmt.Sprintf("the %s at %s", c.Kind, c.Location)
	}
	return fmt.Sprintf("%s (%s)", c.Function, c.Location)
}

// provided returns what a constructor provides.
func provided(g *wiring.Graph, c wiring.GraphConstructor) []wiring.GraphResource {
	var all []wiring.GraphResource
	for _, e := range g.Edges {
		if e.To == c.ID {
			all = append(all, resource(g, e.From))
		}
	}
	return all
}

func resource(g *wiring.Graph, id string) wiring.GraphResource {
	return g.Resources[slices.IndexFunc(g.Resources, func(r wiring.GraphResource) bool { return r.ID == id })]
}

// difference shows the lines that only one of two lists has.
func difference(first, second []string) string {
	var text strings.Builder
	only := func(when string, a, b []string) {
		for _, line := range a {
			if !slices.Contains(b, line) {
				text.WriteString("\n  " + when + line)
			}
		}
	}
	only("the first time: ", first, second)
	only("the second time: ", second, first)
	if text.Len() == 0 {
		return ": the same in another order"
	}
	return text.String()
}

func places(left []testkit.Goroutines) string {
	var text strings.Builder
	for _, g := range left {
		text.WriteString("\n  " + strings.ReplaceAll(g.String(), "\n", "\n  "))
	}
	return text.String()
}

// run is the test, with the run of the layer in front of each failure.
type run struct {
	testing.TB
	name string
}

func (r *run) Error(args ...any) {
	r.Helper()
	r.TB.Error(r.name + fmt.Sprint(args...))
}

func (r *run) Errorf(format string, args ...any) {
	r.Helper()
	r.TB.Error(r.name + fmt.Sprintf(format, args...))
}

func (r *run) Fatal(args ...any) {
	r.Helper()
	r.TB.Fatal(r.name + fmt.Sprint(args...))
}

func (r *run) Fatalf(format string, args ...any) {
	r.Helper()
	r.TB.Fatal(r.name + fmt.Sprintf(format, args...))
}

package service

import (
	"errors"
	"io"
	"strings"

	"github.com/wireframework/wireframework/internal/failure"
	"github.com/wireframework/wireframework/wiring"
)

// WriteError writes an error of Build or Run for people, as [Main] does: after the name
// of the program, each of its parts on a line of its own; below it where a task or a
// hook hung or panicked, and what to do; and the stack of a panic.
func WriteError(w io.Writer, program string, err error) {
	all := []error{err}
	// Not multierr.Errors, which would take a wiring report apart too.
	if joined, ok := err.(interface{ Errors() []error }); ok {
		all = joined.Errors()
	}
	for _, e := range all {
		writeError(w, program, e)
	}
}

func writeError(w io.Writer, program string, err error) {
	_, panicked := errors.AsType[*PanicError](err)
	stack, known := stackOf(err)
	if !known {
		format := "%s: %v"
		if panicked {
			format = "%s: %+v" // of a constructor
		}
		say(w, format, program, err)
		return
	}
	say(w, "%s: %v", program, err)
	if line := whereAndWhatNext(err, stack); line != "" {
		say(w, "    %s", line)
	}
	if panicked {
		say(w, "%s", strings.TrimRight(stack, "\n"))
	}
}

// stackOf returns the stack that belongs to the error of a task, a hook or a
// constructor that hung, which may be empty.
func stackOf(err error) (stack string, known bool) {
	if e, ok := errors.AsType[*TaskError](err); ok {
		return e.Stack, true
	}
	if e, ok := errors.AsType[*HookError](err); ok {
		return e.Stack, true
	}
	if e, ok := errors.AsType[*wiring.ConstructorError](err); ok && errors.Is(e.Err, ErrStopTimeout) {
		return e.Stack, true
	}
	return "", false
}

func whereAndWhatNext(err error, stack string) string {
	var parts []string
	if p := failure.Place(stack); p != "" {
		parts = append(parts, "at "+p)
	}
	_, constructing := errors.AsType[*wiring.ConstructorError](err)
	switch {
	case !errors.Is(err, ErrStopTimeout):
	case constructing:
		parts = append(parts, "(take a context.Context first and return when it is done, or raise StopTimeout)")
	default:
		parts = append(parts, "(return when the context is done, or raise the timeout)")
	}
	return strings.Join(parts, " ")
}

package service

import (
	"errors"
	"fmt"
	"io"
	"path"
	"runtime"
	"strings"
	"sync"

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
		return "", true
	}
	return "", false
}

func whereAndWhatNext(err error, stack string) string {
	var parts []string
	if p := placeOf(stack); p != "" {
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

// placeOf returns the function and the line of a stack where the code of the user was:
// the first that is not of the standard library, below the panic if there was one.
func placeOf(stack string) string {
	lines := strings.Split(stack, "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, "panic(") || strings.HasPrefix(line, "runtime.Goexit(") {
			lines = lines[i+1:]
			break
		}
	}
	for i := range len(lines) - 1 {
		function := strings.TrimSpace(lines[i])
		file, isFile := strings.CutPrefix(lines[i+1], "\t")
		file, _, _ = strings.Cut(strings.TrimSpace(file), " +0x")
		if !isFile || !strings.Contains(file, ".go:") || strings.HasPrefix(function, "created by ") || isOurs(function, file) {
			continue
		}
		if at := strings.LastIndex(function, "("); at > 0 && strings.HasSuffix(function, ")") {
			function = function[:at] // the arguments, in a stack of a panic
		}
		dir, base := path.Split(strings.ReplaceAll(file, "\\", "/"))
		return fmt.Sprintf("%s (%s/%s)", path.Base(function), path.Base(dir), base)
	}
	return ""
}

// isOurs reports whether a frame is one of the standard library or of the engine,
// rather than one of the user.
func isOurs(function, file string) bool {
	if strings.Contains(function, "wireframework/internal/supervise.") || strings.Contains(function, "wireframework/internal/failure.") {
		return true
	}
	if root := sourceRoot(); root != "" {
		return strings.HasPrefix(file, root)
	}
	// Without paths in the binary: the import paths of the standard library do not begin
	// with a host name.
	first, _, nested := strings.Cut(function, "/")
	if !nested {
		first, _, _ = strings.Cut(function, ".")
	}
	return first != "main" && !strings.Contains(first, ".")
}

// sourceRoot is the directory of the standard library when this program was built; it
// is empty if the build has left out paths.
var sourceRoot = sync.OnceValue(func() string {
	pc := make([]uintptr, 1)
	runtime.Callers(0, pc)
	frame, _ := runtime.CallersFrames(pc).Next()
	root, _ := strings.CutSuffix(frame.File, "runtime/extern.go")
	return root
})

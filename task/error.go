package task

import (
	"errors"
	"fmt"
	"io"
	"time"
)

// ErrGoexit is the value of a [PanicError] for code that did not panic but ended
// its goroutine with [runtime.Goexit], as t.FailNow of a test does.
var ErrGoexit = errors.New("runtime.Goexit called")

// IntervalError is what a task of [Periodic] or [Poll] returns whose interval is not
// positive. It is a mistake of the program or its configuration, so another run of the
// task would end in the same way.
type IntervalError struct {
	Interval time.Duration
}

// Error names the interval.
func (e *IntervalError) Error() string {
	return fmt.Sprintf("interval %v is not positive", e.Interval)
}

// PanicError is what a panic, or a call of [runtime.Goexit], in a constructor, a
// task or a hook becomes. It prints the value in one line, and with %+v the stack
// too.
type PanicError struct {
	Value any    // what was passed to panic, or [ErrGoexit]
	Stack []byte // the stack at the panic, as [runtime/debug.Stack] formats it
}

// Error describes the value without the stack.
func (e *PanicError) Error() string {
	if e.Value == any(ErrGoexit) {
		return ErrGoexit.Error()
	}
	return fmt.Sprintf("panic: %v", e.Value)
}

// Unwrap returns the value if it is an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// Format prints the error, and for %+v the stack below it.
func (e *PanicError) Format(w fmt.State, verb rune) {
	_, _ = io.WriteString(w, e.Error())
	if verb == 'v' && w.Flag('+') && len(e.Stack) > 0 {
		_, _ = fmt.Fprintf(w, "\n%s", e.Stack)
	}
}

// Package failure makes errors of the ways in which foreign code fails without
// returning one: a panic, an exit of the goroutine, and an error that panics itself. It
// finds the place of a failure in a stack.
package failure

import (
	"errors"
	"fmt"
	"reflect"
	"runtime/debug"

	"github.com/wireframework/wireframework/task"
)

// Caught makes an error of what recover returned in a deferred call that runs although
// the function has not returned: nothing means Goexit. The stack still shows the place.
func Caught(v any) error {
	if v == nil {
		v = task.ErrGoexit
	}
	if err, ok := v.(error); ok && !answers(err) {
		v = fmt.Sprintf("%v (%[1]T)", v) // Unwrap would hand it to whoever asks
	}
	return &task.PanicError{Value: v, Stack: debug.Stack()}
}

// Stack returns the stack of the panic that err is or wraps, and nothing if it is none.
func Stack(err error) string {
	if p, ok := errors.AsType[*task.PanicError](err); ok {
		return string(p.Stack)
	}
	return ""
}

// Probe asks an error all that it will be asked, so that one that panics (a nil pointer
// of an error type does) panics where that is the failure of who returned it.
func Probe(err error) {
	if err == nil {
		return
	}
	_ = err.Error()
	_ = errors.Is(err, errProbe)
	_, _ = errors.AsType[*task.PanicError](err)
}

// answers reports whether an error can be asked.
func answers(err error) (ok bool) {
	defer func() { _ = recover() }()
	Probe(err)
	return true
}

var errProbe = errors.New("probe")

// Sound returns the error, or what it panics with when it is asked. What it returns can
// be found by [errors.Is].
func Sound(err error) (safe error) {
	returned := false
	defer func() {
		if !returned {
			safe = Caught(recover())
		}
	}()
	Probe(err)
	if err != nil && !reflect.ValueOf(err).Comparable() {
		err = fmt.Errorf("%w", err) // errors.Is does not find what cannot be compared, and may panic
	}
	returned = true
	return err
}

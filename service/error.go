package service

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/wireframework/wireframework/internal/failure"
	"github.com/wireframework/wireframework/internal/supervise"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

var (
	// ErrNoTasks is among the problems of Build if no layer provides a task.
	ErrNoTasks = wiring.ErrNoTasks

	// ErrAlreadyRun is returned by every call of Run but the first.
	ErrAlreadyRun = errors.New("service has already been run")

	// ErrStopTimeout is in the error of a task, a hook or a constructor that did
	// not return in time after the stop.
	ErrStopTimeout = supervise.ErrStopTimeout

	// ErrPreconditionTimeout is in the [*TaskError] of a precondition that did not
	// succeed within the PreconditionTimeout.
	ErrPreconditionTimeout = supervise.ErrPreconditionTimeout

	// ErrStopRequested is the cause of a stop by Stop(nil): what
	// [context.Cause] tells the tasks. Run does not return it.
	ErrStopRequested = supervise.ErrStopRequested
)

// PanicError is what a panic, or a call of runtime.Goexit, in a constructor, a task
// or a hook becomes.
type PanicError = task.PanicError

// TaskError is the error of a task. Run returns it, and it is the cause of the stop
// if it was the first.
type TaskError struct {
	ID    task.ID
	Kind  task.Kind
	Layer string

	// Stack is where its goroutines hang, or where it panicked; it may be empty. Services of
	// one process that have the same layer with the same task are not told apart.
	Stack string

	Err error
}

// Error names the task, the layer and what the task returned.
func (e *TaskError) Error() string {
	return fmt.Sprintf("task %q (layer %q): %v", e.ID, e.Layer, e.Err)
}

// Unwrap returns what the task returned, its [*PanicError], or an error that wraps
// [ErrStopTimeout] or [ErrPreconditionTimeout].
func (e *TaskError) Unwrap() error { return e.Err }

// Format prints the error, and for %+v the stack below it.
func (e *TaskError) Format(w fmt.State, verb rune) { formatWithStack(w, verb, e.Error(), e.Stack) }

// HookError is a shutdown hook that failed, panicked, or did not return in time.
type HookError struct {
	Name  string
	Layer string
	Stack string // where its goroutines hang, or where it panicked; may be empty
	Err   error
}

// Error names the hook, the layer and what the hook returned.
func (e *HookError) Error() string {
	return fmt.Sprintf("shutdown hook %q (layer %q): %v", e.Name, e.Layer, e.Err)
}

// Unwrap returns what the hook returned, its [*PanicError], or an error that wraps
// [ErrStopTimeout].
func (e *HookError) Unwrap() error { return e.Err }

// Format prints the error, and for %+v the stack below it.
func (e *HookError) Format(w fmt.State, verb rune) {
	formatWithStack(w, verb, e.Error(), cmp.Or(e.Stack, failure.Stack(e.Err)))
}

func formatWithStack(w fmt.State, verb rune, text, stack string) {
	_, _ = io.WriteString(w, text)
	if verb == 'v' && w.Flag('+') && stack != "" {
		_, _ = io.WriteString(w, "\n"+strings.TrimRight(stack, "\n"))
	}
}

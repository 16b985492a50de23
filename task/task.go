package task

import (
	"context"
	"fmt"
	"time"
)

// ID names a task: lower-case words and hyphens that speak to operators, such as
// "block-fetcher". It is unique in a service.
type ID string

// Task is a unit of work that a service runs. The service calls each method at
// most once.
//
// A panic in Run is recovered and fails the service in an orderly way. A panic in
// a goroutine that the task has started itself cannot be recovered by anyone and
// ends the process; such goroutines recover for themselves, and the task must
// wait for them before it returns.
type Task interface {
	// ID names the task.
	ID() ID

	// Kind says how the service treats the task. It is read once, before any task
	// starts; a later change has no effect.
	Kind() Kind

	// Run does the work. It blocks until the work is done, has failed, or ctx is
	// cancelled, which is the request to stop; [context.Cause] then says why the
	// service stops. After that request nil, and any error that wraps
	// [context.Canceled], is a clean return.
	Run(ctx context.Context) error
}

// New returns a task that calls run. It panics if run is nil.
func New(id ID, kind Kind, run func(context.Context) error) Task {
	if run == nil {
		panic(fmt.Sprintf("task: New(%q) needs a function to run, got nil", id))
	}
	return &funcTask{id: id, kind: kind, run: run}
}

type funcTask struct {
	id   ID
	kind Kind
	run  func(context.Context) error
}

func (t *funcTask) ID() ID                        { return t.id }
func (t *funcTask) Kind() Kind                    { return t.kind }
func (t *funcTask) Run(ctx context.Context) error { return t.run(ctx) }

// WithKind returns a task that is t but for its kind. It panics if t is nil.
func WithKind(t Task, k Kind) Task {
	if t == nil {
		panic("task: WithKind needs a task, got nil")
	}
	return &kindTask{Task: t, kind: k}
}

type kindTask struct {
	Task
	kind Kind
}

func (t *kindTask) Kind() Kind { return t.kind }

// WithStopTimeout returns a task that is t but for the time it has to return once
// it is told to stop: d instead of the service's StopTimeout. Zero or less leaves
// no time at all. It panics if t is nil.
//
// The timeout travels with the context of Run, so it survives every wrapper
// around the task that hands its context on. Where several apply, the outermost
// counts. Outside a service it has no effect.
func WithStopTimeout(t Task, d time.Duration) Task {
	if t == nil {
		panic("task: WithStopTimeout needs a task, got nil")
	}
	return &timeoutTask{Task: t, timeout: d}
}

type timeoutTask struct {
	Task
	timeout time.Duration
}

func (t *timeoutTask) Run(ctx context.Context) error {
	if rt := runtimeOf(ctx); rt != nil {
		rt.SetStopTimeout(t.timeout)
	}
	return t.Task.Run(ctx)
}

package tasktest

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// fakeRuntime is the service as one instance of a task sees it.
type fakeRuntime struct {
	logger *slog.Logger
	ended  chan struct{} // closed by endDrain

	mu      sync.Mutex // protects following fields
	drained bool       // Drain has been called
	err     error      // of the drain; nil while it lasts
	timeout time.Duration
	own     bool // timeout is that of the task
}

func newRuntime(logger *slog.Logger, timeout time.Duration) *fakeRuntime {
	return &fakeRuntime{logger: logger, timeout: timeout, ended: make(chan struct{})}
}

// Logger implements [task.Runtime].
func (r *fakeRuntime) Logger() *slog.Logger { return r.logger }

// SetStopTimeout implements [task.Runtime].
func (r *fakeRuntime) SetStopTimeout(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.own {
		r.timeout, r.own = d, true
	}
}

func (r *fakeRuntime) stopTimeout() time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.timeout
}

// Drain implements [task.Runtime].
func (r *fakeRuntime) Drain(parent context.Context) context.Context {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.drained = true
	return &drainContext{Context: context.WithoutCancel(parent), rt: r}
}

func (r *fakeRuntime) hasDrained() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.drained
}

// endDrain ends the drain, as a service does at the deadline of the task. It is called
// once.
func (r *fakeRuntime) endDrain() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.err = context.DeadlineExceeded
	close(r.ended)
}

// drainContext has the values of its parent, and the end of the drain.
type drainContext struct {
	context.Context
	rt *fakeRuntime
}

func (c *drainContext) Done() <-chan struct{} { return c.rt.ended }

func (c *drainContext) Err() error {
	c.rt.mu.Lock()
	defer c.rt.mu.Unlock()
	return c.rt.err
}

package supervise

import (
	"context"
	"log/slog"
	"runtime/pprof"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wireframework/wireframework/internal/failure"
	"github.com/wireframework/wireframework/task"
)

// record is one task in a run. While the task waits for the gate, it is all there
// is of it, so it is small.
type record struct {
	sup   *Supervisor // immutable, as are the next two
	index int32
	kind  task.Kind

	planned bool // its own deadline is in the agenda; the loop's

	// Written by the task's goroutine, read by the loop once it has taken the record.
	entered  bool // Run was called
	returned bool // Run returned, rather than panicked or exited
	asked    bool // the stop had been requested when Run ended

	claim   atomic.Bool           // set by the goroutine to enter Run, or by the loop to keep it out
	life    atomic.Uint64         // a life, but for what the crew knows; written by the loop
	outcome error                 // as entered
	next    *record               // in the inbox
	extra   atomic.Pointer[extra] // set by the first use
}

func (r *record) task() Task   { return r.sup.Tasks.Task(int(r.index)) }
func (r *record) id() task.ID  { return r.task().ID }
func (r *record) state() State { return r.now().state() }

// now returns the state of the task, and since when.
func (r *record) now() life {
	stopping, told := r.sup.crewOf(r.kind).isTold()
	l := life(r.life.Load()) // after the crew's, so that who has ended before was never stopping
	if told && l.state() == Running {
		return stopping
	}
	return l
}

// run is the body of the task's goroutine. It gets by with the small stack that a
// goroutine begins with, so its context is made before.
func (r *record) run(ctx context.Context) {
	defer r.leave()
	if !r.claim.CompareAndSwap(false, true) {
		return
	}
	r.entered = true
	r.outcome = r.task().Task.Run(ctx)
	failure.Probe(r.outcome)
	r.returned = true
}

// leave is deferred by run, so that it sees a panic and a Goexit too.
func (r *record) leave() {
	if r.entered && !r.returned {
		r.outcome = failure.Caught(recover())
	}
	r.asked = r.sup.Stop.Requested()
	r.sup.results.put(r)
}

// labels are those of the goroutine of the task, and of its context.
func (r *record) labels() pprof.LabelSet {
	t := r.task()
	return pprof.Labels("layer", t.Layer, "task", string(t.ID))
}

// taskContext is the record as the context of its task. All tasks share one
// cancellable context, so a stop costs the same for one task and for 100 000.
type taskContext record

func (c *taskContext) shared() context.Context {
	return c.sup.crewOf(c.kind).ctx
}

func (c *taskContext) Deadline() (time.Time, bool) { return c.shared().Deadline() }
func (c *taskContext) Done() <-chan struct{}       { return c.shared().Done() }
func (c *taskContext) Err() error                  { return c.shared().Err() }

func (c *taskContext) Value(key any) any {
	if key == (task.RuntimeKey{}) {
		return task.Runtime((*record)(c))
	}
	return c.shared().Value(key)
}

// extra is what only some tasks use.
type extra struct {
	logger atomic.Pointer[slog.Logger] // set by the first use

	mu      sync.Mutex // protects following fields
	timeout time.Duration
	own     bool          // timeout is set
	drain   chan struct{} // closed at the stop deadline, or when the task has ended
	drained error         // set when drain is closed
	late    error         // what the precondition timeout made of the task
}

func (r *record) more() *extra {
	if x := r.extra.Load(); x != nil {
		return x
	}
	r.extra.CompareAndSwap(nil, new(extra))
	return r.extra.Load()
}

// SetStopTimeout implements [task.Runtime].
func (r *record) SetStopTimeout(d time.Duration) {
	x := r.more()
	x.mu.Lock()
	first := !x.own
	if first {
		x.timeout, x.own = d, true
	}
	x.mu.Unlock()
	if first {
		r.sup.announce(r)
	}
}

// stopTimeout returns the task's own timeout, if it has one.
func (r *record) stopTimeout() (time.Duration, bool) {
	x := r.extra.Load()
	if x == nil {
		return 0, false
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.timeout, x.own
}

// setLate marks the task as one that took too long for the gate.
func (r *record) setLate(err error) {
	x := r.more()
	x.mu.Lock()
	defer x.mu.Unlock()
	x.late = err
}

func (r *record) tooLate() error {
	x := r.extra.Load()
	if x == nil {
		return nil
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.late
}

// Logger implements [task.Runtime].
func (r *record) Logger() *slog.Logger {
	x := r.more()
	if l := x.logger.Load(); l != nil {
		return l
	}
	t := r.task()
	x.logger.CompareAndSwap(nil, r.sup.Logger.With("task", string(t.ID), "layer", t.Layer))
	return x.logger.Load()
}

// Drain implements [task.Runtime].
func (r *record) Drain(parent context.Context) context.Context {
	x := r.more()
	// Who ends the task changes its state first, and then ends the drain if there is
	// one: either it finds x, or over finds the state.
	over := r.over()
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.drain == nil {
		x.drain = make(chan struct{})
		if x.drained == nil {
			x.drained = over
		}
		if x.drained != nil {
			close(x.drain)
		}
	}
	return &drainContext{Context: context.WithoutCancel(parent), extra: x, done: x.drain}
}

// over returns what the drain of a task that has ended says, and nil before.
func (r *record) over() error {
	switch r.state() {
	case Pending, Running, Stopping:
		return nil
	case Abandoned:
		return context.DeadlineExceeded
	default:
		return context.Canceled
	}
}

// endDrain ends the drain of the task with err, and reports whether the task has
// one that was alive until now.
func (r *record) endDrain(err error) bool {
	x := r.extra.Load()
	if x == nil {
		return false
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.drained != nil {
		return false
	}
	x.drained = err
	if x.drain == nil {
		return false
	}
	close(x.drain)
	return true
}

// drainContext is what task.Drain returns: the values of its parent, and an end of
// its own.
type drainContext struct {
	context.Context
	extra *extra
	done  chan struct{}
}

func (c *drainContext) Done() <-chan struct{} { return c.done }

func (c *drainContext) Err() error {
	c.extra.mu.Lock()
	defer c.extra.mu.Unlock()
	return c.extra.drained
}

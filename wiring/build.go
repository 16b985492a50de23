package wiring

import (
	"context"
	"reflect"
	"runtime/pprof"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/dig"

	"github.com/wireframework/wireframework/task"
)

// Build is one run of the constructors of a plan. [Build.Run] belongs to one
// goroutine; the other methods are safe for concurrent use and do not block.
type Build struct {
	plan     *Plan
	observer Observer // nil if nobody observes
	hooks    hookList
	stopped  func() error         // nil, or returns the cause once no constructor should start any more
	current  atomic.Pointer[node] // whose constructor runs
	since    atomic.Int64         // when it was called, in Unix nanoseconds

	// Owned by the goroutine of Run.
	ctx       context.Context // for the constructors
	labelled  *layerEntry     // whose label the goroutine has
	container *dig.Container
	halted    bool // no constructor starts any more
	nextRoot  int
	nextTask  int

	mu       sync.Mutex // protects following fields
	outcomes []outcome  // by index of the node
	tasks    []Task
	problems []error // what is wrong with the tasks
	cause    error   // why it was halted
}

// Observer hears of constructors while they are built. It is called on the
// goroutine of Run.
type Observer interface {
	ConstructorStarted(Source)
	ConstructorFinished(Source, time.Duration, error)
}

// Task is a task that a build has made, and where it comes from. ID and kind were
// read from it once.
type Task struct {
	Task  task.Task
	ID    task.ID
	Kind  task.Kind
	Layer string
	node  *node
}

// state is what has become of a node in a build.
type state uint8

const (
	untouched state = iota
	built
	failed
	blocked // something that it needs has failed
)

var stateNames = [...]string{"", "built", "failed", "blocked"}

type outcome struct {
	state    state
	values   []reflect.Value
	err      error
	halted   bool // it ended after the build was halted
	duration time.Duration
}

// NewBuild prepares a build: what can be done before a constructor is called is done
// here.
func (p *Plan) NewBuild() *Build {
	b := &Build{plan: p, outcomes: make([]outcome, len(p.nodes))}
	b.fill()
	return b
}

// Observe makes o hear of constructors. It may be called before Run.
func (b *Build) Observe(o Observer) { b.observer = o }

// HaltWhen makes the build ask stopped before each constructor and after it, and halt
// with the error that it returns. It may be called before Run.
func (b *Build) HaltWhen(stopped func() error) { b.stopped = stopped }

// LateHooks makes the build call late for each shutdown hook that is added after the
// last one has run. It may be called before Run.
func (b *Build) LateHooks(late func(Hook)) { b.hooks.late = late }

// Run builds what the tasks and invokes need, in registration order, and blocks
// until that is done. The constructors receive ctx. If one ends the goroutine by
// Goexit, Run is to be called again on another one, and goes on with the rest.
func (b *Build) Run(ctx context.Context) {
	b.ctx, b.labelled = ctx, nil
	defer pprof.SetGoroutineLabels(ctx)
	for b.nextRoot < len(b.plan.roots) && !b.isHalted() {
		n := b.plan.roots[b.nextRoot]
		if err := b.invoke(n); err != nil {
			b.disagree(n, err)
		}
		b.nextRoot++
	}
	for b.nextTask < len(b.plan.roots) && !b.isHalted() {
		n := b.plan.roots[b.nextTask]
		b.nextTask++
		b.collect(n)
	}
	b.release()
}

// label gives the goroutine, and all that constructors start, the label of a layer.
func (b *Build) label(l *layerEntry) {
	if l != b.labelled {
		b.labelled = l
		pprof.SetGoroutineLabels(pprof.WithLabels(b.ctx, pprof.Labels("layer", l.name)))
	}
}

// release drops the container and the values, which dig would keep alive.
func (b *Build) release() {
	b.container = nil
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := range b.outcomes {
		b.outcomes[i].values = nil
	}
}

// isHalted reports whether no further constructor is to start. The cause is what a
// constructor may return that notices.
func (b *Build) isHalted() bool {
	if b.halted || b.stopped == nil {
		return b.halted
	}
	if cause := b.stopped(); cause != nil {
		b.mu.Lock()
		b.cause = cause
		b.mu.Unlock()
		b.halted = true
	}
	return b.halted
}

// Current returns the constructor that is running and since when.
func (b *Build) Current() (src Source, since time.Time, ok bool) {
	n := b.current.Load()
	if n == nil {
		return Source{}, time.Time{}, false
	}
	return n.source(), time.Unix(0, b.since.Load()), true
}

// PopHook takes the shutdown hook that was added last, and says how many are left.
// Once there is none, further hooks are late.
func (b *Build) PopHook() (h Hook, left int, ok bool) { return b.hooks.pop() }

// CloseHooks makes all hooks late that are added from now on. Those that are there can
// still be taken.
func (b *Build) CloseHooks() { b.hooks.close() }

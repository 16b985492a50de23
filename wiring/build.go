package wiring

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"runtime/debug"
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
	ctx      context.Context
	observer Observer // nil if nobody observes
	hooks    hookList
	stopped  func() error // nil, or returns the cause once no constructor should start any more
	halted   atomic.Bool
	current  atomic.Pointer[node] // whose constructor runs
	since    atomic.Int64         // when it was called, in Unix nanoseconds

	// Owned by the goroutine of Run.
	container *dig.Container
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

type outcome struct {
	state    state
	values   []reflect.Value
	err      error
	halted   bool // it ended after the build was halted
	duration time.Duration
}

// NewBuild prepares a build. The constructors receive ctx; late is called for each
// shutdown hook that is added after the last one has run. Observer may be nil.
func (p *Plan) NewBuild(ctx context.Context, observer Observer, late func(Hook)) *Build {
	b := &Build{plan: p, ctx: ctx, observer: observer, outcomes: make([]outcome, len(p.nodes))}
	b.hooks.late = late
	return b
}

// HaltWhen makes the build ask stopped before each constructor and after it, and halt
// with the error that it returns. It may be called before Run.
func (b *Build) HaltWhen(stopped func() error) { b.stopped = stopped }

// Run builds what the tasks and invokes need, in registration order, and blocks
// until that is done. If a constructor ends the goroutine by Goexit, Run is to be
// called again on another one, and goes on with the rest.
func (b *Build) Run() {
	if b.container == nil {
		b.fill()
	}
	for b.nextRoot < len(b.plan.roots) && !b.isHalted() {
		n := b.plan.roots[b.nextRoot]
		if err := b.container.Invoke(b.function(n).Interface()); err != nil {
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

// fill hands all that is needed to the container.
func (b *Build) fill() {
	b.container = dig.New(dig.DeferAcyclicVerification())
	// Each constructor gets hooks of its own; this is what dig sees.
	if err := b.container.Provide(func() *ShutdownHooks { return nil }); err != nil {
		b.disagree(nil, err)
	}
	for _, n := range b.plan.nodes {
		if !n.needed || n.kind == kindTask || n.kind == kindInvoke {
			continue
		}
		if err := b.container.Provide(b.function(n).Interface(), n.digOptions()...); err != nil {
			b.disagree(n, err)
		}
	}
}

// disagree records that dig refuses what verification has accepted, which is a bug
// of this package.
func (b *Build) disagree(n *node, err error) {
	err = fmt.Errorf("wiring: dig disagrees with the verification, please report this: %w", err)
	b.mu.Lock()
	defer b.mu.Unlock()
	if n != nil && b.outcomes[n.index].state == untouched {
		b.outcomes[n.index] = outcome{state: failed, err: err}
		return
	}
	b.problems = append(b.problems, err)
}

func (n *node) digOptions() []dig.ProvideOption {
	var opts []dig.ProvideOption
	if n.kind != kindSupply {
		opts = append(opts, dig.LocationForPC(funcPC(n.fn)))
	}
	if n.reshaped {
		return opts // everything is in the tags of the result object
	}
	if n.opts.name != "" {
		opts = append(opts, dig.Name(n.opts.name))
	}
	if n.opts.group != "" {
		opts = append(opts, dig.Group(n.opts.group))
	}
	if len(n.opts.as) > 0 {
		opts = append(opts, dig.As(n.opts.as...))
	}
	return opts
}

// function returns what dig calls instead of the constructor: a function that
// constructs the node, once, and never fails, so that dig goes on with the others.
func (b *Build) function(n *node) reflect.Value {
	typ := n.digType()
	return reflect.MakeFunc(typ, func(args []reflect.Value) []reflect.Value {
		if n.hasSoft() {
			args = args[1:]
		}
		b.construct(n, args)
		return b.outputs(n, typ)
	})
}

// digType is the type of the constructor without its context, and without the
// results that somebody else provides.
func (n *node) digType() reflect.Type {
	if n.kind == kindSupply {
		return reflect.FuncOf(nil, n.digResults(), false)
	}
	if !n.wantsContext && !n.reshaped && !n.hasSoft() {
		return n.typ
	}
	var in []reflect.Type
	if n.hasSoft() {
		in = append(in, n.before())
	}
	for i := range n.typ.NumIn() {
		if i > 0 || !n.wantsContext {
			in = append(in, n.typ.In(i))
		}
	}
	return reflect.FuncOf(in, n.digResults(), n.typ.IsVariadic())
}

func (n *node) digResults() []reflect.Type {
	switch {
	case n.reshaped:
		return []reflect.Type{n.remainder()}
	case n.kind == kindSupply:
		return []reflect.Type{n.typ}
	}
	out := make([]reflect.Type, n.typ.NumOut())
	for i := range out {
		out[i] = n.typ.Out(i)
	}
	return out
}

// before is a parameter object of the soft groups of the node, as if they were not
// soft. The container has only what is needed, so it makes dig build the members
// that something else needs, and build them first.
func (n *node) before() reflect.Type {
	fields := []reflect.StructField{{Name: "In", Type: inType, Anonymous: true}}
	for _, need := range n.needs {
		if need.soft {
			fields = append(fields, reflect.StructField{Name: fmt.Sprintf("F%d", len(fields)), Type: need.id.Type, Tag: tagOf(need.id)})
		}
	}
	return reflect.StructOf(fields)
}

// remainder is a result object of what the node still provides.
func (n *node) remainder() reflect.Type {
	fields := []reflect.StructField{{Name: "Out", Type: outType, Anonymous: true}}
	for _, r := range n.results {
		for _, id := range r.ids {
			t := id.Type
			tag := tagOf(id)
			if id.Group != "" && r.flatten {
				tag = reflect.StructTag(fmt.Sprintf("group:%q", id.Group+",flatten"))
			} else if id.Group != "" {
				t = t.Elem()
			}
			fields = append(fields, reflect.StructField{Name: fmt.Sprintf("F%d", len(fields)), Type: t, Tag: tag})
		}
	}
	return reflect.StructOf(fields)
}

// outputs returns what dig gets: the results, or zero values.
func (b *Build) outputs(n *node, typ reflect.Type) []reflect.Value {
	values := b.outcomes[n.index].values
	switch {
	case values == nil:
		values = make([]reflect.Value, typ.NumOut())
		for i := range values {
			values[i] = reflect.Zero(typ.Out(i))
		}
	case n.reshaped:
		rest := reflect.New(typ.Out(0)).Elem()
		field := 1
		for _, r := range n.results {
			for range r.ids {
				rest.Field(field).Set(r.of(values))
				field++
			}
		}
		values = []reflect.Value{rest}
	}
	return values
}

// of returns the value of the result among what the constructor returned.
func (r *result) of(values []reflect.Value) reflect.Value {
	v := values[r.out]
	if len(r.field) > 0 {
		v = v.FieldByIndex(r.field)
	}
	return v
}

// each calls f with the value of the result, or with each element of a flattened
// one.
func (r *result) each(values []reflect.Value, f func(reflect.Value)) {
	v := r.of(values)
	if !r.flatten {
		f(v)
		return
	}
	for i := range v.Len() {
		f(v.Index(i))
	}
}

// construct calls the constructor of the node, unless that has happened, something
// that it needs has failed, or the build has been halted.
func (b *Build) construct(n *node, args []reflect.Value) {
	switch {
	case b.outcomes[n.index].state != untouched || b.isHalted():
	case n.kind == kindSupply:
		b.settle(n, outcome{state: built, values: []reflect.Value{n.fn}})
	case b.isBlocked(n):
		b.settle(n, outcome{state: blocked})
	default:
		b.call(n, b.arguments(n, args))
	}
}

func (b *Build) isBlocked(n *node) bool {
	for _, dep := range b.plan.hard(n) {
		if s := b.outcomes[dep.index].state; s == failed || s == blocked {
			return true
		}
	}
	return false
}

// arguments completes what dig hands over: the context, the hooks, and groups in
// registration order, which dig shuffles.
func (b *Build) arguments(n *node, args []reflect.Value) []reflect.Value {
	if n.wantsContext {
		args = append([]reflect.Value{reflect.ValueOf(b.ctx)}, args...)
	}
	if n.typ.IsVariadic() {
		args = args[:len(args)-1]
	}
	copied := -1 // index of the last parameter object that can be set
	for i := range n.needs {
		need := &n.needs[i]
		if !need.hooks && need.id.Group == "" {
			continue
		}
		at := args[need.arg]
		if len(need.field) == 0 {
			args[need.arg] = b.hooksFor(n)
			continue
		}
		if copied != need.arg {
			object := reflect.New(at.Type()).Elem()
			object.Set(at)
			args[need.arg], at, copied = object, object, need.arg
		}
		field := at.FieldByIndex(need.field)
		if need.hooks {
			field.Set(b.hooksFor(n))
		} else {
			field.Set(b.members(need, field.Type()))
		}
	}
	return args
}

func (b *Build) hooksFor(n *node) reflect.Value {
	return reflect.ValueOf(&ShutdownHooks{list: &b.hooks, layer: n.layer.name})
}

// members returns the members of a group that have been built, in registration
// order.
func (b *Build) members(need *need, slice reflect.Type) reflect.Value {
	by := b.plan.provided[need.id]
	members := reflect.MakeSlice(slice, 0, len(by))
	for _, n := range by {
		values := b.outcomes[n.index].values
		if values == nil {
			continue
		}
		for i := range n.results {
			for _, id := range n.results[i].ids {
				if id == need.id {
					n.results[i].each(values, func(v reflect.Value) { members = reflect.Append(members, v) })
				}
			}
		}
	}
	return members
}

// call calls the constructor. A panic and a Goexit are errors.
func (b *Build) call(n *node, args []reflect.Value) {
	start := time.Now()
	b.since.Store(start.UnixNano())
	b.current.Store(n)
	observed := b.observer != nil && n.layer.rank != override
	if observed {
		b.observer.ConstructorStarted(n.source())
	}
	out := outcome{state: failed}
	returned := false
	defer func() {
		b.current.Store(nil)
		if !returned {
			out.err = caught(recover())
		}
		out.duration = time.Since(start)
		out.halted = b.isHalted()
		b.settle(n, out)
		if observed {
			b.observer.ConstructorFinished(n.source(), out.duration, out.err)
		}
	}()
	values := n.fn.Call(args)
	out.err = errorOf(values)
	if out.err == nil {
		out.state, out.values = built, values
		if values == nil {
			out.values = []reflect.Value{}
		}
	}
	returned = true
}

// caught makes an error of what recover returned in a deferred call; nothing means
// Goexit.
func caught(v any) error {
	if v == nil {
		v = task.ErrGoexit
	}
	return &task.PanicError{Value: v, Stack: debug.Stack()}
}

func errorOf(values []reflect.Value) error {
	if len(values) == 0 {
		return nil
	}
	last := values[len(values)-1]
	if last.Type() != errorType {
		return nil
	}
	err, _ := last.Interface().(error)
	return err
}

func (b *Build) settle(n *node, o outcome) {
	b.mu.Lock()
	b.outcomes[n.index] = o
	b.mu.Unlock()
}

// collect takes the tasks that the node has returned.
func (b *Build) collect(n *node) {
	values := b.outcomes[n.index].values
	if values == nil {
		return
	}
	var tasks []Task
	returned := false
	defer func() {
		if !returned {
			b.taskProblem(&ConstructorError{Source: n.source(), Err: fmt.Errorf("asking its task for ID and kind: %w", caught(recover()))})
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		b.tasks = append(b.tasks, tasks...)
	}()
	for i := range n.results {
		r := &n.results[i]
		if !r.task {
			continue
		}
		r.each(values, func(v reflect.Value) {
			t, err := taskOf(v)
			if err != nil {
				b.taskProblem(&ConstructorError{Source: n.source(), Err: err})
				return
			}
			t.Layer, t.node = n.layer.name, n
			tasks = append(tasks, t)
		})
	}
	returned = true
}

var (
	errNilTask = errors.New("returned a nil task")
	errNoID    = errors.New("returned a task without an ID")
)

// taskOf reads ID and kind from a task, once.
func taskOf(v reflect.Value) (Task, error) {
	if isNilTask(v) || v.Kind() == reflect.Interface && isNilTask(v.Elem()) {
		return Task{}, errNilTask
	}
	t := v.Interface().(task.Task)
	read := Task{Task: t, ID: t.ID(), Kind: t.Kind()}
	switch {
	case read.ID == "":
		return Task{}, errNoID
	case read.Kind > task.Daemon:
		return Task{}, fmt.Errorf("returned task %q of the unknown %v", read.ID, read.Kind)
	}
	return read, nil
}

func isNilTask(v reflect.Value) bool {
	return (v.Kind() == reflect.Interface || v.Kind() == reflect.Pointer) && v.IsNil()
}

func (b *Build) taskProblem(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.problems = append(b.problems, err)
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

// Halt keeps the build from starting any further constructor. The cause is what a
// constructor may return that notices.
func (b *Build) Halt(cause error) {
	b.mu.Lock()
	b.cause = cause
	b.mu.Unlock()
	b.halted.Store(true)
}

// isHalted reports whether no further constructor is to start.
func (b *Build) isHalted() bool {
	if !b.halted.Load() && b.stopped != nil {
		if cause := b.stopped(); cause != nil {
			b.Halt(cause)
		}
	}
	return b.halted.Load()
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

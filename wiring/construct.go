package wiring

import (
	"reflect"
	"slices"
	"time"

	"github.com/wireframework/wireframework/internal/failure"
)

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
	for _, dep := range n.hard() {
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
	if n.renamed {
		args = n.unwrapped(args)
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

// unwrapped takes the parameters that dig knows by a name out of their objects.
func (n *node) unwrapped(args []reflect.Value) []reflect.Value {
	args = slices.Clone(args)
	for _, need := range n.needs {
		if need.renamed {
			args[need.arg] = args[need.arg].Field(1)
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
	members := reflect.MakeSlice(slice, 0, len(need.by))
	for _, n := range need.by {
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
	out := outcome{state: failed}
	returned := false
	defer func() {
		b.current.Store(nil)
		if !returned {
			out.err = failure.Caught(recover())
		}
		out.duration = time.Since(start)
		out.halted = b.isHalted()
		b.settle(n, out)
		if observed {
			b.observer.ConstructorFinished(n.source(), out.duration, out.err)
		}
	}()
	b.label(n.layer)
	if observed {
		b.observer.ConstructorStarted(n.source()) // may exit the goroutine
	}
	values := n.fn.Call(args)
	out.err = errorOf(values)
	failure.Probe(out.err)
	if out.err == nil {
		out.state, out.values = built, values
	}
	returned = true
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

package wiring

import (
	"fmt"
	"reflect"

	"go.uber.org/dig"
)

type (
	// In is embedded in a struct that a constructor takes as a parameter: each
	// field is then a dependency. Fields may have the tags name:"...",
	// optional:"true" and group:"..." (with ",soft" for those members only that
	// something else needs).
	In = dig.In

	// Out is embedded in a struct that a constructor returns: each field is then a
	// resource. Fields may have the tags name:"..." and group:"..." (with
	// ",flatten" for the elements of a slice). A field that is a task carries
	// group:"tasks".
	Out = dig.Out
)

// Registry takes the registrations of one layer. A constructor is a function
// func(deps...) (results..., error), where both dependencies and the error are
// optional. A first parameter [context.Context] is no dependency: it receives the
// context of the run, which lives until the last shutdown hook has ended, and is
// cancelled early only if the service is stopped while it is still wiring.
//
// Mistakes are recorded with their place and reported together by Build, so the
// methods return nothing. A registry is for the goroutine that calls Wire, until
// Wire returns; a later call panics.
type Registry struct {
	layer  *layerEntry
	nodes  *[]*node
	closed bool
}

// Provide registers a constructor. It is called at most once, while the service is
// wired, and only if a task or an invoke needs one of its results.
func (r *Registry) Provide(constructor any, opts ...Option) {
	r.add(kindProvide, constructor, callerPC(), opts)
}

// Supply registers a value that exists already, under its concrete type or the
// interfaces given with [As].
func (r *Registry) Supply(value any, opts ...Option) {
	r.add(kindSupply, value, callerPC(), opts)
}

// ProvideTask registers a constructor of tasks: it returns one or more types that
// implement [task.Task], or []task.Task, and an error last. It is called once. Of the
// options it takes [From].
func (r *Registry) ProvideTask(constructor any, opts ...Option) {
	r.add(kindTask, constructor, callerPC(), opts)
}

// Invoke registers a function that is called once while the service is wired,
// after what it asks for has been built. It may return an error. Of the options it
// takes [From].
func (r *Registry) Invoke(function any, opts ...Option) {
	r.add(kindInvoke, function, callerPC(), opts)
}

func (r *Registry) add(k kind, fn any, pc uintptr, opts []Option) {
	if r.closed {
		panic(fmt.Sprintf("wiring: layer %q registers after its Wire has returned", r.layer.name))
	}
	n := &node{
		index:        len(*r.nodes),
		layer:        r.layer,
		kind:         k,
		registration: pc,
		fn:           reflect.ValueOf(fn),
	}
	for _, o := range opts {
		if o != nil {
			o.apply(&n.opts)
		}
	}
	if r.layer.rank != normal {
		n.opts.rank = r.layer.rank
	}
	n.inspect()
	*r.nodes = append(*r.nodes, n)
}

package wiring

import (
	"fmt"
	"reflect"

	"go.uber.org/dig"

	"github.com/wireframework/wireframework/internal/failure"
	"github.com/wireframework/wireframework/resource"
)

// fill hands all that is needed to the container.
func (b *Build) fill() {
	b.container = dig.New(dig.DeferAcyclicVerification())
	hooks := false
	var opts []dig.ProvideOption
	for _, n := range b.plan.nodes {
		if !n.needed {
			continue
		}
		hooks = hooks || n.asksForHooks()
		if n.kind == kindTask || n.kind == kindInvoke {
			continue
		}
		fn, err := b.function(n)
		if err == nil {
			opts = n.appendDigOptions(opts[:0])
			err = b.container.Provide(fn, opts...)
		}
		if err != nil {
			b.disagree(n, err)
		}
	}
	if !hooks {
		return
	}
	// Each constructor gets hooks of its own; this is what dig sees.
	if err := b.container.Provide(func() *ShutdownHooks { return nil }); err != nil {
		b.disagree(nil, err)
	}
}

// invoke constructs a root. One that takes nothing has no need of the container.
func (b *Build) invoke(n *node) error {
	if n.kind == kindSupply || n.typ.NumIn() == 0 || n.typ.NumIn() == 1 && n.wantsContext {
		b.construct(n, nil)
		return nil
	}
	fn, err := b.function(n)
	if err != nil {
		return err
	}
	return b.container.Invoke(fn)
}

// disagree records that dig, or reflection, refuses what verification has accepted,
// which is a bug of this package.
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

func (n *node) appendDigOptions(opts []dig.ProvideOption) []dig.ProvideOption {
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
// There is none if reflection cannot make its type, as with over a hundred parameters.
func (b *Build) function(n *node) (fn any, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = failure.Caught(v)
		}
	}()
	typ := n.digType()
	return reflect.MakeFunc(typ, func(args []reflect.Value) []reflect.Value {
		if n.hasSoft() {
			args = args[1:]
		}
		b.construct(n, args)
		return b.outputs(n, typ)
	}).Interface(), nil
}

// digType is the type of the constructor without its context, and without the
// results that somebody else provides.
func (n *node) digType() reflect.Type {
	if n.kind == kindSupply {
		return reflect.FuncOf(nil, n.digResults(), false)
	}
	if !n.wantsContext && !n.renamed && !n.reshaped && !n.hasSoft() {
		return n.typ
	}
	var in []reflect.Type
	if n.hasSoft() {
		in = append(in, n.before())
	}
	for i := range n.typ.NumIn() {
		if i > 0 || !n.wantsContext {
			in = append(in, n.digParam(i))
		}
	}
	return reflect.FuncOf(in, n.digResults(), n.typ.IsVariadic())
}

// digParam is the type of a parameter; one with a name is a field of an object, which
// has the tag.
func (n *node) digParam(i int) reflect.Type {
	for _, need := range n.needs {
		if need.renamed && need.arg == i {
			return parameterObject(need.id)
		}
	}
	return n.typ.In(i)
}

// parameterObject is a parameter object with one field for a resource.
func parameterObject(id resource.ID) reflect.Type {
	return reflect.StructOf([]reflect.StructField{
		{Name: "In", Type: inType, Anonymous: true},
		{Name: "Value", Type: id.Type, Tag: tagOf(id)},
	})
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

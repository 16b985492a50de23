package wiring_test

import (
	"fmt"
	"reflect"
	"strings"

	"go.uber.org/dig"

	"github.com/wireframework/wireframework/wiring"
)

// Thirty types: ten structs, ten pointers, and ten interfaces that the pointers
// implement. Each value has an identity.
type (
	structOf[N any]    struct{ ID int }
	pointerOf[N any]   struct{ ID int }
	interfaceOf[N any] interface{ identify(N) int }

	n0 struct{}
	n1 struct{}
	n2 struct{}
	n3 struct{}
	n4 struct{}
	n5 struct{}
	n6 struct{}
	n7 struct{}
	n8 struct{}
	n9 struct{}
)

func (p *pointerOf[N]) identify(N) int { return p.ID }

// sort is a type of the pool.
type sort struct {
	typ   reflect.Type
	value func(id int) reflect.Value
	as    int // index of the interface that it implements; 0 is none
}

var pool30 []sort

// asOptions are the options for the interfaces of the pool.
var asOptions = map[int]struct {
	ours wiring.Option
	digs dig.ProvideOption
}{}

func addSorts[N any]() {
	iface := len(pool30) + 2
	pool30 = append(pool30,
		sort{reflect.TypeFor[structOf[N]](), func(id int) reflect.Value { return reflect.ValueOf(structOf[N]{id}) }, 0},
		sort{reflect.TypeFor[*pointerOf[N]](), func(id int) reflect.Value { return reflect.ValueOf(&pointerOf[N]{id}) }, iface},
		sort{reflect.TypeFor[interfaceOf[N]](), func(id int) reflect.Value {
			var v interfaceOf[N] = &pointerOf[N]{id}
			return reflect.ValueOf(&v).Elem()
		}, 0},
	)
	option := asOptions[iface]
	option.ours, option.digs = wiring.As[interfaceOf[N]](), dig.As(new(interfaceOf[N]))
	asOptions[iface] = option
}

func init() {
	addSorts[n0]()
	addSorts[n1]()
	addSorts[n2]()
	addSorts[n3]()
	addSorts[n4]()
	addSorts[n5]()
	addSorts[n6]()
	addSorts[n7]()
	addSorts[n8]()
	addSorts[n9]()
}

// identity returns the identity of a value of the pool, 0 for a zero value.
func identity(v reflect.Value) int {
	for v.Kind() == reflect.Interface || v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return 0
		}
		v = v.Elem()
	}
	return int(v.Field(0).Int())
}

// slot is a parameter, a result, or a field of an object of these.
type slot struct {
	sort                    int
	name, group             string
	optional, soft, flatten bool
	object                  []slot // a parameter or result object, if not nil
}

// ctor is a constructor.
type ctor struct {
	in, out   []slot
	options   slot // name, group and flatten of the options
	as        bool
	variadic  bool
	withError bool
}

// graph is what one check is about: constructors, and functions that are invoked.
type graph struct {
	ctors   []ctor
	invokes []ctor
}

func (s slot) typ(embed reflect.Type) reflect.Type {
	t := pool30[s.sort].typ
	switch {
	case s.object != nil:
		fields := []reflect.StructField{{Name: embed.Name(), Type: embed, Anonymous: true}}
		for i, f := range s.object {
			fields = append(fields, reflect.StructField{Name: fmt.Sprintf("F%d", i), Type: f.typ(embed), Tag: f.tag()})
		}
		return reflect.StructOf(fields)
	case s.group != "" && (embed == inType || s.flatten):
		return reflect.SliceOf(t)
	}
	return t
}

func (s slot) tag() reflect.StructTag {
	var tags []string
	if s.name != "" {
		tags = append(tags, fmt.Sprintf("name:%q", s.name))
	}
	if s.group != "" {
		tags = append(tags, fmt.Sprintf("group:%q", s.group+s.flags()))
	}
	if s.optional {
		tags = append(tags, `optional:"true"`)
	}
	return reflect.StructTag(strings.Join(tags, " "))
}

func (s slot) flags() string {
	switch {
	case s.soft:
		return ",soft"
	case s.flatten:
		return ",flatten"
	}
	return ""
}

func (s slot) String() string {
	if s.object != nil {
		return fmt.Sprint(s.object)
	}
	form := []string{"struct%d %s", "*pointer%d %s", "interface%d %s"}[s.sort%3]
	return strings.TrimSpace(fmt.Sprintf(form, s.sort/3, s.tag()))
}

func (c ctor) String() string {
	return fmt.Sprintf("func(%v) (%v) options{%s as=%v} error=%v variadic=%v", c.in, c.out, c.options.tag(), c.as, c.withError, c.variadic)
}

func (g graph) String() string {
	var b strings.Builder
	for i, c := range g.ctors {
		fmt.Fprintf(&b, "\n  c%d %v", i, c)
	}
	for i, c := range g.invokes {
		fmt.Fprintf(&b, "\n  invoke %d %v", i, c)
	}
	return b.String()
}

var (
	inType    = reflect.TypeFor[dig.In]()
	outType   = reflect.TypeFor[dig.Out]()
	errorType = reflect.TypeFor[error]()
)

// funcType is the type of the constructor.
func (c ctor) funcType() reflect.Type {
	var in, out []reflect.Type
	for _, s := range c.in {
		in = append(in, s.typ(inType))
	}
	if c.variadic {
		in = append(in, reflect.TypeFor[[]string]())
	}
	for _, s := range c.out {
		s.group, s.flatten = c.options.group, c.options.flatten // of a plain result
		out = append(out, s.typ(outType))
	}
	if c.withError {
		out = append(out, errorType)
	}
	return reflect.FuncOf(in, out, c.variadic)
}

// offers returns what a constructor provides, as parameters ask for it.
func (c ctor) offers() []slot {
	var offers []slot
	var walk func([]slot)
	walk = func(slots []slot) {
		for _, s := range slots {
			if s.object != nil {
				walk(s.object)
				continue
			}
			if c.out[0].object == nil {
				s.name, s.group, s.flatten = c.options.name, c.options.group, c.options.flatten
			}
			if c.as {
				s.sort = pool30[s.sort].as
			}
			offers = append(offers, s)
		}
	}
	walk(c.out)
	return offers
}

package wiring_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"go.uber.org/dig"
	"pgregory.net/rapid"

	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

// stricter are the reasons for which we refuse what dig accepts.
var stricter = []string{
	"has the unknown tag",
	"has the malformed tag",
	"provides a naked func()",
	"is a task without the tag",
	"an error cannot be a resource", // dig takes it for the constructor's own wherever it stands
	"which is an error, as a resource",
	"is a parameter object and has the tag",
	"has the tag optional:", // of a parameter object, where dig does not look
	"names no group",
	"but it is no task",
	"the service collects that group itself",
}

// TestWhatDigRefusesIsRefused registers functions of odd types with us and with dig.
func TestWhatDigRefusesIsRefused(t *testing.T) {
	refused, accepted := 0, 0
	check := func(t *rapid.T) {
		typ, opts := drawFuncType(t), drawOptions(t)
		function := reflect.MakeFunc(typ, func([]reflect.Value) []reflect.Value { panic("not called") }).Interface()

		digs := digProvides(function, opts.digs)
		_, err := assemble(worker, layer("odd", func(r *wiring.Registry) { r.Provide(function, opts.ours...) })).Verify()
		mistake, ours := errors.AsType[*wiring.RegistrationError](err)

		if digs != nil {
			refused++
			assert.True(t, ours, "dig refuses %v with%s: %v", typ, opts.text, digs)
			return
		}
		accepted++
		if ours {
			assert.True(t, anyIn(mistake.Reason, stricter), "dig accepts %v with%s; we do not: %v", typ, opts.text, mistake)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		for range rapid.IntRange(1, 20).Draw(t, "functions") {
			check(t)
		}
	})
	t.Logf("dig refused %d and accepted %d", refused, accepted)
}

// digProvides returns dig's error; it panics for flatten together with As.
func digProvides(function any, opts []dig.ProvideOption) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic: %v", v)
		}
	}()
	return dig.New(dig.DeferAcyclicVerification()).Provide(function, opts...)
}

func anyIn(text string, parts []string) bool {
	for _, p := range parts {
		if strings.Contains(text, p) {
			return true
		}
	}
	return false
}

type oddOptions struct {
	text string
	ours []wiring.Option
	digs []dig.ProvideOption
}

func (o *oddOptions) add(text string, ours wiring.Option, digs dig.ProvideOption) {
	o.text += " " + text
	o.ours = append(o.ours, ours)
	o.digs = append(o.digs, digs)
}

func drawOptions(t *rapid.T) oddOptions {
	var o oddOptions
	if chance(t, 10, "name") {
		name := rapid.SampledFrom([]string{"a", "b`c", `quoted "x"`}).Draw(t, "option name")
		o.add("name "+name, wiring.Name(name), dig.Name(name))
	}
	if chance(t, 10, "group") {
		group := rapid.SampledFrom([]string{"g", "g,flatten", "g,soft", "g,what", "g,", "g`", ",flatten"}).Draw(t, "option group")
		o.add("group "+group, wiring.Group(group), dig.Group(group))
	}
	if chance(t, 10, "as") {
		switch rapid.IntRange(0, 2).Draw(t, "interface") {
		case 0:
			o.add("as any", wiring.As[any](), dig.As(new(any)))
		case 1:
			o.add("as Reader", wiring.As[io.Reader](), dig.As(new(io.Reader)))
		default:
			o.add("as string", wiring.As[string](), dig.As(new(string))) // of a type that no result has
		}
	}
	return o
}

var (
	oddTypes = []reflect.Type{
		reflect.TypeFor[int](),
		reflect.TypeFor[[]int](),
		reflect.TypeFor[*strings.Reader](),
		reflect.TypeFor[io.Reader](),
		reflect.TypeFor[error](),
		reflect.TypeFor[*wrongError](),
		reflect.TypeFor[func()](),
		reflect.TypeFor[func() error](),
		reflect.TypeFor[context.Context](),
		reflect.TypeFor[task.Task](),
		reflect.TypeFor[[]task.Task](),
		reflect.TypeFor[dig.In](),
		reflect.TypeFor[*dig.In](),
		reflect.TypeFor[dig.Out](),
		reflect.TypeFor[*dig.Out](),
		reflect.TypeFor[plainIn](),
		reflect.TypeFor[EmbeddedParams](),
		reflect.TypeFor[pointerIn](),
		reflect.TypeFor[outPointer](),
		reflect.TypeFor[databases](),
		reflect.TypeFor[*databases](),
		reflect.TypeFor[[]databases](),
	}
	oddTags = []reflect.StructTag{
		"", "", "", `name:"x"`, `name:""`, `optional:"true"`, `optional:"0"`, `optional:"perhaps"`, `optional:""`,
		`group:"g"`, `group:"g,soft"`, `group:"g,flatten"`, `group:"g,what"`, `group:"g,"`, `group:",soft"`, `group:"g" name:"x"`,
		`group:"g" optional:"true"`, `group:"tasks"`, `json:"x"`, `naem:"x"`, `name:x`, `name:"x`, `ignore-unexported:"true"`,
		`ignore-unexported:"maybe"`,
	}
	oddEmbeds = []reflect.Type{
		nil, reflect.TypeFor[dig.In](), reflect.TypeFor[dig.Out](), reflect.TypeFor[*dig.In](), reflect.TypeFor[*dig.Out](),
	}
)

func drawFuncType(t *rapid.T) reflect.Type {
	var in, out []reflect.Type
	for range rapid.IntRange(0, 2).Draw(t, "in") {
		in = append(in, drawType(t, 2))
	}
	for range rapid.IntRange(0, 2).Draw(t, "out") {
		out = append(out, drawType(t, 2))
	}
	return reflect.FuncOf(in, out, false)
}

func drawTag(t *rapid.T) reflect.StructTag {
	if chance(t, 50, "tagged") {
		return rapid.SampledFrom(oddTags).Draw(t, "tag")
	}
	return ""
}

func drawType(t *rapid.T, depth int) reflect.Type {
	if depth == 0 || chance(t, 60, "simple") {
		return rapid.SampledFrom(oddTypes).Draw(t, "type")
	}
	var fields []reflect.StructField
	if embed := rapid.SampledFrom(oddEmbeds).Draw(t, "embed"); embed != nil {
		base := embed
		if base.Kind() == reflect.Pointer {
			base = base.Elem()
		}
		tag := reflect.StructTag("")
		if chance(t, 20, "tagged embed") {
			tag = rapid.SampledFrom(oddTags).Draw(t, "tag")
		}
		fields = append(fields, reflect.StructField{Name: base.Name(), Type: embed, Anonymous: true, Tag: tag})
	}
	for i := range rapid.IntRange(0, 3).Draw(t, "fields") {
		f := reflect.StructField{Name: fmt.Sprintf("F%d", i), Type: drawType(t, depth-1), Tag: drawTag(t)}
		if chance(t, 10, "unexported") {
			f.Name, f.PkgPath = "f"+f.Name, "example.com/odd"
		}
		fields = append(fields, f)
	}
	object := reflect.StructOf(fields)
	if chance(t, 10, "pointer") {
		return reflect.PointerTo(object)
	}
	return object
}

package wiring_test

import (
	"errors"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/resource"
	"github.com/wireframework/wireframework/wiring"
)

func TestAnAssemblyStaysAsItWas(t *testing.T) {
	a := assemble(layer("api", func(r *wiring.Registry) { r.ProvideTask(newServer) }), database)
	before := verify(t, a)

	c := a.Clone()
	c.Remove("database")
	c.Add(worker)
	c.Only("worker")
	c.Fail(errNoHost)
	supply(c, new(pool))
	_, err := c.Verify()
	require.Error(t, err)

	assert.Equal(t, []string{"api", "database"}, verify(t, a).Layers())
	assert.Equal(t, before.Graph(nil), verify(t, a).Graph(nil))
}

// observed builds an assembly and returns all that its parts have to say.
func observed(t *testing.T, a *wiring.Assembly, said *[]string) string {
	t.Helper()
	*said = nil
	plan, err := a.Verify()
	if err != nil {
		return err.Error()
	}
	b := plan.NewBuild()
	start(t, b)
	tasks, err := b.Result()
	require.NoError(t, err)
	for _, task := range tasks {
		*said = append(*said, string(task.ID))
	}
	return strings.Join(*said, " ")
}

// Two clones of one assembly are changed in the same way. Each has to keep its own.
func TestClonesAreIndependent(t *testing.T) {
	var said []string
	say := func(word string) func(reflect.Value) {
		return func(reflect.Value) { said = append(said, word) }
	}
	tests := []struct {
		name string
		edit func(a *wiring.Assembly, i int, word string)
	}{
		{"layers", func(a *wiring.Assembly, _ int, word string) { a.Add(tasked(word)) }},
		{"problems", func(a *wiring.Assembly, _ int, word string) { a.Fail(errors.New(word)) }},
		{"wants", func(a *wiring.Assembly, _ int, word string) { a.Want(resource.IDOf[int](), say(word)) }},
		{"populates", func(a *wiring.Assembly, _ int, word string) { a.Populate(resource.IDOf[int](), say(word)) }},
		{"overrides", func(a *wiring.Assembly, i int, word string) { override(a, setting(word), "layer"+strconv.Itoa(i)) }},
		{"supplies", func(a *wiring.Assembly, i int, word string) { supply(a, setting(word), "test"+strconv.Itoa(i)) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := assemble(
				layer("base", func(r *wiring.Registry) {
					r.ProvideTask(newWorker)
					r.Supply(42)
					for i := range 4 {
						r.Supply(setting("layer"), wiring.Name("layer"+strconv.Itoa(i)))
					}
				}),
				layer("listener", func(r *wiring.Registry) {
					for i := range 4 {
						for _, by := range []string{"layer", "test"} {
							id := by + strconv.Itoa(i)
							in := reflect.StructOf([]reflect.StructField{
								{Name: "In", Type: inType, Anonymous: true},
								{Name: "S", Type: reflect.TypeFor[setting](), Tag: reflect.StructTag(`optional:"true" name:"` + id + `"`)},
							})
							r.Invoke(reflect.MakeFunc(reflect.FuncOf([]reflect.Type{in}, nil, false), func(args []reflect.Value) []reflect.Value {
								said = append(said, args[0].Field(1).String())
								return nil
							}).Interface())
						}
					}
				}),
			)
			for i := range 3 { // which leaves room in every slice
				tt.edit(a, i, strconv.Itoa(i))
			}
			first, second := a.Clone(), a.Clone()
			tt.edit(first, 3, "first")
			tt.edit(second, 3, "second")

			assert.Contains(t, observed(t, first, &said), "first")
			assert.Contains(t, observed(t, second, &said), "second")
		})
	}
}

func TestClonesHaveTheirOwnSelection(t *testing.T) {
	a := new(wiring.Assembly)
	for _, name := range []string{"a", "b", "c", "first", "second"} {
		a.Add(tasked(name))
	}
	for _, name := range []string{"a", "b", "c"} {
		a.Only(name)
	}
	first, second := a.Clone(), a.Clone()
	first.Only("first")
	second.Only("second")

	var said []string
	assert.Equal(t, "a b c first", observed(t, first, &said))
	assert.Equal(t, "a b c second", observed(t, second, &said))
}

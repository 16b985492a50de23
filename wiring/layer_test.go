package wiring_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

// tasked is a layer with one task, which has its name.
func tasked(name string) wiring.Layer {
	return layer(name, func(r *wiring.Registry) {
		r.ProvideTask(func() task.Task { return idle(task.ID(name)) })
	})
}

// layers returns the names of the layers of a verified assembly.
func layers(t *testing.T, a *wiring.Assembly) []string {
	t.Helper()
	return verify(t, a).Layers()
}

func TestBundlesAreTakenApart(t *testing.T) {
	a := assemble(tasked("a"), wiring.Bundle("outer", tasked("b"), wiring.Bundle("inner", tasked("c"), tasked("d")), wiring.Bundle("none")), tasked("e"))

	assert.Equal(t, []string{"a", "b", "c", "d", "e"}, layers(t, a))
}

func TestABundleIsALayer(t *testing.T) {
	var names []string
	part := func(name string) wiring.Layer {
		return layer(name, func(*wiring.Registry) { names = append(names, name) })
	}
	bundle := wiring.Bundle("outer", part("a"), wiring.Bundle("inner", part("b")))
	assert.Equal(t, "outer", bundle.Name())

	// Whoever calls Wire by hand wires all of it.
	verify(t, assemble(worker, layer("by-hand", func(r *wiring.Registry) { assert.NoError(t, bundle.Wire(r)) })))
	assert.Equal(t, []string{"a", "b"}, names)

	failing := wiring.Bundle("outer", wiring.NewLayer("storage", func(*wiring.Registry) error { return errNoHost }))
	_, err := assemble(worker, wiring.NewLayer("by-hand", failing.Wire)).Verify()
	assert.EqualError(t, err, `wiring: layer "by-hand": storage: lookup rpc.example: no such host`)
}

func TestABundleKeepsItsLayers(t *testing.T) {
	parts := []wiring.Layer{tasked("a"), tasked("b")}
	bundle := wiring.Bundle("both", parts...)
	parts[0] = tasked("changed")

	assert.Equal(t, []string{"a", "b"}, layers(t, assemble(bundle)))
}

func TestTheSameLayerCountsOnce(t *testing.T) {
	pointer, function := &dsnLayer{DSN: "a"}, tasked("b")
	tests := []struct {
		name string
		a    *wiring.Assembly
	}{
		{"a pointer", assemble(pointer, function, pointer)},
		{"equal structs", assemble(dsnLayer{DSN: "a"}, function, dsnLayer{DSN: "a"})},
		{"pointers to equal structs", assemble(&dsnLayer{DSN: "a"}, function, &dsnLayer{DSN: "a"})},
		{"a layer of two bundles", assemble(wiring.Bundle("x", pointer, function), wiring.Bundle("y", function, pointer))},
		{"a layer from a function", assemble(pointer, function, function)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			assert.Equal(t, []string{"storage", "b"}, layers(t, tt.a))
		})
	}
}

func TestReplace(t *testing.T) {
	tests := []struct {
		name string
		old  string
		by   wiring.Layer
		want []string
	}{
		{"a layer keeps its place", "b", tasked("new"), []string{"a", "new", "c", "d", "e"}},
		{"a layer may keep its name", "b", tasked("b"), []string{"a", "b", "c", "d", "e"}},
		{"a layer by a bundle", "b", wiring.Bundle("new", tasked("x"), tasked("y")), []string{"a", "x", "y", "c", "d", "e"}},
		{"a bundle", "outer", tasked("new"), []string{"a", "new", "e"}},
		{"a bundle in a bundle", "inner", tasked("new"), []string{"a", "b", "new", "e"}},
		{"a layer in a bundle", "c", tasked("new"), []string{"a", "b", "new", "d", "e"}},
		{"a layer by nothing", "b", wiring.Bundle("none"), []string{"a", "c", "d", "e"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := assemble(tasked("a"), wiring.Bundle("outer", tasked("b"), wiring.Bundle("inner", tasked("c"), tasked("d"))), tasked("e"))
			a.Replace(tt.old, tt.by)

			assert.Equal(t, tt.want, layers(t, a))
		})
	}
}

func TestAReplacedLayerIsStillPartOfItsBundles(t *testing.T) {
	a := assemble(worker, wiring.Bundle("outer", wiring.Bundle("inner", tasked("a"), tasked("b"))))
	a.Replace("a", tasked("new"))
	a.Remove("inner")
	assert.Equal(t, []string{"worker"}, layers(t, a))

	a = assemble(worker, wiring.Bundle("outer", wiring.Bundle("inner", tasked("a"), tasked("b"))))
	a.Replace("inner", tasked("new"))
	a.Remove("outer")
	assert.Equal(t, []string{"worker"}, layers(t, a))

	for _, name := range []string{"inner", "outer"} {
		a := assemble(worker, wiring.Bundle("outer", wiring.Bundle("inner", tasked("a"), tasked("b"))))
		a.Replace(name, tasked("new"))
		a.Remove(name)
		_, err := a.Verify()
		assert.ErrorContains(t, err, fmt.Sprintf("RemoveLayer(%q): no layer has this name", name), "the bundle itself is replaced")
	}
}

func TestRemove(t *testing.T) {
	bundles := func() *wiring.Assembly {
		return assemble(tasked("a"), wiring.Bundle("outer", tasked("b"), wiring.Bundle("inner", tasked("c"), tasked("d"))), tasked("e"))
	}
	for name, want := range map[string][]string{
		"a":     {"b", "c", "d", "e"},
		"c":     {"a", "b", "d", "e"},
		"inner": {"a", "b", "e"},
		"outer": {"a", "e"},
	} {
		a := bundles()
		a.Remove(name)
		assert.Equal(t, want, layers(t, a), name)
	}
}

func TestALayerOfTwoBundlesStaysUntilBothAreRemoved(t *testing.T) {
	shared := tasked("shared")
	for _, names := range [][]string{{"x", "y"}, {"y", "x"}} {
		a := assemble(worker, wiring.Bundle("x", shared), wiring.Bundle("y", shared))
		assert.Equal(t, []string{"worker", "shared"}, layers(t, a))
		a.Remove(names[0])
		assert.Equal(t, []string{"worker", "shared"}, layers(t, a))
		a.Remove(names[1])
		assert.Equal(t, []string{"worker"}, layers(t, a))
	}
}

func TestIf(t *testing.T) {
	a := assemble(worker, wiring.If(true, tasked("yes")), wiring.If(false, tasked("no")), wiring.If(false, nil))

	assert.Equal(t, []string{"worker", "yes"}, layers(t, a))
}

func TestChoose(t *testing.T) {
	options := map[string]wiring.Layer{
		"sqlite":   tasked("sqlite"),
		"postgres": wiring.Bundle("postgres", tasked("pool"), tasked("migrations")),
	}

	assert.Equal(t, []string{"sqlite"}, layers(t, assemble(wiring.Choose("storage", "sqlite", options))))
	assert.Equal(t, []string{"pool", "migrations"}, layers(t, assemble(wiring.Choose("storage", "postgres", options))))
}

func TestChoicesThatCannotBeMadeAreOneProblemIfTheyAreAlike(t *testing.T) {
	choose := func(value string) wiring.Layer { return wiring.Choose("storage", value, nil) }

	_, err := assemble(choose("sqlite"), choose("sqlite")).Verify()

	assert.EqualError(t, err, "wiring: layer \"storage\": unknown storage \"sqlite\" (none is known)")
}

func TestATaskThatWasRegisteredAsAResourceIsNamedIfThereIsNoOther(t *testing.T) {
	_, err := assemble(layer("storage", func(r *wiring.Registry) {
		r.Provide(func() task.Task { return nil })
	})).Verify()
	assert.ErrorIs(t, err, wiring.ErrNoTasks)
	assert.ErrorContains(t, err, "(wiring/layer_test.go:")
	assert.ErrorContains(t, err, "provides one as a resource")

	_, err = assemble(layer("storage", func(r *wiring.Registry) {
		r.Supply(idle("sealer"))
	})).Verify()
	assert.ErrorIs(t, err, wiring.ErrNoTasks)
	assert.ErrorContains(t, err, "supplies one, but ProvideTask registers a function that returns it")
}

// Whether a part is switched off is no matter of who builds on the whole.
func TestWhatIsSwitchedOffCanBeReplacedAndRemoved(t *testing.T) {
	for _, on := range []bool{true, false} {
		a := assemble(
			wiring.Bundle("metrics", wiring.If(on, tasked("exporter"))),
			wiring.If(on, wiring.Bundle("traces", tasked("sampler"), wiring.If(on, tasked("spans")))),
			wiring.If(on, tasked("profiler")),
			wiring.Bundle("empty"),
			tasked("server"),
		)
		for _, name := range []string{"metrics", "spans", "traces", "empty"} {
			replaced := a.Clone()
			replaced.Replace(name, tasked("other"))
			_, err := replaced.Verify()
			assert.NoError(t, err)
			a.Remove(name)
		}
		a.Replace("profiler", tasked("sampler"))

		want := []string{"server"}
		if on {
			want = []string{"sampler", "server"}
		}
		assert.Equal(t, want, layers(t, a))
	}
}

// tracing has a name only if it is configured.
type tracing struct{ name *string }

func (l tracing) Name() string                { return *l.name }
func (l tracing) Wire(*wiring.Registry) error { return nil }

func TestWhatIsSwitchedOffIsNotAsked(t *testing.T) {
	assert.NotPanics(t, func() { assemble(wiring.If(false, tracing{}), tasked("server")) })
}

func TestABuilderPassesOnItsLayers(t *testing.T) {
	svc, err := service.NewBuilder().
		AddLayer(tasked("a"), wiring.Bundle("parts", tasked("b"), tasked("c"))).
		ReplaceLayer("b", tasked("new")).
		RemoveLayer("c").
		Build()

	assert.NoError(t, err)
	var names []string
	for _, l := range svc.Graph().Layers {
		names = append(names, l.Name)
	}
	assert.Equal(t, []string{"a", "new", "service"}, names)
}

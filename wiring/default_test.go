package wiring_test

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/resource"
	"github.com/wireframework/wireframework/wiring"
	"github.com/wireframework/wireframework/wiring/testdata/ledger"
	"github.com/wireframework/wireframework/wiring/testdata/sqlite"
)

// setting is a resource with as many providers as a test needs.
type setting string

func provide(name string, opts ...wiring.Option) wiring.Layer {
	return layer(name, func(r *wiring.Registry) {
		r.Provide(func() setting { return setting(name) }, opts...)
	})
}

// resolved returns what an assembly provides as setting.
func resolved(t *testing.T, a *wiring.Assembly) setting {
	t.Helper()
	var got setting
	a.Add(layer("consumer", func(r *wiring.Registry) {
		r.ProvideTask(newWorker)
		r.Invoke(func(s setting) { got = s })
	}))
	b := newBuild(t, a)
	start(t, b)
	_, err := b.Result()
	require.NoError(t, err)
	return got
}

func TestADefaultCountsUnlessALayerProvidesTheResource(t *testing.T) {
	byDefault, explicit := provide("default", wiring.Default()), provide("explicit")

	assert.Equal(t, setting("default"), resolved(t, assemble(byDefault)))
	assert.Equal(t, setting("explicit"), resolved(t, assemble(byDefault, explicit)))
	assert.Equal(t, setting("explicit"), resolved(t, assemble(explicit, byDefault)), "the order does not matter")
}

func TestOfTwoProvidersTheStrongerCounts(t *testing.T) {
	ranks := []struct {
		name string
		add  func(*wiring.Assembly)
	}{
		{"fallback", func(a *wiring.Assembly) { a.Fallback(provide("fallback")) }},
		{"default", func(a *wiring.Assembly) { a.Add(provide("default", wiring.Default())) }},
		{"normal", func(a *wiring.Assembly) { a.Add(provide("normal")) }},
		{"override", func(a *wiring.Assembly) { override(a, setting("override")) }},
	}
	for i, stronger := range ranks {
		for _, weaker := range ranks[:i] {
			t.Run(stronger.name+" over "+weaker.name, func(t *testing.T) {
				first, last := new(wiring.Assembly), new(wiring.Assembly)
				stronger.add(first)
				weaker.add(first)
				weaker.add(last)
				stronger.add(last)

				assert.Equal(t, setting(stronger.name), resolved(t, first))
				assert.Equal(t, setting(stronger.name), resolved(t, last))
			})
		}
	}
}

func TestAWantIsForWhatALayerProvides(t *testing.T) {
	got := setting("untouched")
	want := func(a *wiring.Assembly) *wiring.Assembly {
		a.Add(worker)
		a.Want(resource.IDOf[setting](), func(v reflect.Value) { got, _ = v.Interface().(setting) })
		return a
	}
	run(t, want(new(wiring.Assembly)))
	assert.Equal(t, setting("untouched"), got, "nobody provides it")

	a := new(wiring.Assembly)
	a.Fallback(provide("fallback"))
	run(t, want(a))
	assert.Equal(t, setting("untouched"), got, "who wants it has it already")

	run(t, want(assemble(provide("default", wiring.Default()))))
	assert.Equal(t, setting("default"), got)

	a = new(wiring.Assembly)
	override(a, setting("override"))
	a.Add(provide("normal"))
	run(t, want(a))
	assert.Equal(t, setting("override"), got)
}

func TestASupplyOfATestReplacesADefault(t *testing.T) {
	a := assemble(provide("default", wiring.Default()))
	supply(a, setting("supplied"))

	assert.Equal(t, setting("supplied"), resolved(t, a))
}

func TestADefaultThatIsReplacedIsNotBuilt(t *testing.T) {
	type out struct {
		wiring.Out

		Setting setting
		Route   route `group:"routes"`
	}
	var routes []route
	a := assemble(provide("explicit"), layer("default", func(r *wiring.Registry) {
		r.Provide(func() out { t.Error("it is replaced"); return out{} }, wiring.Default())
		r.Invoke(func(p routeParams) { routes = p.Routes })
	}))

	assert.Equal(t, setting("explicit"), resolved(t, a))
	assert.Empty(t, routes, "what a replaced default adds to groups goes with it")
}

func TestWhatAReplacedDefaultNeedsIsNotMissing(t *testing.T) {
	a := assemble(provide("explicit"), layer("default", func(r *wiring.Registry) {
		r.Provide(func(*pool) setting { return "default" }, wiring.Default())
	}))

	assert.Equal(t, setting("explicit"), resolved(t, a))
}

func TestADefaultMayBeReplacedAsAWhole(t *testing.T) {
	type settings struct {
		wiring.Out

		One setting
		Two setting `name:"two"`
	}
	defaults := layer("defaults", func(r *wiring.Registry) {
		r.Provide(func() settings { t.Error("it is replaced"); return settings{} }, wiring.Default())
	})
	for _, layers := range [][]wiring.Layer{
		{defaults, provide("one"), provide("two", wiring.Name("two"))},
		{provide("two", wiring.Name("two")), defaults, provide("one")},
		{provide("two", wiring.Name("two")), provide("one"), defaults},
	} {
		assert.Equal(t, setting("one"), resolved(t, assemble(layers...)))
	}
}

func TestADefaultWithInterfacesAndNames(t *testing.T) {
	var got []string
	build(t, worker,
		layer("defaults", func(r *wiring.Registry) {
			r.Supply(sqlite.ReadOnly{}, wiring.Default(), wiring.As[ledger.Reader](), wiring.Name("main"))
			r.Supply(sqlite.ReadOnly{}, wiring.Default(), wiring.As[ledger.Reader]())
			r.Supply(setting("default"), wiring.Default())
		}),
		layer("storage", func(r *wiring.Registry) {
			r.Provide(newStore, wiring.As[ledger.Reader](), wiring.Name("main"))
			r.Invoke(func(in struct {
				wiring.In
				Main    ledger.Reader `name:"main"`
				Other   ledger.Reader
				Setting setting
			}) {
				got = append(got, fmt.Sprintf("%T", in.Main), fmt.Sprintf("%T", in.Other), string(in.Setting))
			})
		}),
	)

	assert.Equal(t, []string{"*sqlite.Store", "sqlite.ReadOnly", "default"}, got)
}

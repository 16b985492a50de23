package wiring_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
	"github.com/wireframework/wireframework/wiring/testdata/ledger"
	"github.com/wireframework/wireframework/wiring/testdata/sqlite"
)

// route is what the groups of these tests are made of.
type route string

func (r route) String() string { return string(r) }

type routeParams struct {
	wiring.In

	Routes []route `group:"routes"`
}

// The container shuffles groups, so these run a few times.
const shuffles = 20

func TestGroupsArriveInRegistrationOrder(t *testing.T) {
	type out struct {
		wiring.Out

		One   route   `group:"routes"`
		Many  []route `group:"routes,flatten"`
		Other route   `group:"other"`
		Last  route   `group:"routes"`
	}
	want := []route{"first", "a", "b", "c", "d", "named", "e", "f", "default", "last"}
	for range shuffles {
		var got []route
		inject(t, func(p routeParams) { got = p.Routes }, func(r *wiring.Registry) {
			r.Supply(route("first"), wiring.Group("routes"))
			r.Provide(func(*pool) out { return out{One: "a", Many: []route{"b", "c"}, Last: "d"} })
			r.Provide(func() (route, error) { return "named", nil }, wiring.Group("routes"))
			r.Provide(func() []route { return []route{"e", "f"} }, wiring.Group("routes,flatten"))
			r.Provide(func() []route { return nil }, wiring.Group("routes,flatten"))
			r.Provide(func() (*handler, route) { return nil, "default" }, wiring.Group("routes"))
			r.Supply(route("last"), wiring.Group("routes"))
			r.Supply(&pool{})
		})
		assert.Equal(t, want, got)
	}
}

func TestGroupsFollowTheOrderOfLayers(t *testing.T) {
	member := func(name string) wiring.Layer {
		return layer(name, func(r *wiring.Registry) {
			r.Provide(func() route { return route(name) }, wiring.Group("routes"))
		})
	}
	var got []route
	consumer := layer("web", func(r *wiring.Registry) {
		r.Invoke(func(p routeParams) { got = p.Routes })
		r.ProvideTask(newWorker)
	})
	a := assemble(member("a"), consumer, wiring.Bundle("more", member("b"), member("c")), member("d"))
	a.Replace("more", wiring.Bundle("less", member("e"), member("f")))
	a.Replace("a", member("g"))
	b := newBuild(t, a)
	start(t, b)

	assert.Equal(t, []route{"g", "e", "f", "d"}, got)
}

func TestAGroupMayBeReceivedAsANamedSlice(t *testing.T) {
	type routes []route
	inject(t, func(p struct {
		wiring.In
		Routes routes `group:"routes"`
	}) {
		assert.Equal(t, routes{"a", "b"}, p.Routes)
	}, func(r *wiring.Registry) {
		r.Supply(route("a"), wiring.Group("routes"))
		r.Provide(func() routes { return routes{"b"} }, wiring.Group("routes,flatten"))
	})
}

func TestAGroupWithoutMembersIsEmpty(t *testing.T) {
	inject(t, func(p routeParams) {
		assert.NotNil(t, p.Routes)
		assert.Empty(t, p.Routes)
	}, func(*wiring.Registry) {})
}

func TestGroupsOfInterfaces(t *testing.T) {
	store := new(sqlite.Store)
	inject(t, func(p struct {
		wiring.In
		Readers   []ledger.Reader `group:"storage"`
		Stores    []ledger.Store  `group:"storage"`
		Stringers []fmt.Stringer  `group:"storage"`
	}) {
		assert.Equal(t, []ledger.Reader{store, sqlite.ReadOnly{}}, p.Readers)
		assert.Equal(t, []ledger.Store{store}, p.Stores)
		assert.Equal(t, []fmt.Stringer{route("a")}, p.Stringers)
	}, func(r *wiring.Registry) {
		r.Provide(func() *sqlite.Store { return store }, wiring.Group("storage"), wiring.As[ledger.Reader](), wiring.As[ledger.Store]())
		r.Supply(sqlite.ReadOnly{}, wiring.Group("storage"), wiring.As[ledger.Reader]())
		r.Supply(route("a"), wiring.Group("storage"), wiring.As[fmt.Stringer]())
	})
}

func TestANilMemberIsAMember(t *testing.T) {
	inject(t, func(p struct {
		wiring.In
		Readers []ledger.Reader `group:"storage"`
	}) {
		assert.Equal(t, []ledger.Reader{nil, sqlite.ReadOnly{}}, p.Readers)
	}, func(r *wiring.Registry) {
		r.Provide(func() ledger.Reader { return nil }, wiring.Group("storage"))
		r.Supply(sqlite.ReadOnly{}, wiring.Group("storage"), wiring.As[ledger.Reader]())
	})
}

func TestEachConsumerHasAGroupOfItsOwn(t *testing.T) {
	inject(t, func(a, b routeParams) {
		a.Routes[0] = "changed"
		assert.Equal(t, route("a"), b.Routes[0])
	}, func(r *wiring.Registry) { r.Supply(route("a"), wiring.Group("routes")) })
}

type softParams struct {
	wiring.In

	Routes []route `group:"routes,soft"`
}

// A member of a soft group arrives if something else needs its constructor, whoever
// is registered or built first.
func TestSoftGroupsHaveTheMembersThatAreNeeded(t *testing.T) {
	type poolRoute struct {
		wiring.Out

		Pool  *pool
		Route route `group:"routes"`
	}
	type journalRoute struct {
		wiring.Out

		Journal *journal
		Route   route `group:"routes"`
	}
	members := layer("members", func(r *wiring.Registry) {
		r.Provide(func() journalRoute { return journalRoute{Journal: &journal{}, Route: "journal"} })
		r.Provide(func() route { t.Error("nothing needs it"); return "no" }, wiring.Group("routes"))
		r.Provide(func() poolRoute { return poolRoute{Pool: &pool{}, Route: "pool"} })
		r.Supply(route("value"), wiring.Group("routes"))
	})
	var got [][]route
	soft := layer("soft", func(r *wiring.Registry) {
		r.Invoke(func(ctx context.Context, p softParams, _ ...string) { got = append(got, p.Routes) })
	})
	needs := layer("needs", func(r *wiring.Registry) {
		r.ProvideTask(func(*journal, *pool) task.Task { return idle("a") })
	})
	for _, layers := range [][]wiring.Layer{
		{soft, needs, members}, {soft, members, needs}, {needs, soft, members}, {needs, members, soft},
		{members, soft, needs}, {members, needs, soft},
	} {
		got = nil
		build(t, layers...)
		assert.Equal(t, [][]route{{"journal", "pool"}}, got)
	}
}

func TestASoftGroupOfWhatNothingNeedsIsEmpty(t *testing.T) {
	inject(t, func(p softParams) { assert.Empty(t, p.Routes) }, func(r *wiring.Registry) {
		r.Provide(func() route { t.Error("nothing needs it"); return "no" }, wiring.Group("routes"))
	})
}

func TestASoftGroupGoesWithoutAFailedMember(t *testing.T) {
	type out struct {
		wiring.Out

		Pool  *pool
		Route route `group:"routes"`
	}
	var got []route
	_, err := tryBuild(t, layer("api", func(r *wiring.Registry) {
		r.Invoke(func(p softParams) { got = append(got, "called"); got = append(got, p.Routes...) })
		r.Provide(func() (out, error) { return out{}, errNoHost })
		r.ProvideTask(func(*pool) task.Task { return idle("a") })
	}))

	failure := as[*wiring.ConstructorError](t, err)
	assert.Len(t, failure.Blocks, 1, "only the task")
	assert.Equal(t, []route{"called"}, got)
}

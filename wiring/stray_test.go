package wiring_test

import (
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/wireframework/wireframework/resource"
	"github.com/wireframework/wireframework/wiring"
	"github.com/wireframework/wireframework/wiring/testdata/ledger"
	"github.com/wireframework/wireframework/wiring/testdata/sqlite"
)

// Whoever asks for a group gets the members of one type; those of another are not meant
// to be left out in silence.
func TestMembersOfATypeThatNobodyTakes(t *testing.T) {
	type (
		params struct {
			wiring.In

			Routes  []route        `group:"routes,soft"`
			Lists   [][]route      `group:"lists"`
			Stores  []ledger.Store `group:"stores"`
			Pools   []*pool        `group:"pools"`
			Pages   []http.Handler `group:"mixed"`
			Several []fmt.Stringer `group:"mixed"`
		}
		out struct {
			wiring.Out

			DB     *journal
			Many   []route       `group:"routes"`
			Store  *sqlite.Store `group:"stores"`
			Offers []route       `group:"offers"`
		}
	)
	plan := verify(t, assemble(worker,
		layer("web", func(r *wiring.Registry) {
			r.Invoke(func(params, *journal) {})
			r.Invoke(func(struct {
				wiring.In
				Stores []ledger.Store `group:"stores"`
			}) {
			})
		}),
		layer("parts", func(r *wiring.Registry) {
			r.Provide(func() []route { return nil }, wiring.Group("routes"))
			r.Provide(func() out { return out{} })
			r.Provide(func() []route { return nil }, wiring.Group("lists,flatten"))
			r.Provide(newStore, wiring.Group("stores"))
			r.Provide(func() []*sqlite.Store { return nil }, wiring.Group("stores"))
			r.Provide(func() []*sqlite.Store { return nil }, wiring.Group("stores,flatten"))
			r.Supply(sqlite.Store{}, wiring.Group("stores"))
			r.Supply(sqlite.ReadOnly{}, wiring.Group("stores"), wiring.As[ledger.Reader](), wiring.As[any]())
			r.Provide(newPool, wiring.Group("pools"), wiring.As[any]())
			r.Supply(pool{}, wiring.Group("pools"))
			r.Provide(func() []pool { return nil }, wiring.Group("pools,flatten"))
			r.Provide(newDB, wiring.Group("pools"))
			r.Provide(newDB)
			r.Supply(route("a"), wiring.Group("mixed"))
		}),
	))

	got := strings.Join(plan.Warnings(), "\n")
	golden(t, "strays.txt", scrub(got)+"\n")
	assertStyle(t, got)
}

func TestWhatTheServiceAsksForIsAskedFor(t *testing.T) {
	a := assemble(worker, layer("watch", func(r *wiring.Registry) { r.Provide(newStore, wiring.Group("readers")) }))
	a.Want(resource.ID{Type: reflect.TypeFor[[]ledger.Reader](), Group: "readers"}, func(reflect.Value) {})

	warnings := verify(t, a).Warnings()
	assert.Len(t, warnings, 1)
	assert.Contains(t, warnings[0], `provides *sqlite.Store to group "readers", where layer "service" asks for ledger.Reader`)
}

func TestMembersThatAreAsTheyShouldBe(t *testing.T) {
	type params struct {
		wiring.In

		Readers []ledger.Reader `group:"storage"`
		Stores  []ledger.Store  `group:"storage"`
		Routes  []route         `group:"routes"`
	}
	plan := verify(t, assemble(worker, layer("api", func(r *wiring.Registry) {
		r.Invoke(func(params) {})
		// One name for two types, and somebody asks for each.
		r.Supply(sqlite.ReadOnly{}, wiring.Group("storage"), wiring.As[ledger.Reader]())
		r.Provide(newStore, wiring.Group("storage"), wiring.As[ledger.Store]())
		// It is taken as one of the two.
		r.Provide(newStore, wiring.Group("storage"), wiring.As[any](), wiring.As[ledger.Store]())
		// Nobody asks for this name: whoever does is left out of the deployment.
		r.Provide(func() []route { return nil }, wiring.Group("offers"))
		r.Provide(func() []route { return nil }, wiring.Group("routes,flatten"))
	})))

	assert.Empty(t, plan.Warnings())
}

package wiring_test

import (
	"database/sql"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/wireframework/wireframework/resource"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

// A ring of types that need each other, in the ways that there are.
type (
	north struct{}
	east  struct{}
	south struct{}
	west  struct{}

	northGroup struct {
		wiring.In

		Norths []*north `group:"norths"`
	}
	northSoft struct {
		wiring.In

		Norths []*north `group:"norths,soft"`
	}
	northOptional struct {
		wiring.In

		North *north `optional:"true"`
	}
	northNamed struct {
		wiring.In

		North *north `name:"magnetic"`
	}
)

func newNorth(*east) *north                 { return nil }
func newEast(*south) *east                  { return nil }
func newSouth(*west) *south                 { return nil }
func newWest(*north) *west                  { return nil }
func newEastOfNorth(*north) *east           { return nil }
func newEastOfNorths(northGroup) *east      { return nil }
func newEastOfSoft(northSoft) *east         { return nil }
func newEastOfOptional(northOptional) *east { return nil }
func newEastOfNamed(northNamed) *east       { return nil }
func newNarcissus(*north) *north            { return nil }
func newNavigator(*north) task.Task         { return idle("navigator") }

func TestCycle(t *testing.T) {
	testMistakes(t, []mistake{
		{
			name: "a constructor needs what it provides",
			layers: []wiring.Layer{worker, layer("compass", func(r *wiring.Registry) {
				r.Provide(newNarcissus)
			})},
		},
		{
			name: "a cycle is told from its first registration, wherever it is entered",
			layers: []wiring.Layer{layer("pole", func(r *wiring.Registry) {
				r.Invoke(func(*east) {})
			}), worker, layer("compass", func(r *wiring.Registry) {
				r.Provide(newNorth)
				r.Provide(newEastOfNorth)
			})},
		},
		{
			name: "two constructors need each other",
			layers: []wiring.Layer{worker, layer("compass", func(r *wiring.Registry) {
				r.Provide(newNorth)
				r.Provide(newEastOfNorth)
			})},
		},
		{
			name: "a cycle through four layers that a task needs",
			layers: []wiring.Layer{
				layer("ship", func(r *wiring.Registry) { r.ProvideTask(newNavigator) }),
				layer("north", func(r *wiring.Registry) { r.Provide(newNorth) }),
				layer("east", func(r *wiring.Registry) { r.Provide(newEast) }),
				layer("south", func(r *wiring.Registry) { r.Provide(newSouth) }),
				layer("west", func(r *wiring.Registry) { r.Provide(newWest) }),
			},
		},
		{
			name: "a cycle through a group",
			layers: []wiring.Layer{worker, layer("compass", func(r *wiring.Registry) {
				r.Provide(newNorth, wiring.Group("norths"))
				r.Provide(newEastOfNorths)
			})},
		},
		{
			name: "a cycle through a soft group",
			layers: []wiring.Layer{worker, layer("compass", func(r *wiring.Registry) {
				r.Provide(newNorth, wiring.Group("norths"))
				r.Provide(newEastOfSoft)
			})},
		},
		{
			name: "a cycle through an optional resource",
			layers: []wiring.Layer{worker, layer("compass", func(r *wiring.Registry) {
				r.Provide(newNorth)
				r.Provide(newEastOfOptional)
			})},
		},
		{
			name: "a cycle through a name",
			layers: []wiring.Layer{worker, layer("compass", func(r *wiring.Registry) {
				r.Provide(newNorth, wiring.Name("magnetic"))
				r.Provide(newEastOfNamed)
			})},
		},
		{
			name: "the shortest of several cycles and another one",
			layers: []wiring.Layer{worker,
				layer("compass", func(r *wiring.Registry) {
					r.Provide(newNorth)
					r.Provide(func(*north, *south) *east { return nil })
					r.Provide(newSouth)
					r.Provide(newWest)
				}),
				layer("mirror", func(r *wiring.Registry) { r.Provide(newNarcissus, wiring.Name("mirror")) }),
				layer("pool", func(r *wiring.Registry) { r.Provide(func(*pool) *pool { return nil }) })},
		},
	})
}

// There are two ways to the south, and the search finds the longer one later.
func TestTheCycleInAnErrorIsTheShortest(t *testing.T) {
	_, err := assemble(worker, layer("compass", func(r *wiring.Registry) {
		r.Provide(newNorth)
		r.Provide(func(*south, *west) *east { return nil })
		r.Provide(func(*pool) *south { return nil })
		r.Provide(func(*south) *west { return nil })
		r.Provide(func(*north) *pool { return nil })
	})).Verify()

	assert.Equal(t, []resource.ID{
		resource.IDOf[*east](), resource.IDOf[*south](), resource.IDOf[*pool](), resource.IDOf[*north](),
	}, as[*wiring.CycleError](t, err).Needs)
}

func TestACycleIsNamedByTheNeedsThatMakeIt(t *testing.T) {
	_, err := assemble(worker, database, layer("compass", func(r *wiring.Registry) {
		r.Provide(func(*sql.DB, *east) *north { return nil })
		r.Provide(newEastOfNorth)
	})).Verify()

	assert.Equal(t, []resource.ID{resource.IDOf[*east](), resource.IDOf[*north]()}, as[*wiring.CycleError](t, err).Needs)
}

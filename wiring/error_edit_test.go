package wiring_test

import (
	"database/sql"
	"reflect"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/wireframework/wireframework/resource"
	"github.com/wireframework/wireframework/wiring"
	"github.com/wireframework/wireframework/wiring/testdata/ledger"
	"github.com/wireframework/wireframework/wiring/testdata/sqlite"
)

// What a test kit changes, as servicetest does it.

func override[T any](a *wiring.Assembly, value T, name ...string) {
	a.Override(resource.IDOf[T](name...), reflect.ValueOf(&value).Elem())
}

func supply[T any](a *wiring.Assembly, value T, name ...string) {
	a.Supply(resource.IDOf[T](name...), reflect.ValueOf(&value).Elem())
}

func populate[T any](a *wiring.Assembly, dst *T, name ...string) {
	a.Populate(resource.IDOf[T](name...), func(v reflect.Value) { *dst, _ = v.Interface().(T) })
}

func TestMistakenEdits(t *testing.T) {
	api := layer("api", func(r *wiring.Registry) { r.ProvideTask(newServer) })
	var db *sql.DB
	testMistakes(t, []mistake{
		{
			name:   "overriding what no layer provides",
			layers: []wiring.Layer{worker},
			edit:   func(a *wiring.Assembly) { override(a, db) },
		},
		{
			name:   "overriding under another name",
			layers: []wiring.Layer{worker, database},
			edit:   func(a *wiring.Assembly) { override(a, db, "replica") },
		},
		{
			name:   "overriding what nothing needs",
			layers: []wiring.Layer{worker, database},
			edit:   func(a *wiring.Assembly) { override(a, db) },
		},
		{
			name:   "overriding what only other layers need",
			layers: []wiring.Layer{worker, api, database},
			edit: func(a *wiring.Assembly) {
				override(a, db)
				a.Only("worker")
			},
		},
		{
			name:   "overriding and supplying",
			layers: []wiring.Layer{api, database},
			edit: func(a *wiring.Assembly) {
				supply(a, db)
				override(a, db)
			},
		},
		{
			name:   "overriding twice",
			layers: []wiring.Layer{api, database},
			edit: func(a *wiring.Assembly) {
				override(a, db)
				override(a, db)
			},
		},
		{
			name:   "edits of what is no resource",
			layers: []wiring.Layer{api, database},
			edit: func(a *wiring.Assembly) {
				nothing := func(reflect.Value) {}
				a.Supply(resource.IDOf[error](), reflect.Zero(reflect.TypeFor[error]()))
				a.Supply(resource.IDOf[auditParams](), reflect.ValueOf(auditParams{}))
				a.Override(resource.IDOf[*wiring.ShutdownHooks](), reflect.ValueOf(new(wiring.ShutdownHooks)))
				a.Supply(resource.IDOf[*sql.DB]("a`b"), reflect.ValueOf(db))
				a.Populate(resource.ID{Type: reflect.TypeFor[[]route](), Group: "routes,flatten"}, nothing)
				a.Populate(resource.ID{Type: reflect.TypeFor[route](), Group: "routes"}, nothing)
			},
		},
		{
			name: "populating a misspelt group",
			layers: []wiring.Layer{worker, layer("routes", func(r *wiring.Registry) {
				r.Supply(route("/"), wiring.Group("routes"))
			})},
			edit: func(a *wiring.Assembly) {
				a.Populate(resource.ID{Type: reflect.TypeFor[[]route](), Group: "rotues"}, func(reflect.Value) {})
			},
		},
		{
			name:   "supplying what a layer provides",
			layers: []wiring.Layer{api, database},
			edit:   func(a *wiring.Assembly) { supply(a, db) },
		},
		{
			name:   "supplying what nothing needs",
			layers: []wiring.Layer{worker},
			edit:   func(a *wiring.Assembly) { supply(a, db) },
		},
		{
			name:   "populating what no layer provides",
			layers: []wiring.Layer{worker, layer("storage", func(r *wiring.Registry) { r.Provide(newStore) })},
			edit: func(a *wiring.Assembly) {
				var store ledger.Store
				populate(a, &store)
			},
		},
		{
			name:   "selecting an unknown layer",
			layers: []wiring.Layer{worker, api, database},
			edit:   func(a *wiring.Assembly) { a.Only("worker", "metrics") },
		},
		{
			name:   "selecting a misspelt layer",
			layers: []wiring.Layer{worker, api, database},
			edit:   func(a *wiring.Assembly) { a.Only("wroker") },
		},
		{
			name:   "selecting a layer without tasks",
			layers: []wiring.Layer{worker, database},
			edit:   func(a *wiring.Assembly) { a.Only("database") },
		},
		{
			name: "missing in the part that is selected",
			layers: []wiring.Layer{api, layer("audit", func(r *wiring.Registry) {
				r.ProvideTask(newAuditor)
			})},
			edit: func(a *wiring.Assembly) {
				supply[ledger.Store](a, new(sqlite.Store), "other")
				a.Only("audit")
			},
		},
		{
			name:   "overriding a group",
			layers: []wiring.Layer{worker, database},
			edit: func(a *wiring.Assembly) {
				a.Override(resource.ID{Type: reflect.TypeFor[[]*sql.DB](), Group: "dbs"}, reflect.ValueOf([]*sql.DB{}))
			},
		},
	})
}

func TestOverridingTwiceIsNoProvider(t *testing.T) {
	var db *sql.DB
	a := assemble(worker)
	override(a, db)
	override(a, db)
	_, err := a.Verify()

	as[*wiring.DuplicateError](t, err)
	assert.ErrorContains(t, err, "Override of *sql.DB: no layer provides it")
}

package wiring_test

import (
	"database/sql"
	"testing"

	"github.com/wireframework/wireframework/wiring"
	"github.com/wireframework/wireframework/wiring/testdata/ledger"
	"github.com/wireframework/wireframework/wiring/testdata/sqlite"
)

type databases struct {
	wiring.Out

	DB      *sql.DB
	Replica *sql.DB `name:"replica"`
	Store   *sqlite.Store
}

func newDatabases() databases                 { return databases{} }
func newTwins() (*sql.DB, *sql.DB)            { return nil, nil }
func newStoreAndDB() (*sql.DB, *sqlite.Store) { return nil, nil }

func TestDuplicate(t *testing.T) {
	second := layer("warehouse", func(r *wiring.Registry) { r.Provide(newOtherDB) })
	testMistakes(t, []mistake{
		{
			name:   "a resource is provided twice",
			layers: []wiring.Layer{worker, database, second},
		},
		{
			name: "a resource is provided three times",
			layers: []wiring.Layer{worker, database, second, layer("archive", func(r *wiring.Registry) {
				r.Provide(newDB)
			})},
		},
		{
			name: "a value and a constructor provide a resource",
			layers: []wiring.Layer{worker, database, layer("test-database", func(r *wiring.Registry) {
				r.Supply(new(sql.DB))
			})},
		},
		{
			name: "a named resource is provided twice by one layer",
			layers: []wiring.Layer{worker, layer("storage", func(r *wiring.Registry) {
				r.Provide(newDB, wiring.Name("replica"))
				r.Provide(newDB, wiring.Name("replica"))
			})},
		},
		{
			name: "an interface is provided twice with As",
			layers: []wiring.Layer{worker, layer("storage", func(r *wiring.Registry) {
				r.Provide(newStore, wiring.As[ledger.Store]())
				r.Supply(new(sqlite.Store), wiring.As[ledger.Reader](), wiring.As[ledger.Store]())
			})},
		},
		{
			name: "one constructor provides a resource twice",
			layers: []wiring.Layer{worker, layer("storage", func(r *wiring.Registry) {
				r.Provide(newTwins)
				r.Invoke(func(*sql.DB) {})
			})},
		},
		{
			name: "a resource has two defaults",
			layers: []wiring.Layer{worker,
				layer("database", func(r *wiring.Registry) { r.Provide(newDB, wiring.Default()) }),
				layer("warehouse", func(r *wiring.Registry) { r.Provide(newOtherDB, wiring.Default()) })},
		},
		{
			name: "a default is replaced in part",
			layers: []wiring.Layer{worker, second, layer("defaults", func(r *wiring.Registry) {
				r.Provide(newDatabases, wiring.Default())
			})},
		},
		{
			name: "a default is replaced in part by a layer that comes later",
			layers: []wiring.Layer{worker, layer("defaults", func(r *wiring.Registry) {
				r.Provide(newStoreAndDB, wiring.Default())
			}), second},
		},
		{
			name: "a default is replaced in part by two layers",
			layers: []wiring.Layer{worker, second, layer("storage", func(r *wiring.Registry) {
				r.Provide(newStore)
			}), layer("defaults", func(r *wiring.Registry) {
				r.Provide(newDatabases, wiring.Default())
			})},
		},
	})
}

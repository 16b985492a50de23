package wiring_test

import (
	"database/sql"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
	"github.com/wireframework/wireframework/wiring/testdata/ledger"
	"github.com/wireframework/wireframework/wiring/testdata/sqlite"
)

// unreachable is a constructor that must not be called.
func unreachable[T any](t *testing.T) func() T {
	return func() T {
		t.Errorf("the constructor of %T was called", *new(T))
		return *new(T)
	}
}

// run builds an assembly and returns the tasks.
func run(t *testing.T, a *wiring.Assembly) []wiring.Task {
	t.Helper()
	b := newBuild(t, a)
	start(t, b)
	tasks, err := b.Result()
	require.NoError(t, err)
	return tasks
}

func TestAnOverrideIsUsedInsteadOfWhatALayerProvides(t *testing.T) {
	var got *pool
	a := assemble(worker, layer("storage", func(r *wiring.Registry) {
		r.Provide(func(*sql.DB) *pool { return unreachable[*pool](t)() })
		r.Provide(unreachable[*sql.DB](t))
		r.Invoke(func(p *pool) { got = p })
	}))
	fake := new(pool)
	override(a, fake)
	run(t, a)

	assert.Same(t, fake, got, "and what only the replaced constructor needs is not built")
}

func TestAnOverrideOfANamedInterface(t *testing.T) {
	var got ledger.Store
	a := assemble(worker, layer("storage", func(r *wiring.Registry) {
		r.Provide(unreachable[*sqlite.Store](t), wiring.As[ledger.Store](), wiring.Name("main"))
		r.Invoke(func(in struct {
			wiring.In
			Store ledger.Store `name:"main"`
		}) {
			got = in.Store
		})
	}))
	fake := new(sqlite.Store)
	override[ledger.Store](a, fake, "main")
	run(t, a)

	assert.Same(t, fake, got)
}

// Where a constructor has several results, the others are still its own.
func TestAnOverrideOfOneResultOfSeveral(t *testing.T) {
	type (
		out struct {
			wiring.Out

			DB      *sql.DB
			Replica *sql.DB     `name:"replica"`
			Route   route       `group:"single"`
			More    []route     `group:"routes,flatten"`
			Task    task.Task   `group:"tasks"`
			Tasks   []task.Task `group:"tasks,flatten"`
		}
		params struct {
			wiring.In

			DB      *sql.DB
			Replica *sql.DB `name:"replica"`
			Routes  []route `group:"routes"`
			Single  []route `group:"single"`
			Pool    *pool   `optional:"true"`
			Store   ledger.Store
			Reader  ledger.Reader
		}
	)
	fake, replica, store := new(sql.DB), new(sql.DB), new(sqlite.Store)
	var fakeReader ledger.Reader = sqlite.ReadOnly{}
	var got params
	consumer := layer("consumer", func(r *wiring.Registry) { r.Invoke(func(p params) { got = p }) })
	tests := []struct {
		name    string
		storage func(*wiring.Registry)
		tasks   []task.ID
		routes  []route
	}{
		{
			name: "a result object",
			storage: func(r *wiring.Registry) {
				r.Provide(func() (out, error) {
					return out{
						DB: new(sql.DB), Replica: replica, Route: "a", More: []route{"a", "b", "c"},
						Task: idle("a"), Tasks: []task.Task{idle("b"), idle("c")},
					}, nil
				})
				r.Provide(func() *sqlite.Store { return store }, wiring.As[ledger.Store](), wiring.As[ledger.Reader]())
			},
			tasks:  []task.ID{"a", "b", "c"},
			routes: []route{"a", "b", "c"},
		},
		{
			name: "several results",
			storage: func(r *wiring.Registry) {
				r.Provide(func(hooks *wiring.ShutdownHooks, _ ...int) (*sql.DB, *pool, error) {
					return new(sql.DB), new(pool), nil
				})
				r.Provide(func() *sql.DB { return replica }, wiring.Name("replica"))
				r.Supply(store, wiring.As[ledger.Store](), wiring.As[ledger.Reader]())
				r.ProvideTask(newWorker)
			},
			tasks:  []task.ID{"worker"},
			routes: []route{},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := assemble(consumer, layer("storage", tt.storage))
			override(a, fake)
			override(a, fakeReader)
			tasks := run(t, a)

			assert.Same(t, fake, got.DB)
			assert.Same(t, replica, got.Replica)
			assert.Same(t, store, got.Store)
			assert.Equal(t, fakeReader, got.Reader)
			assert.Equal(t, tt.routes, got.Routes)
			assert.Len(t, got.Single, min(1, len(tt.routes)))
			assert.Equal(t, tt.tasks, ids(tasks))
		})
	}
}

func TestWhatAnOverriddenConstructorAddsToGroupsStays(t *testing.T) {
	type (
		one struct {
			wiring.Out

			DB    *sql.DB
			Route route `group:"routes"`
		}
		many struct {
			wiring.Out

			Pool   *pool
			Routes []route `group:"routes,flatten"`
		}
	)
	fakeDB, fakePool := new(sql.DB), new(pool)
	a := assemble(worker, layer("storage", func(r *wiring.Registry) {
		r.Provide(func() one { return one{DB: new(sql.DB), Route: "a"} })
		r.Provide(func() many { return many{Pool: new(pool), Routes: []route{"b", "c"}} })
		r.Invoke(func(p routeParams, db *sql.DB, pool *pool) {
			assert.Same(t, fakeDB, db)
			assert.Same(t, fakePool, pool)
			assert.Equal(t, []route{"a", "b", "c"}, p.Routes)
		})
	}))
	override(a, fakeDB)
	override(a, fakePool)
	run(t, a)
}

func TestASupplyProvidesWhatNoLayerDoes(t *testing.T) {
	var got ledger.Reader
	a := assemble(worker, layer("reader", func(r *wiring.Registry) { r.Invoke(func(l ledger.Reader) { got = l }) }))
	supply[ledger.Reader](a, sqlite.ReadOnly{})
	run(t, a)

	assert.Equal(t, sqlite.ReadOnly{}, got)
}

func TestANilInterfaceMayBeSupplied(t *testing.T) {
	got := ledger.Reader(sqlite.ReadOnly{})
	a := assemble(worker, layer("reader", func(r *wiring.Registry) { r.Invoke(func(l ledger.Reader) { got = l }) }))
	supply[ledger.Reader](a, nil)
	run(t, a)

	assert.Nil(t, got)
}

func TestPopulateHandsOutAResource(t *testing.T) {
	a := assemble(worker, layer("storage", func(r *wiring.Registry) {
		r.Provide(newStore, wiring.As[ledger.Store](), wiring.Name("main"))
		r.Provide(unreachable[*sql.DB](t))
	}))
	var store ledger.Store
	populate(a, &store, "main")
	run(t, a)

	assert.IsType(t, new(sqlite.Store), store)
}

func TestPopulateAloneIsANodeWithoutTasks(t *testing.T) {
	a := assemble(layer("storage", func(r *wiring.Registry) { r.Provide(newDB) }))
	var db *sql.DB
	populate(a, &db)
	plan := verify(t, a)
	b := plan.NewBuild()
	start(t, b)
	tasks, err := b.Result()

	require.NoError(t, err)
	assert.Empty(t, tasks)
	assert.NotNil(t, db)
	assert.True(t, plan.ResourcesOnly())
	assert.False(t, verify(t, assemble(worker)).ResourcesOnly())
}

func TestOnlySelectsTasksAndInvokes(t *testing.T) {
	api := layer("api", func(r *wiring.Registry) {
		r.ProvideTask(func(*pool) task.Task { return idle("api") })
		r.Invoke(func(*pool) {})
	})
	storage := layer("storage", func(r *wiring.Registry) {
		r.Provide(func() *pool { return new(pool) })
		r.ProvideTask(unreachable[task.Task](t))
		r.Invoke(func() { t.Error("the invoke of a layer that is not selected") })
	})
	metrics := layer("metrics", func(r *wiring.Registry) {
		// Cut out, this part need not be complete, nor free of cycles.
		r.ProvideTask(func(*journal) task.Task { return unreachable[task.Task](t)() })
		r.Provide(newNorth)
		r.Provide(newEastOfNorth)
		r.Provide(newHandler)
	})
	other := layer("other", func(r *wiring.Registry) {
		r.ProvideTask(func() task.Task { return idle("other") })
		r.Invoke(func() {})
	})
	a := assemble(api, wiring.Bundle("back", storage, wiring.Bundle("observability", metrics)), wiring.Bundle("rest", other))
	a.Only("api")
	a.Only("rest")

	assert.Equal(t, []task.ID{"api", "other"}, ids(run(t, a)))
	assert.Empty(t, verify(t, a).Warnings(), "nothing is said about what is cut out")
}

func TestOnlySelectsABundleByAnyOfItsNames(t *testing.T) {
	shared := layer("shared", func(r *wiring.Registry) { r.ProvideTask(newWorker) })
	for _, name := range []string{"shared", "first", "second", "outer"} {
		a := assemble(wiring.Bundle("first", shared), wiring.Bundle("outer", wiring.Bundle("second", shared)),
			layer("other", func(r *wiring.Registry) { r.ProvideTask(unreachable[task.Task](t)) }))
		a.Only(name)

		assert.Equal(t, []task.ID{"worker"}, ids(run(t, a)), name)
	}
}

// A cycle counts if all of it is built, whichever part of it is registered first.
func TestCyclesInASelection(t *testing.T) {
	type softNorths struct {
		wiring.In

		Norths []*north `group:"norths,soft"`
	}
	soft := func(r *wiring.Registry) {
		r.Provide(func(softNorths) *east { return new(east) }) // needed
	}
	cut := func(r *wiring.Registry) {
		r.Provide(func(*east) *north { return nil }, wiring.Group("norths")) // needed by nobody
	}
	api := layer("api", func(r *wiring.Registry) { r.ProvideTask(func(*east) task.Task { return idle("api") }) })
	for _, layers := range [][]wiring.Layer{
		{api, layer("soft", soft), layer("cut", cut)},
		{api, layer("cut", cut), layer("soft", soft)},
	} {
		_, err := assemble(layers...).Verify()
		as[*wiring.CycleError](t, err)

		a := assemble(layers...)
		a.Only("api")
		assert.Equal(t, []task.ID{"api"}, ids(run(t, a)))
	}
}

// As soon as a test kit changes anything, what is not needed may be incomplete.
func TestWhatIsNotNeededMayBeIncomplete(t *testing.T) {
	incomplete := layer("incomplete", func(r *wiring.Registry) { r.Provide(newHandler) })
	consumer := layer("consumer", func(r *wiring.Registry) {
		r.ProvideTask(newServer)
		r.Invoke(func(struct {
			wiring.In
			Pool *pool `optional:"true"`
		}) {
		})
	})
	_, err := assemble(consumer, database, incomplete).Verify()
	as[*wiring.MissingError](t, err)

	var db *sql.DB
	for name, edit := range map[string]func(*wiring.Assembly){
		"override":              func(a *wiring.Assembly) { override(a, new(sql.DB)) },
		"supply":                func(a *wiring.Assembly) { supply(a, new(pool)) },
		"populate":              func(a *wiring.Assembly) { populate(a, &db) },
		"only":                  func(a *wiring.Assembly) { a.Only("consumer") },
		"override and populate": func(a *wiring.Assembly) { override(a, new(sql.DB)); populate(a, &db) },
		"supply and populate":   func(a *wiring.Assembly) { supply(a, new(pool)); populate(a, &db) },
	} {
		a := assemble(consumer, database, incomplete)
		edit(a)
		_, err := a.Verify()
		assert.NoError(t, err, name)
	}
}

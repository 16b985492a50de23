package wiring_test

import (
	"context"
	"database/sql"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
	"github.com/wireframework/wireframework/wiring/testdata/ledger"
	"github.com/wireframework/wireframework/wiring/testdata/sqlite"
)

// calls records which constructors were called, in order.
type calls []string

func (c *calls) add(name string) { *c = append(*c, name) }

func ids(tasks []wiring.Task) []task.ID {
	ids := make([]task.ID, len(tasks))
	for i, t := range tasks {
		ids[i] = t.ID
	}
	return ids
}

func TestEachConstructorIsCalledOnce(t *testing.T) {
	var called calls
	tasks := build(t,
		layer("a", func(r *wiring.Registry) {
			r.ProvideTask(func(*pool, *journal) task.Task { called.add("task a"); return idle("a") })
			r.Invoke(func(*pool, *handler) { called.add("invoke a") })
		}),
		layer("b", func(r *wiring.Registry) {
			r.ProvideTask(func(*handler, *pool) task.Task { called.add("task b"); return idle("b") })
		}),
		layer("parts", func(r *wiring.Registry) {
			r.Provide(func(*pool, *journal) *handler { called.add("handler"); return &handler{} })
			r.Provide(func(*pool) *journal { called.add("journal"); return &journal{} })
			r.Provide(func() *pool { called.add("pool"); return &pool{} })
		}),
	)

	assert.Equal(t, calls{"pool", "journal", "task a", "handler", "invoke a", "task b"}, called)
	assert.Equal(t, []task.ID{"a", "b"}, ids(tasks))
}

func TestOnlyWhatIsNeededIsBuilt(t *testing.T) {
	var called calls
	build(t, layer("api", func(r *wiring.Registry) {
		r.ProvideTask(func(*pool) task.Task { return idle("a") })
		r.Provide(func() *pool { called.add("pool"); return &pool{} })
		r.Provide(func(*handler) *journal { called.add("journal"); return &journal{} })
		r.Provide(func() *handler { called.add("handler"); return &handler{} })
	}))

	assert.Equal(t, calls{"pool"}, called)
}

func TestEveryoneGetsTheSameValue(t *testing.T) {
	var got []*pool
	build(t, worker, layer("pools", func(r *wiring.Registry) {
		r.Provide(func() *pool { return &pool{} })
		r.Invoke(func(p *pool) { got = append(got, p) })
		r.Invoke(func(in struct {
			wiring.In
			Pool *pool
		}) {
			got = append(got, in.Pool)
		})
	}))

	require.Len(t, got, 2)
	assert.Same(t, got[0], got[1])
}

func TestTasksAndInvokesAreBuiltInRegistrationOrder(t *testing.T) {
	type both struct {
		wiring.Out

		First  task.Task   `group:"tasks"`
		Others []task.Task `group:"tasks,flatten"`
		Pool   *pool
	}
	var called calls
	tasks := build(t,
		layer("a", func(r *wiring.Registry) {
			r.ProvideTask(func() (task.Task, []task.Task, error) {
				called.add("a")
				return idle("a1"), []task.Task{idle("a2"), idle("a3")}, nil
			})
			r.Invoke(func(*pool) { called.add("invoke a") })
		}),
		layer("b", func(r *wiring.Registry) {
			r.Provide(func() both {
				called.add("b")
				return both{First: idle("b1"), Others: []task.Task{idle("b2"), idle("b3")}, Pool: &pool{}}
			})
			r.Supply(idle("b4"), wiring.As[task.Task](), wiring.Group("tasks"))
		}),
		layer("c", func(r *wiring.Registry) {
			r.Provide(func() task.Task { called.add("c"); return idle("c1") }, wiring.Group("tasks"))
			r.ProvideTask(func() *pointerTask { called.add("pointer"); return &pointerTask{} })
		}),
	)

	assert.Equal(t, calls{"a", "b", "invoke a", "c", "pointer"}, called)
	assert.Equal(t, []task.ID{"a1", "a2", "a3", "b1", "b2", "b3", "b4", "c1", "pointer"}, ids(tasks))
}

func TestTasksKnowWhereTheyComeFrom(t *testing.T) {
	kinds := &changingTask{}
	tasks := build(t, layer("api", func(r *wiring.Registry) { r.ProvideTask(func() task.Task { return kinds }) }))

	require.Len(t, tasks, 1)
	assert.Equal(t, "api", tasks[0].Layer)
	assert.Equal(t, task.ID("task-1"), tasks[0].ID)
	assert.Equal(t, task.Oneshot, tasks[0].Kind)
	assert.Same(t, kinds, tasks[0].Task)
	assert.Equal(t, 1, kinds.asked, "ID and kind are read once")
}

// changingTask changes its mind each time it is asked.
type changingTask struct {
	task.Task
	asked int
}

func (c *changingTask) ID() task.ID     { c.asked++; return task.ID("task-" + string(rune('0'+c.asked))) }
func (c *changingTask) Kind() task.Kind { return task.Kind(c.asked) }

func TestAPlanIsBuiltAnyNumberOfTimes(t *testing.T) {
	built := 0
	plan := verify(t, assemble(layer("api", func(r *wiring.Registry) {
		r.Provide(func() *pool { built++; return &pool{} })
		r.ProvideTask(func(*pool) task.Task { return idle("a") })
	})))
	for range 3 {
		b := plan.NewBuild()
		start(t, b)
		tasks, err := b.Result()
		require.NoError(t, err)
		assert.Len(t, tasks, 1)
	}
	assert.Equal(t, 3, built)
}

func TestAnEmptySliceOfTasksIsNoMistake(t *testing.T) {
	tasks := build(t, layer("api", func(r *wiring.Registry) {
		r.ProvideTask(func() []task.Task { return nil })
		r.ProvideTask(newWorker)
	}))

	assert.Equal(t, []task.ID{"worker"}, ids(tasks))
}

func TestAsProvidesTheInterfacesOnly(t *testing.T) {
	type reader interface{ Entries() []string }
	store := new(sqlite.Store)
	var got []any
	build(t, worker, layer("storage", func(r *wiring.Registry) {
		r.Provide(func() *sqlite.Store { return store }, wiring.As[reader](), wiring.As[interface{ Append(string) error }](), wiring.Name("main"))
		r.Invoke(func(in struct {
			wiring.In
			Reader   reader                            `name:"main"`
			Appender interface{ Append(string) error } `name:"main"`
			Store    *sqlite.Store                     `name:"main" optional:"true"`
		}) {
			got = []any{in.Reader, in.Appender, in.Store}
		})
	}))

	assert.Equal(t, []any{store, store, (*sqlite.Store)(nil)}, got)
}

func TestAsWithTheTypeItself(t *testing.T) {
	store := new(sqlite.Store)
	var got []any
	build(t, worker, layer("storage", func(r *wiring.Registry) {
		r.Provide(func() ledger.Store { return store }, wiring.As[ledger.Store](), wiring.As[ledger.Reader]())
		r.Provide(func() ledger.Reader { return store }, wiring.As[ledger.Reader](), wiring.Name("same"))
		r.Provide(func() (ledger.Store, error) { return store, nil },
			wiring.As[ledger.Reader](), wiring.As[ledger.Store](), wiring.Group("stores"))
		r.Invoke(func(in struct {
			wiring.In
			Store   ledger.Store
			Reader  ledger.Reader
			Same    ledger.Reader   `name:"same"`
			Stores  []ledger.Store  `group:"stores"`
			Readers []ledger.Reader `group:"stores"`
		}) {
			got = []any{in.Store, in.Reader, in.Same, in.Stores[0], in.Readers[0]}
		})
	}))

	assert.Equal(t, []any{store, store, store, store, store}, got)
}

func TestAsWithTheConcreteTypeProvidesThatToo(t *testing.T) {
	store := new(sqlite.Store)
	var got []any
	calls := 0
	newStore := func() (*sqlite.Store, error) { calls++; return store, nil }
	build(t, worker, layer("storage", func(r *wiring.Registry) {
		r.Provide(newStore, wiring.As[ledger.Store](), wiring.As[*sqlite.Store]())
		r.Provide(func() *pool { return nil }, wiring.As[*pool]())
		r.Provide(func(*pool) *sqlite.Store { return store }, wiring.As[*sqlite.Store](), wiring.As[ledger.Store](), wiring.Group("stores"))
		r.Supply(sqlite.ReadOnly{}, wiring.As[sqlite.ReadOnly](), wiring.As[ledger.Reader](), wiring.Name("none"))
		r.Invoke(func(in struct {
			wiring.In
			Store    ledger.Store
			Concrete *sqlite.Store
			Stores   []ledger.Store  `group:"stores"`
			Members  []*sqlite.Store `group:"stores"`
			None     sqlite.ReadOnly `name:"none"`
			Reader   ledger.Reader   `name:"none"`
		}) {
			got = []any{in.Store, in.Concrete, in.Stores[0], in.Members[0], in.None, in.Reader}
		})
	}))

	assert.Equal(t, []any{store, store, store, store, sqlite.ReadOnly{}, sqlite.ReadOnly{}}, got)
	assert.Equal(t, 1, calls)
}

func TestADefaultOfTwoTypesMayBeReplaced(t *testing.T) {
	store := new(sqlite.Store)
	var got []any
	build(t, worker, layer("storage", func(r *wiring.Registry) {
		r.Provide(unreachable[*sqlite.Store](t), wiring.As[ledger.Store](), wiring.As[*sqlite.Store](), wiring.Default())
		r.Supply(store, wiring.As[*sqlite.Store](), wiring.As[ledger.Store]())
		r.Invoke(func(s ledger.Store, c *sqlite.Store) { got = []any{s, c} })
	}))

	assert.Equal(t, []any{store, store}, got)
}

func TestARegistryIsClosedWhenWireReturns(t *testing.T) {
	var kept *wiring.Registry
	a := assemble(worker, layer("storage", func(r *wiring.Registry) { kept = r }))
	verify(t, a)

	assert.PanicsWithValue(t, `wiring: layer "storage" registers after its Wire has returned`, func() { kept.Provide(newDB) })
	assert.Panics(t, func() { kept.Supply(new(sql.DB)) })
	assert.Panics(t, func() { kept.ProvideTask(newWorker) })
	assert.Panics(t, func() { kept.Invoke(func() {}) })
}

func TestARegistryIsClosedWhenWirePanics(t *testing.T) {
	var kept *wiring.Registry
	_, err := assemble(worker, layer("storage", func(r *wiring.Registry) {
		kept = r
		panic("no config")
	})).Verify()

	require.Error(t, err)
	assert.Panics(t, func() { kept.Provide(newDB) })
}

func TestANilOptionIsNone(t *testing.T) {
	build(t, layer("api", func(r *wiring.Registry) {
		r.Provide(newDB, nil)
		r.ProvideTask(newServer)
	}))
}

func TestNewLayerNeedsAFunction(t *testing.T) {
	assert.PanicsWithValue(t, `wiring: NewLayer("api") needs a function, got nil`, func() { wiring.NewLayer("api", nil) })
}

func TestTheContextIsThatOfTheRun(t *testing.T) {
	type key struct{}
	ctx := context.WithValue(t.Context(), key{}, "run")
	var got []any
	b := verify(t, assemble(worker, layer("api", func(r *wiring.Registry) {
		r.Provide(func(ctx context.Context) *pool { got = append(got, ctx.Value(key{})); return nil })
		r.Invoke(func(ctx context.Context, _ *pool) { got = append(got, ctx.Value(key{})) })
		r.ProvideTask(func(ctx context.Context, in struct {
			wiring.In
			Pool *pool
		}) task.Task {
			got = append(got, ctx.Value(key{}))
			return idle("a")
		})
	}))).NewBuild()
	startIn(ctx, b)

	_, err := b.Result()
	require.NoError(t, err)
	assert.Equal(t, []any{"run", "run", "run"}, got)
}

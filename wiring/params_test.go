package wiring_test

import (
	"context"
	"database/sql"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

// inject builds what the function asks for from the registrations, and calls it.
func inject(t *testing.T, function any, wire func(*wiring.Registry)) {
	t.Helper()
	called := false
	build(t, worker, layer("under-test", func(r *wiring.Registry) {
		r.Invoke(function)
		wire(r)
	}), layer("last", func(r *wiring.Registry) { r.Invoke(func() { called = true }) }))
	assert.True(t, called)
}

func TestParameterObjectsMayBeNested(t *testing.T) {
	type inner struct {
		wiring.In

		Replica *sql.DB `name:"replica"`
		Pools   []*pool `group:"pools"`
	}
	type outer struct {
		wiring.In

		DB    *sql.DB
		Inner inner
		Hooks *wiring.ShutdownHooks
	}
	db, replica, p := new(sql.DB), new(sql.DB), new(pool)
	inject(t, func(ctx context.Context, direct *sql.DB, o outer, hooks *wiring.ShutdownHooks) {
		assert.Same(t, db, direct)
		assert.Same(t, db, o.DB)
		assert.Same(t, replica, o.Inner.Replica)
		assert.Equal(t, []*pool{p}, o.Inner.Pools)
		assert.NotNil(t, o.Hooks)
		assert.NotNil(t, hooks)
		assert.NotNil(t, ctx)
	}, func(r *wiring.Registry) {
		r.Provide(func() *sql.DB { return db })
		r.Provide(func() *sql.DB { return replica }, wiring.Name("replica"))
		r.Supply(p, wiring.Group("pools"))
	})
}

// EmbeddedParams is exported, for dig ignores no unexported field.
type EmbeddedParams struct {
	wiring.In

	DB *sql.DB
}

func TestParameterObjectsMayBeEmbedded(t *testing.T) {
	type params struct {
		EmbeddedParams

		Pool *pool
	}
	inject(t, func(p params) {
		assert.NotNil(t, p.DB)
		assert.NotNil(t, p.Pool)
	}, func(r *wiring.Registry) {
		r.Provide(newDB)
		r.Supply(&pool{})
	})
}

func TestOptionalResources(t *testing.T) {
	type params struct {
		wiring.In

		DB      *sql.DB   `optional:"true"`
		Replica *sql.DB   `optional:"true" name:"replica"`
		Must    *pool     `optional:"false"`
		Empty   *journal  `optional:""`
		Server  task.Task `optional:"1"`
	}
	inject(t, func(p params) {
		assert.NotNil(t, p.DB, "it is there")
		assert.Nil(t, p.Replica, "nobody provides it")
		assert.NotNil(t, p.Must)
		assert.NotNil(t, p.Empty)
		assert.Nil(t, p.Server)
	}, func(r *wiring.Registry) {
		r.Provide(newDB)
		r.Supply(&pool{})
		r.Supply(&journal{})
	})
}

func TestWhatAnOptionalResourceNeedsIsNotOptional(t *testing.T) {
	_, err := assemble(worker, layer("api", func(r *wiring.Registry) {
		r.Invoke(func(struct {
			wiring.In
			Pool *pool `optional:"true"`
		}) {
		})
		r.Provide(newPool)
	})).Verify()

	assert.Equal(t, "*sql.DB", as[*wiring.MissingError](t, err).Resource.String())
}

func TestUnexportedFieldsMayBeIgnored(t *testing.T) {
	type params struct {
		wiring.In `ignore-unexported:"true"`

		DB    *sql.DB
		cache map[string]int
		Pools []*pool `group:"pools"`
	}
	inject(t, func(p params) {
		assert.NotNil(t, p.DB)
		assert.Nil(t, p.cache)
		assert.Len(t, p.Pools, 1)
	}, func(r *wiring.Registry) {
		r.Provide(newDB)
		r.Supply(&pool{}, wiring.Group("pools"))
	})
}

// The tag is that of the In of the struct itself, as it is for dig.
func TestUnexportedFieldsBesideAnEmbeddedParameterObjectAreNotIgnored(t *testing.T) {
	type params struct {
		EmbeddedParams

		cache map[string]int
	}
	_, err := assemble(worker, database, layer("api", func(r *wiring.Registry) {
		r.Invoke(func(p params) { assert.Nil(t, p.cache) })
	})).Verify()

	assert.Equal(t, "takes wiring_test.params with the unexported field cache", as[*wiring.RegistrationError](t, err).Reason)
}

func TestVariadicParametersStayEmpty(t *testing.T) {
	inject(t, func(db *sql.DB, options ...*pool) {
		assert.NotNil(t, db)
		assert.Empty(t, options)
	}, func(r *wiring.Registry) {
		r.Provide(func(ctx context.Context, hooks *wiring.ShutdownHooks, _ ...string) *sql.DB {
			assert.NotNil(t, ctx)
			assert.NotNil(t, hooks)
			return new(sql.DB)
		})
		r.Supply(&pool{})
		r.Invoke(func(...context.Context) {})
	})
}

func TestAContextFromALayerIsAnOrdinaryResource(t *testing.T) {
	type key struct{}
	inject(t, func(run context.Context, in struct {
		wiring.In
		Other context.Context `name:"other"`
	}) {
		assert.Nil(t, run.Value(key{}))
		assert.Equal(t, 1, in.Other.Value(key{}))
	}, func(r *wiring.Registry) {
		r.Supply(context.WithValue(context.Background(), key{}, 1), wiring.As[context.Context](), wiring.Name("other"))
	})
}

func TestResultObjectsMayBeNested(t *testing.T) {
	type inner struct {
		wiring.Out

		Replica *sql.DB `name:"replica"`
		Pool    *pool   `group:"pools"`
	}
	type outer struct {
		wiring.Out

		DB    *sql.DB
		Inner inner
	}
	type params struct {
		wiring.In

		DB      *sql.DB
		Replica *sql.DB `name:"replica"`
		Pools   []*pool `group:"pools"`
	}
	want := outer{DB: new(sql.DB), Inner: inner{Replica: new(sql.DB), Pool: new(pool)}}
	inject(t, func(p params) {
		assert.Same(t, want.DB, p.DB)
		assert.Same(t, want.Inner.Replica, p.Replica)
		assert.Equal(t, []*pool{want.Inner.Pool}, p.Pools)
	}, func(r *wiring.Registry) {
		r.Provide(func() (outer, error) { return want, nil })
	})
}

func TestANameOfAResultObjectIsForItsUntaggedFields(t *testing.T) {
	_, err := assemble(worker, layer("storage", func(r *wiring.Registry) {
		r.Provide(newDatabases, wiring.As[any]())
		r.Invoke(func(struct {
			wiring.In
			DB  any
			Rep any `name:"replica"`
		}) {
		})
	})).Verify()

	assert.ErrorContains(t, err, "provides interface {} twice", "As applies to every field")
}

package wiring_test

import (
	"context"
	"database/sql"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

type replica struct{ db *sql.DB }

func newReplica(_ context.Context, h *wiring.ShutdownHooks, db *sql.DB, _ ...string) *replica {
	h.Add("replica", func(context.Context) error { return nil })
	return &replica{db}
}

// twoDatabases is a layer like those whose options have a name: it gives what it makes
// of a database the name of that.
func twoDatabases(first, second *sql.DB) wiring.Layer {
	return layer("databases", func(r *wiring.Registry) {
		r.Supply(first, wiring.Name("first"))
		r.Supply(second, wiring.Name("second"))
		for _, name := range []string{"first", "second"} {
			r.Provide(newReplica, wiring.From[*sql.DB](name), wiring.Name(name))
		}
	})
}

func TestFromAsksForAName(t *testing.T) {
	first, second := new(sql.DB), new(sql.DB)
	var ofTask, ofInvoke *replica
	var unnamed *sql.DB
	a := assemble(twoDatabases(first, second), layer("users", func(r *wiring.Registry) {
		r.ProvideTask(func(rep *replica) task.Task { ofTask = rep; return idle("work") }, wiring.From[*replica]("second"))
		r.Invoke(func(rep *replica, db *sql.DB) { ofInvoke, unnamed = rep, db }, wiring.From[*replica]("first"), wiring.From[*sql.DB](""))
		r.Provide(func() *sql.DB { return nil })
	}))

	b := verify(t, a).NewBuild()
	start(t, b)
	_, err := b.Result()

	require.NoError(t, err)
	assert.Same(t, second, ofTask.db)
	assert.Same(t, first, ofInvoke.db)
	assert.Nil(t, unnamed, "the empty name is none")
	_, left, ok := b.PopHook()
	assert.True(t, ok)
	assert.Equal(t, 1, left, "each has hooks of its own")
}

func TestFromKeepsTheFunctionAndItsPlace(t *testing.T) {
	a := assemble(twoDatabases(new(sql.DB), new(sql.DB)), worker)

	g := verify(t, a).Graph(nil)

	var names []string
	for _, c := range g.Constructors {
		names = append(names, c.Function)
	}
	assert.Contains(t, names, "newReplica")
	assert.Contains(t, asJSON(t, g), `"label": "*sql.DB \"second\""`)
}

func TestMistakesWithFrom(t *testing.T) {
	use := func(db *sql.DB) task.Task { return nil }
	testMistakes(t, []mistake{
		{
			name: "nobody provides what From asks for",
			layers: []wiring.Layer{database, layer("users", func(r *wiring.Registry) {
				r.ProvideTask(use, wiring.From[*sql.DB]("replica"))
			})},
		},
		{
			name: "From of what is no parameter",
			layers: []wiring.Layer{database, layer("users", func(r *wiring.Registry) {
				r.ProvideTask(use, wiring.From[sql.DB]("replica"))
			})},
		},
		{
			name: "options that do not fit to the registration",
			layers: []wiring.Layer{worker, layer("users", func(r *wiring.Registry) {
				r.ProvideTask(use, wiring.Name("replica"))
				r.Invoke(func() {}, wiring.Group("routes"))
				r.Invoke(func() {}, wiring.As[task.Task]())
				r.Invoke(func() {}, wiring.Default())
				r.Supply(1, wiring.From[*sql.DB]("replica"))
			})},
		},
	})
}

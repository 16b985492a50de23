package wiring_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

func explain(t *testing.T, g *wiring.Graph, name string) string {
	t.Helper()
	var b strings.Builder
	require.NoError(t, g.Explain(&b, name))
	return scrub(b.String())
}

func TestExplain(t *testing.T) {
	plan := verify(t, sample())
	b := plan.NewBuild()
	start(t, b)
	tasks, err := b.Result()
	require.NoError(t, err)
	g := plan.Graph(tasks)

	golden(t, "explain/task.txt", explain(t, g, "audit"))
	golden(t, "explain/resource.txt", explain(t, g, "*sql.DB"))
	golden(t, "explain/layer.txt", explain(t, g, "storage"))
	golden(t, "explain/function.txt", explain(t, g, "newServer"))
}

// A node in virtual time, so that durations are exact.
func TestExplainTellsWhatHasBecomeOfIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		refused := errors.New("connection\nrefused")
		svc, err := service.NewBuilder().AddLayer(
			layer("config", func(r *wiring.Registry) {
				r.Provide(func() string { time.Sleep(12345 * time.Microsecond); return "dsn" })
			}),
			layer("storage", func(r *wiring.Registry) {
				r.Provide(func(string) (int, error) { time.Sleep(time.Second); return 0, refused })
			}),
			layer("api", func(r *wiring.Registry) {
				r.ProvideTask(func(string, int) task.Task { return idle("api") })
			}),
		).Build()
		require.NoError(t, err)
		require.ErrorIs(t, svc.Run(t.Context()), refused)

		golden(t, "explain/failed.txt", explain(t, svc.Graph(), "api"))
	})
}

func TestExplainNamesTheStatesOfTasks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		svc, err := service.NewBuilder().AddLayer(layer("work", func(r *wiring.Registry) {
			r.ProvideTask(func() []task.Task { return []task.Task{idle("one"), idle("two")} })
		})).Build()
		require.NoError(t, err)
		require.NoError(t, svc.Run(t.Context()))

		text := explain(t, svc.Graph(), "two")
		assert.Contains(t, text, `layer "work": `)
		assert.Contains(t, text, `built, oneshot "one" done, oneshot "two" done`)
	})
}

func TestExplainSaysWhatIsUnknown(t *testing.T) {
	g := verify(t, sample()).Graph(nil)
	for name, want := range map[string]string{
		"*sql.BD": `"*sql.BD" is no task, resource, constructor or layer of this graph (did you mean "*sql.DB"?)`,
		"wiring_test.route": `"wiring_test.route" is no task, resource, constructor or layer of this graph ` +
			`(did you mean []wiring_test.route group "routes"?)`,
		"nowhere": `"nowhere" is no task, resource, constructor or layer of this graph ` +
			`(its layers are "audit", "api", "storage", "empty", "unused" and "service")`,
	} {
		require.EqualError(t, g.Explain(new(strings.Builder), name), want)
	}
}

// The text of a chain of 10 000 would grow with the square of its depth.
func TestExplainOfAVeryDeepGraphIsBounded(t *testing.T) {
	node := newBench(chain, 10_000)
	a := new(wiring.Assembly)
	a.Add(node.layers()...)
	text := explain(t, verify(t, a).Graph(nil), "root")
	assert.Less(t, len(text), 20_000)
	assert.Contains(t, text, "and more, see ")
}

func TestExplainReturnsTheErrorOfTheWriter(t *testing.T) {
	require.ErrorIs(t, verify(t, sample()).Graph(nil).Explain(&brokenWriter{left: 1}, "audit"), errDiskFull)
}

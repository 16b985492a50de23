package wiring_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/resource"
	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
	"github.com/wireframework/wireframework/wiring/testdata/ledger"
	"github.com/wireframework/wireframework/wiring/testdata/sqlite"
)

type (
	auditParams struct {
		wiring.In

		Store   ledger.Store
		Replica *sql.DB        `name:"replica" optional:"true"`
		Routes  []route        `group:"routes"`
		Checks  []func() error `group:"checks,soft"`
		Hooks   *wiring.ShutdownHooks
	}
	auditResults struct {
		wiring.Out

		Audit  task.Task   `group:"tasks"`
		Others []task.Task `group:"tasks,flatten"`
		Route  route       `group:"other"`
	}
)

func newAudit(context.Context, auditParams) auditResults {
	return auditResults{Audit: idle("audit"), Others: []task.Task{idle("sweep"), idle("report")}}
}

// sample is a node with everything that a graph shows.
func sample() *wiring.Assembly {
	a := assemble(
		layer("audit", func(r *wiring.Registry) { r.Provide(newAudit) }),
		wiring.Bundle("node", layer("api", func(r *wiring.Registry) {
			r.ProvideTask(newServer)
			r.Invoke(func(*sql.DB) {})
		}), wiring.Bundle("back", layer("storage", func(r *wiring.Registry) {
			r.Provide(newStore, wiring.As[ledger.Store](), wiring.As[ledger.Reader]())
			r.Provide(newDB, wiring.Default())
			r.Supply(route("/"), wiring.Group("routes"))
		}))),
		layer("empty", func(*wiring.Registry) {}),
		layer("unused", func(r *wiring.Registry) {
			r.Provide(newPool)
			r.Provide(newOtherDB, wiring.Name("spare"))
		}),
	)
	a.Fallback(layer("service", func(r *wiring.Registry) { r.Supply(42) }))
	return a
}

// asJSON is scrubbed of lines, and indented for its readers.
func asJSON(t *testing.T, g *wiring.Graph) string {
	t.Helper()
	text, err := json.MarshalIndent(g, "", "  ")
	require.NoError(t, err)
	return scrub(string(text)) + "\n"
}

func draw(t *testing.T, write func(g *wiring.Graph, w *strings.Builder) error, g *wiring.Graph) string {
	t.Helper()
	var b strings.Builder
	require.NoError(t, write(g, &b))
	return b.String()
}

func dot(g *wiring.Graph, w *strings.Builder) error     { return g.WriteDOT(w) }
func mermaid(g *wiring.Graph, w *strings.Builder) error { return g.WriteMermaid(w) }

func TestGraph(t *testing.T) {
	plan := verify(t, sample())
	b := plan.NewBuild()
	start(t, b)
	tasks, err := b.Result()
	require.NoError(t, err)
	before, after := plan.Graph(nil), plan.Graph(tasks)

	golden(t, "graph/verified.json", asJSON(t, before))
	golden(t, "graph/built.json", asJSON(t, after))
	golden(t, "graph/verified.dot", scrub(draw(t, dot, before))+"\n")
	golden(t, "graph/built.dot", scrub(draw(t, dot, after))+"\n")
	golden(t, "graph/verified.mermaid", draw(t, mermaid, before))
	golden(t, "graph/built.mermaid", draw(t, mermaid, after))
}

func TestAGraphIsTheSameEveryTime(t *testing.T) {
	want := verify(t, sample()).Graph(nil)
	dots, mermaids := draw(t, dot, want), draw(t, mermaid, want)
	for range 50 {
		g := verify(t, sample()).Graph(nil)
		require.Equal(t, want, g)
		require.Equal(t, dots, draw(t, dot, g))
		require.Equal(t, mermaids, draw(t, mermaid, g))
	}
}

func TestAGraphSurvivesJSON(t *testing.T) {
	want := verify(t, sample()).Graph(nil)
	text, err := json.Marshal(want)
	require.NoError(t, err)
	got := new(wiring.Graph)
	require.NoError(t, json.Unmarshal(text, got))

	assert.Equal(t, want, got)
}

func TestTheListsOfAGraphAreNeverNull(t *testing.T) {
	a := assemble(layer("empty", func(*wiring.Registry) {}))
	a.Populate(resource.ID{Type: reflect.TypeFor[[]route](), Group: "nothing"}, func(reflect.Value) {})

	assert.NotContains(t, asJSON(t, verify(t, a).Graph(nil)), "null")
	assert.NotContains(t, asJSON(t, verify(t, a).Graph([]wiring.Task{})), "null")
}

// pair is generic, so that its name has brackets and a comma.
type pair[A, B any] struct {
	First  A
	Second B
}

func newPair() pair[string, *sql.DB] { return pair[string, *sql.DB]{} }

// nasty are names that mean something in DOT or Mermaid.
var nasty = []string{
	`quotes " and ' and \"`, "new\nline\rand\ttab", `back\slash\N\`, "`ticks` and #35; #quot; &amp; <b>", "grün 名前 🚀",
	"end", "subgraph x[y](z){w}", "a --> b; // %% c", "",
}

func TestNastyNames(t *testing.T) {
	a := assemble(worker)
	for i, name := range nasty {
		a.Add(layer(name+string(rune('a'+i)), func(r *wiring.Registry) {
			r.Supply(setting(name), wiring.Name(strings.ReplaceAll(name, "`", "'")+"x"))
			r.ProvideTask(func(pair[string, *sql.DB]) task.Task { return idle(task.ID(name + "x")) })
		}))
	}
	a.Add(layer("generic", func(r *wiring.Registry) { r.Provide(newPair) }))
	plan := verify(t, a)
	b := plan.NewBuild()
	start(t, b)
	tasks, err := b.Result()
	require.NoError(t, err)
	g := plan.Graph(tasks)

	golden(t, "graph/nasty.json", asJSON(t, g))
	golden(t, "graph/nasty.dot", scrub(draw(t, dot, g))+"\n")
	golden(t, "graph/nasty.mermaid", scrub(draw(t, mermaid, g))+"\n")
}

func TestALayerWithTheNameOfAFallbackIsDrawnOnce(t *testing.T) {
	svc, err := service.NewBuilder().AddLayer(worker, tasked("service")).Build()
	require.NoError(t, err)
	text := draw(t, mermaid, svc.Graph())

	assert.Equal(t, 1, strings.Count(text, `["service"]`), text)
	for _, c := range svc.Graph().Constructors {
		assert.Equal(t, 1, strings.Count(text, "\t\t"+c.ID+"["), "%s in\n%s", c.ID, text)
	}
}

// A test kit is not part of the picture.
func TestAGraphDoesNotShowATestKit(t *testing.T) {
	a := assemble(layer("api", func(r *wiring.Registry) { r.ProvideTask(newServer) }), database)
	override(a, new(sql.DB))
	var db *sql.DB
	populate(a, &db)
	a.Want(resource.IDOf[*sql.DB](), func(reflect.Value) {})
	g := verify(t, a).Graph(nil)

	assert.Equal(t, []wiring.GraphLayer{{Name: "api"}, {Name: "database"}}, g.Layers)
	assert.Len(t, g.Constructors, 1)
	assert.Equal(t, "newServer", g.Constructors[0].Function)
}

func TestMemberLayersAreThoseOfTheGroup(t *testing.T) {
	type out struct {
		wiring.Out

		One, Two route `group:"routes"`
	}
	g := verify(t, assemble(worker,
		layer("api", func(r *wiring.Registry) {
			r.Invoke(func(routeParams) {})
			r.Provide(func() out { return out{} })
			r.Provide(func() int { return 1 }, wiring.Group("routes"))
		}),
		layer("docs", func(r *wiring.Registry) {
			r.Supply(route("/docs"), wiring.Group("routes"))
			r.Supply(route("/other"), wiring.Group("others"))
		}),
	)).Graph(nil)

	assert.Equal(t, []string{"api", "api", "docs"}, g.MemberLayers(resource.ID{Type: reflect.TypeFor[[]route](), Group: "routes"}))
}

// brokenWriter fails once.
type brokenWriter struct{ left int }

var errDiskFull = errors.New("disk full")

func (w *brokenWriter) Write(p []byte) (int, error) {
	if w.left--; w.left == -1 {
		return 0, errDiskFull
	}
	return len(p), nil
}

func TestWritingAGraphReportsTheFirstError(t *testing.T) {
	g := verify(t, sample()).Graph(nil)
	for n := range 5 {
		assert.ErrorIs(t, g.WriteDOT(&brokenWriter{left: n}), errDiskFull)
		assert.ErrorIs(t, g.WriteMermaid(&brokenWriter{left: n}), errDiskFull)
	}
}

func TestWarnings(t *testing.T) {
	type params struct {
		wiring.In

		Handlers []http.Handler  `group:"handlers"`
		Pages    []http.Handler  `group:"paegs"`
		Soft     []route         `group:"routes,soft"`
		Short    []route         `group:"r"`
		Replica  *sql.DB         `optional:"true" name:"replica"`
		Store    ledger.Store    `optional:"true"`
		Nothing  *journal        `optional:"true"`
		Context  context.Context `optional:"true"`
	}
	a := assemble(worker,
		layer("web", func(r *wiring.Registry) { r.Invoke(func(params) {}) }),
		layer("pages", func(r *wiring.Registry) {
			r.Provide(newPage, wiring.Group("pages"))
			r.Provide(newPage, wiring.Group("an-offer-that-nobody-takes"))
			r.Provide(newPage)
			r.Provide(newWorker)
			r.Provide(func() []task.Task { return nil })
			r.Supply(setting("unused"))
			r.Supply(idle("supplied"))
			r.Provide(func() []route { return nil })
			r.Provide(newPool)
			r.Provide(newDB)
			r.Provide(newOtherDB, wiring.Default(), wiring.Name("default"))
		}),
		layer("storage", func(r *wiring.Registry) {
			r.Provide(newStore)
			r.ProvideTask(newExporter)
			r.Provide(func() *sqlite.Store { return nil }, wiring.Default())
		}),
	)

	want := slices.Clone(verify(t, a).Warnings())
	golden(t, "warnings.txt", scrub(strings.Join(want, "\n"))+"\n")
	for range 20 {
		assert.Equal(t, want, verify(t, a).Warnings())
	}
	assertStyle(t, strings.Join(want, "\n"))
	assert.Empty(t, verify(t, assemble(worker)).Warnings())
}

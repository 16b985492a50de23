package wiring_test

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"net/http"
	"testing"

	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
	aconfig "github.com/wireframework/wireframework/wiring/testdata/a/config"
	bconfig "github.com/wireframework/wireframework/wiring/testdata/b/config"
	"github.com/wireframework/wireframework/wiring/testdata/ledger"
	"github.com/wireframework/wireframework/wiring/testdata/sqlite"
)

type replicaParams struct {
	wiring.In

	DB *sql.DB `name:"replica"`
}

func newReport(replicaParams) task.Task             { return idle("report") }
func newImporter(aconfig.Config) task.Task          { return idle("importer") }
func newExporter(*sqlite.Store) task.Task           { return idle("exporter") }
func newSettings(*aconfig.Config) task.Task         { return idle("settings") }
func newMux(http.Handler) task.Task                 { return idle("mux") }
func newRouter([]http.Handler) task.Task            { return idle("router") }
func newFetcher(*sql.DB, context.Context) task.Task { return idle("fetcher") } //nolint:revive // the mistake
func newCloser(wiring.ShutdownHooks) task.Task      { return idle("closer") }
func newOldConfig() *bconfig.Config                 { return new(bconfig.Config) }
func newPage() http.Handler                         { return http.NotFoundHandler() }
func newCopier(io.Reader, io.Writer) task.Task      { return idle("copier") }
func newBoth(*sql.DB, ledger.Store) task.Task       { return idle("both") }
func newReader(ledger.Reader) task.Task             { return idle("reader") }

// bareParams lacks wiring.In.
type bareParams struct {
	DB *sql.DB `name:"replica"`
}

func newBareReport(bareParams) task.Task { return idle("report") }

func TestMissing(t *testing.T) {
	api := layer("api", func(r *wiring.Registry) { r.ProvideTask(newServer) })
	reports := layer("reports", func(r *wiring.Registry) { r.ProvideTask(newReport) })
	audit := layer("audit", func(r *wiring.Registry) { r.ProvideTask(newAuditor) })
	storage := layer("storage", func(r *wiring.Registry) { r.Provide(newStore) })
	testMistakes(t, []mistake{
		{
			name:   "a resource that nobody provides",
			layers: []wiring.Layer{api},
		},
		{
			name: "a resource that is missing three levels deep is reported once",
			layers: []wiring.Layer{layer("api", func(r *wiring.Registry) {
				r.ProvideTask(newRoutes)
				r.Provide(newHandler)
				r.Provide(newJournal)
				r.Provide(newPool)
			})},
		},
		{
			name:   "a parameter object that does not embed In",
			layers: []wiring.Layer{layer("reports", func(r *wiring.Registry) { r.ProvideTask(newBareReport) })},
		},
		{
			name: "the type is there under other names",
			layers: []wiring.Layer{reports, layer("storage", func(r *wiring.Registry) {
				r.Provide(newDB)
				r.Provide(newDB, wiring.Name("replika"))
			})},
		},
		{
			name: "the type is there with a name only",
			layers: []wiring.Layer{api, layer("storage", func(r *wiring.Registry) {
				r.Provide(newDB, wiring.Name("primary"))
			})},
		},
		{
			name: "a pointer is there for a value",
			layers: []wiring.Layer{layer("import", func(r *wiring.Registry) { r.ProvideTask(newImporter) }),
				layer("config", func(r *wiring.Registry) { r.Supply(&aconfig.Config{}) })},
		},
		{
			name: "a value is there for a pointer",
			layers: []wiring.Layer{layer("settings", func(r *wiring.Registry) { r.ProvideTask(newSettings) }),
				layer("config", func(r *wiring.Registry) { r.Supply(aconfig.Config{}) })},
		},
		{
			name:   "a concrete type implements the interface",
			layers: []wiring.Layer{audit, storage},
		},
		{
			name: "a concrete type without the name implements the interface",
			layers: []wiring.Layer{storage, layer("audit", func(r *wiring.Registry) {
				r.Invoke(func(struct {
					wiring.In
					Store ledger.Store `name:"main"`
				}) {
				})
				r.ProvideTask(newWorker)
			})},
		},
		{
			name: "two concrete types of one layer implement the interface",
			layers: []wiring.Layer{layer("read", func(r *wiring.Registry) { r.ProvideTask(newReader) }),
				layer("storage", func(r *wiring.Registry) {
					r.Provide(newStore)
					r.Supply(sqlite.ReadOnly{})
				})},
		},
		{
			name: "two layers have types that implement the interface",
			layers: []wiring.Layer{layer("read", func(r *wiring.Registry) { r.ProvideTask(newReader) }),
				storage, layer("archive", func(r *wiring.Registry) { r.Supply(sqlite.ReadOnly{}) })},
		},
		{
			name: "an interface is there for a concrete type",
			layers: []wiring.Layer{layer("export", func(r *wiring.Registry) { r.ProvideTask(newExporter) }),
				layer("storage", func(r *wiring.Registry) { r.Provide(newStore, wiring.As[ledger.Store]()) })},
		},
		{
			name: "the type is there as an element of a group",
			layers: []wiring.Layer{layer("web", func(r *wiring.Registry) { r.ProvideTask(newMux) }),
				layer("pages", func(r *wiring.Registry) { r.Provide(newPage, wiring.Group("pages")) })},
		},
		{
			name: "the slice is there as a group",
			layers: []wiring.Layer{layer("web", func(r *wiring.Registry) { r.ProvideTask(newRouter) }),
				layer("pages", func(r *wiring.Registry) { r.Provide(newPage, wiring.Group("pages")) })},
		},
		{
			name: "a type of the same short name is of another package",
			layers: []wiring.Layer{layer("settings", func(r *wiring.Registry) { r.ProvideTask(newSettings) }),
				layer("config", func(r *wiring.Registry) { r.Provide(newOldConfig) })},
		},
		{
			name: "the context is not the first parameter",
			layers: []wiring.Layer{database, layer("fetch", func(r *wiring.Registry) {
				r.ProvideTask(newFetcher)
			})},
		},
		{
			name:   "shutdown hooks by value",
			layers: []wiring.Layer{layer("close", func(r *wiring.Registry) { r.ProvideTask(newCloser) })},
		},
		{
			name: "shutdown hooks with a name",
			layers: []wiring.Layer{layer("close", func(r *wiring.Registry) {
				r.ProvideTask(newNamedCloser)
			})},
		},
		{
			name: "two resources of one constructor",
			layers: []wiring.Layer{layer("api", func(r *wiring.Registry) {
				r.ProvideTask(newBoth)
			}), storage},
		},
		{
			name: "the layer that might provide it did not register",
			layers: []wiring.Layer{api, wiring.NewLayer("storage", func(*wiring.Registry) error {
				return errors.New("DSN is empty")
			})},
		},
		{
			name: "the layer that might provide it did not register and another one has it under a name",
			layers: []wiring.Layer{layer("replica", func(r *wiring.Registry) { r.Provide(newDB, wiring.Name("replica")) }),
				layer("api", func(r *wiring.Registry) { r.ProvideTask(newServer); r.ProvideTask(newAuditor); r.Provide(newPool) }),
				wiring.NewLayer("storage", func(*wiring.Registry) error { return errors.New("DSN is empty") })},
		},
		{
			name: "what only the service provides is no matter of a layer that did not register",
			layers: []wiring.Layer{layer("close", func(r *wiring.Registry) { r.ProvideTask(newCloser) }),
				wiring.NewLayer("storage", func(*wiring.Registry) error { return errors.New("DSN is empty") })},
		},
		{
			name: "the registration that might provide it is mistaken",
			layers: []wiring.Layer{api, layer("storage", func(r *wiring.Registry) {
				r.Provide(nil)
			})},
		},
		{
			name: "many layers have something that fits",
			layers: []wiring.Layer{layer("copy", func(r *wiring.Registry) { r.ProvideTask(newCopier) }),
				layer("a", func(r *wiring.Registry) { r.Provide(newReadWriter, wiring.Name("a")) }),
				layer("b", func(r *wiring.Registry) { r.Provide(newReadWriter, wiring.Name("b")) }),
				layer("c", func(r *wiring.Registry) { r.Provide(newReadWriter, wiring.Name("c")) }),
				layer("d", func(r *wiring.Registry) { r.Provide(newReadWriter, wiring.Name("d")) })},
		},
	})
}

type namedHooks struct {
	wiring.In

	Hooks *wiring.ShutdownHooks `name:"late"`
}

func newNamedCloser(namedHooks) task.Task { return idle("closer") }
func newReadWriter() io.ReadWriter        { return nil }

package wiring_test

import (
	"database/sql"

	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
	"github.com/wireframework/wireframework/wiring/testdata/ledger"
	"github.com/wireframework/wireframework/wiring/testdata/sqlite"
)

// The constructors of a small node, whose parts the tests of error texts leave out
// or put together wrongly. None of them is ever called.

type (
	pool    struct{ _ *sql.DB }
	journal struct{ _ *pool }
	handler struct{ _ *journal }
)

func newDB() *sql.DB                    { return new(sql.DB) }
func newOtherDB() (*sql.DB, error)      { return new(sql.DB), nil }
func newPool(*sql.DB) *pool             { return new(pool) }
func newJournal(*pool) *journal         { return new(journal) }
func newHandler(*journal) *handler      { return new(handler) }
func newStore() *sqlite.Store           { return new(sqlite.Store) }
func newServer(*sql.DB) task.Task       { return idle("server") }
func newRoutes(*handler) task.Task      { return idle("routes") }
func newAuditor(ledger.Store) task.Task { return idle("auditor") }
func newWorker() task.Task              { return idle("worker") }

// worker is a layer that is complete without any other.
var worker = layer("worker", func(r *wiring.Registry) { r.ProvideTask(newWorker) })

// database provides what newServer asks for.
var database = layer("database", func(r *wiring.Registry) { r.Provide(newDB) })

package migrate_test

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/layers/migrate"
	"github.com/wireframework/wireframework/layers/postgres"
	"github.com/wireframework/wireframework/layers/postgres/pgtest"
	"github.com/wireframework/wireframework/layers/sqlite"
	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/service/servicetest"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

// backend is a kind of database.
type backend struct {
	dialect string
	layer   wiring.Layer // of an empty database, shared by all nodes that have it
	sleep   string       // a statement that takes a while
}

// each runs a test with each kind of database.
func each(t *testing.T, f func(t *testing.T, b backend)) {
	t.Run("sqlite", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "test.db")
		f(t, backend{
			dialect: migrate.SQLite,
			layer:   sqlite.New(sqlite.Options{Path: path, BusyTimeout: time.Minute}),
			sleep:   "with recursive n(i) as (select 1 union all select i + 1 from n where i < 20000) select max(i) from n",
		})
	})
	t.Run("postgres", func(t *testing.T) {
		f(t, backend{
			dialect: migrate.Postgres,
			layer:   postgres.New(postgres.Options{URL: pgtest.Shared(t).NewDatabase(t)}),
			sleep:   "select pg_sleep(0.3)",
		})
	})
}

// options are those of a program with some versions; each of them adds one to the rows
// of a table, and so does not notice when it is applied twice.
func (b backend) options(versions int) migrate.Options {
	files := fstest.MapFS{}
	for v := 1; v <= versions; v++ {
		files[fmt.Sprintf("%05d_step.sql", v)] = file(b.sleep+";",
			"create table if not exists step (version integer);",
			fmt.Sprintf("insert into step values (%d);", v))
	}
	return migrate.Options{FS: files, Dialect: b.dialect, Poll: 10 * time.Millisecond}
}

func file(statements ...string) *fstest.MapFile {
	text := "-- +goose Up\n"
	for _, s := range statements {
		text += s + "\n"
	}
	return &fstest.MapFile{Data: []byte(text + "-- +goose Down\ndrop table step;\n")}
}

// worker is a layer with a gated task that says when it runs, and ends.
func worker(ran *[]int) wiring.Layer {
	return wiring.NewLayer("worker", func(r *wiring.Registry) error {
		r.ProvideTask(func(db *sql.DB) task.Task {
			return task.New("worker", task.Oneshot, func(ctx context.Context) (err error) {
				*ran, err = steps(ctx, db)
				return err
			})
		})
		return nil
	})
}

// steps returns the versions that were applied.
func steps(ctx context.Context, db *sql.DB) ([]int, error) {
	rows, err := db.QueryContext(ctx, "select version from step order by version")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []int
	for rows.Next() {
		var v int
		if err := rows.Scan(&v); err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, rows.Err()
}

// logs is a log that other goroutines may write to.
type logs struct {
	mu   sync.Mutex // protects following field
	text bytes.Buffer
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// node returns a node that logs to the returned log.
func node(t *testing.T, layers ...wiring.Layer) (*service.Service, *logs) {
	t.Helper()
	log := new(logs)
	svc, err := service.NewBuilder(service.Logger(slog.New(slog.NewTextHandler(log, nil)))).AddLayer(layers...).Build()
	require.NoError(t, err)
	return svc, log
}

// run runs a node to its end.
func run(t *testing.T, layers ...wiring.Layer) (log string, err error) {
	t.Helper()
	svc, out := node(t, layers...)
	ctx, cancel := context.WithTimeoutCause(t.Context(), time.Minute, fmt.Errorf("the node does not end"))
	defer cancel()
	err = svc.Run(ctx)
	return out.String(), err
}

// open returns the database of a node that runs until the end of the test.
func open(t *testing.T, b backend) *sql.DB {
	t.Helper()
	var db *sql.DB
	servicetest.Start(t, service.NewBuilder().AddLayer(b.layer), servicetest.Populate(&db))
	return db
}

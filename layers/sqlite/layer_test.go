package sqlite_test

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/layers/health"
	"github.com/wireframework/wireframework/layers/sqlite"
	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/service/servicetest"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
	"github.com/wireframework/wireframework/wiring/layertest"
)

// start runs a node of one database, and returns it.
func start(t *testing.T, o sqlite.Options) *sql.DB {
	t.Helper()
	var db *sql.DB
	names := []string{o.Name}
	if o.Name == "" {
		names = nil
	}
	servicetest.Start(t, service.NewBuilder().AddLayer(sqlite.New(o)), servicetest.Populate(&db, names...))
	return db
}

func mustExec(t *testing.T, db *sql.DB, statement string, args ...any) {
	t.Helper()
	_, err := db.ExecContext(t.Context(), statement, args...)
	require.NoError(t, err)
}

func query[T any](t *testing.T, db *sql.DB, text string) T {
	t.Helper()
	var v T
	require.NoError(t, db.QueryRowContext(t.Context(), text).Scan(&v))
	return v
}

func TestTheLayerKeepsItsPromises(t *testing.T) {
	for name, o := range map[string]sqlite.Options{
		"a file":    {Path: filepath.Join(t.TempDir(), "test.db")},
		"in memory": {Path: sqlite.Memory},
	} {
		t.Run(name, func(t *testing.T) {
			layertest.Run(t, sqlite.New(o),
				servicetest.Populate(new(*sql.DB)),
				servicetest.PopulateGroup(new([]health.Check), "health"),
				servicetest.PopulateGroup(new([]prometheus.Collector), "metrics"),
			)
			o.Name = "audit-log"
			layertest.Run(t, sqlite.New(o),
				servicetest.Populate(new(*sql.DB), "audit-log"),
				servicetest.PopulateGroup(new([]health.Check), "health"),
				servicetest.PopulateGroup(new([]prometheus.Collector), "metrics"),
			)
		})
	}
}

func TestBadOptionsAreErrorsOfBuild(t *testing.T) {
	tests := []struct {
		name    string
		options sqlite.Options
		want    string
	}{
		{"no path", sqlite.Options{}, `Path is empty (give the file of the database, or ":memory:")`},
		{"a URI", sqlite.Options{Path: "file:x.db"}, `Path "file:x.db" is a URI (give the name of a file, or ":memory:")`},
		{"nothing to read", sqlite.Options{Path: ":memory:", ReadOnly: true}, `ReadOnly is set and Path is ":memory:", where there is nothing to read (give a file)`},
		{"a name with capitals", sqlite.Options{Path: "x", Name: "Audit"}, `Name "Audit" is no lower-case word (use lower-case letters, digits and hyphens)`},
		{"an unknown synchronous", sqlite.Options{Path: "x", Synchronous: "off"}, `Synchronous "off" is unknown (known: "full", "normal")`},
		{"a negative timeout", sqlite.Options{Path: "x", BusyTimeout: -time.Second}, `BusyTimeout -1s is too short (give a millisecond or more, or 0 for 5s)`},
		{"a negative pool", sqlite.Options{Path: "x", MaxOpen: -1}, `MaxOpen -1 is negative (give a number of connections, or 0 for 8)`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := service.NewBuilder().AddLayer(sqlite.New(tt.options)).Build()
			assert.ErrorContains(t, err, tt.want)
		})
	}
}

func TestEveryConnectionIsSetUp(t *testing.T) {
	db := start(t, sqlite.Options{Path: filepath.Join(t.TempDir(), "test.db"), BusyTimeout: 7 * time.Second, MaxOpen: 3})
	for range 3 {
		conn, err := db.Conn(t.Context())
		require.NoError(t, err)
		t.Cleanup(func() { assert.NoError(t, conn.Close()) }) // only at the end, so that each is another one
		var got [4]string
		for i, pragma := range []string{"journal_mode", "synchronous", "foreign_keys", "busy_timeout"} {
			require.NoError(t, conn.QueryRowContext(t.Context(), "pragma "+pragma).Scan(&got[i]))
		}
		assert.Equal(t, [4]string{"wal", "2", "1", "7000"}, got)
	}
	db = start(t, sqlite.Options{Path: filepath.Join(t.TempDir(), "test.db"), Synchronous: sqlite.Normal})
	assert.Equal(t, 1, query[int](t, db, "pragma synchronous"))
}

func TestTwoDatabasesFitInOneNode(t *testing.T) {
	dir := t.TempDir()
	var ledger, audit *sql.DB
	var checks []health.Check
	var collectors []prometheus.Collector
	servicetest.Start(t, service.NewBuilder().AddLayer(
		sqlite.New(sqlite.Options{Path: filepath.Join(dir, "ledger.db")}),
		sqlite.New(sqlite.Options{Path: filepath.Join(dir, "audit.db"), Name: "audit"}),
	),
		servicetest.Populate(&ledger), servicetest.Populate(&audit, "audit"),
		servicetest.PopulateGroup(&checks, "health"), servicetest.PopulateGroup(&collectors, "metrics"),
	)
	mustExec(t, audit, "create table entry (id integer)")

	assert.Zero(t, query[int](t, ledger, "select count(*) from sqlite_schema"))
	require.Len(t, checks, 2)
	assert.Equal(t, "sqlite", checks[0].Name)
	assert.Equal(t, "sqlite-audit", checks[1].Name)
	registry := prometheus.NewPedanticRegistry()
	for _, c := range collectors {
		require.NoError(t, registry.Register(c), "their metrics differ in a label")
	}
	count, err := testutil.GatherAndCount(registry, "go_sql_open_connections")
	require.NoError(t, err)
	assert.Equal(t, 2, count)
}

func TestTheHealthCheckReadsTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	var db *sql.DB
	var checks []health.Check
	servicetest.Start(t, service.NewBuilder().AddLayer(sqlite.New(sqlite.Options{Path: path})),
		servicetest.Populate(&db), servicetest.PopulateGroup(&checks, "health"))
	mustExec(t, db, "create table entry (id integer)")
	mustExec(t, db, "pragma wal_checkpoint(truncate)")
	require.NoError(t, checks[0].Check(t.Context()))

	require.NoError(t, os.WriteFile(path, make([]byte, 8192), 0o600))
	mustExec(t, db, "pragma shrink_memory") // what it has read before
	assert.Error(t, checks[0].Check(t.Context()))
}

// The hook must come after the last task: what a task writes while it stops counts.
func TestTheFileIsClosedAfterTheLastTask(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	writer := wiring.NewLayer("writer", func(r *wiring.Registry) error {
		r.ProvideTask(func(db *sql.DB) task.Task {
			return task.New("writer", task.Regular, func(ctx context.Context) error {
				<-ctx.Done()
				drain := task.Drain(ctx)
				if _, err := db.ExecContext(drain, "create table entry (id integer)"); err != nil {
					return err
				}
				_, err := db.ExecContext(drain, "insert into entry values (1)")
				return err
			})
		})
		return nil
	})
	var db *sql.DB
	n := servicetest.Start(t, service.NewBuilder().AddLayer(sqlite.New(sqlite.Options{Path: path}), writer), servicetest.Populate(&db))
	require.FileExists(t, path+"-wal")

	require.NoError(t, n.Stop())

	assert.ErrorContains(t, db.PingContext(t.Context()), "database is closed")
	assert.NoFileExists(t, path+"-wal", "the log has been written back")
	again := start(t, sqlite.Options{Path: path, ReadOnly: true})
	assert.Equal(t, 1, query[int](t, again, "select count(*) from entry"))
}

func TestTheLogIsWrittenBackAlthoughOthersHaveTheFileOpen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	var db *sql.DB
	n := servicetest.Start(t, service.NewBuilder().AddLayer(sqlite.New(sqlite.Options{Path: path})), servicetest.Populate(&db))
	other := start(t, sqlite.Options{Path: path})
	mustExec(t, db, "create table entry (id integer)")

	require.NoError(t, n.Stop())

	log, err := os.Stat(path + "-wal")
	require.NoError(t, err)
	assert.Zero(t, log.Size())
	assert.Zero(t, query[int](t, other, "select count(*) from entry"))
}

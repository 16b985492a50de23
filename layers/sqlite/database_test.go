package sqlite_test

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/layers/sqlite"
	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/service/servicetest"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

// run runs a node that asks for the database, and returns its error.
func run(ctx context.Context, t *testing.T, o sqlite.Options) error {
	t.Helper()
	var db *sql.DB
	return servicetest.Build(t, service.NewBuilder().AddLayer(sqlite.New(o)), servicetest.Populate(&db)).Run(ctx)
}

func TestWhatCannotBeOpenedSaysWhy(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "notes.txt")
	require.NoError(t, os.WriteFile(text, []byte("this is a text and no database, and long enough to be looked at"), 0o600))
	tests := []struct {
		name    string
		options sqlite.Options
		want    string
	}{
		{
			"a directory that does not exist", sqlite.Options{Path: dir + "/data/ledger.db"},
			fmt.Sprintf("database %q: directory %q does not exist (create it, or change Path)", dir+"/data/ledger.db", dir+"/data"),
		},
		{
			"a file as the directory", sqlite.Options{Path: text + "/ledger.db"},
			fmt.Sprintf("database %q: %q is no directory (change Path)", text+"/ledger.db", text),
		},
		{"a file that is no database", sqlite.Options{Path: text}, fmt.Sprintf("database %q: pragma journal_mode=wal: file is not a database", text)},
		{"a directory as the file", sqlite.Options{Path: dir}, fmt.Sprintf("database %q: it is a directory (give Path a file)", dir)},
		{
			"nothing to read", sqlite.Options{Path: dir + "/none.db", ReadOnly: true},
			fmt.Sprintf("database %q: the file does not exist, and ReadOnly does not create it", dir+"/none.db"),
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			assert.ErrorContains(t, run(t.Context(), t, tt.options), tt.want)
		})
	}
}

// lock keeps everybody else away from a database until the end of the test.
func lock(t *testing.T, path string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, db.Close()) })
	conn, err := db.Conn(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, conn.Close()) })
	for _, statement := range []string{"create table entry (id integer)", "begin exclusive"} {
		_, err = conn.ExecContext(t.Context(), statement)
		require.NoError(t, err)
	}
}

func TestTheContextEndsTheOpening(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	lock(t, path)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()

	err := run(ctx, t, sqlite.Options{Path: path, BusyTimeout: time.Minute})

	assert.ErrorIs(t, err, context.DeadlineExceeded)
}

func TestALockedFileIsAnErrorAfterTheBusyTimeout(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	lock(t, path)
	assert.ErrorContains(t, run(t.Context(), t, sqlite.Options{Path: path, BusyTimeout: 50 * time.Millisecond}), "database is locked")
}

// A database that others have made may have no write-ahead log yet, and then that cannot
// be changed while somebody reads.
func TestTheChangeToAWriteAheadLogWaitsForReaders(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, db.Close()) })
	mustExec(t, db, "create table entry (id integer)")
	tx, err := db.BeginTx(t.Context(), &sql.TxOptions{ReadOnly: true})
	require.NoError(t, err)
	var n int
	require.NoError(t, tx.QueryRowContext(t.Context(), "select count(*) from entry").Scan(&n))
	time.AfterFunc(100*time.Millisecond, func() { assert.NoError(t, tx.Rollback()) })

	assert.Equal(t, "wal", query[string](t, start(t, sqlite.Options{Path: path}), "pragma journal_mode"))
}

func TestManyNodesOpenANewFileAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			svc, err := service.NewBuilder(service.Logger(slog.New(slog.DiscardHandler))).AddLayer(
				sqlite.New(sqlite.Options{Path: path}), counter(10),
			).Build()
			assert.NoError(t, err)
			assert.NoError(t, svc.Run(t.Context()))
		})
	}
	all.Wait()
	db := start(t, sqlite.Options{Path: path})
	assert.Equal(t, 80, query[int](t, db, "select n from counter"))
}

// counter reads a number and writes the next, some times.
func counter(times int) wiring.Layer {
	return wiring.NewLayer("counter", func(r *wiring.Registry) error {
		r.ProvideTask(func(db *sql.DB) task.Task {
			return task.New("counter", task.Oneshot, func(ctx context.Context) error {
				for range times {
					if err := count(ctx, db); err != nil {
						return err
					}
				}
				return nil
			})
		})
		return nil
	})
}

func count(ctx context.Context, db *sql.DB) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	for _, statement := range []string{
		"create table if not exists counter (id integer primary key, n integer)",
		"insert into counter values (1, 0) on conflict do nothing",
	} {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	var n int
	if err := tx.QueryRowContext(ctx, "select n from counter").Scan(&n); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, "update counter set n = ?", n+1); err != nil {
		return err
	}
	return tx.Commit()
}

// A transaction that reads first and then writes fails, if another one has written
// between, unless it has the lock from the start.
func TestWritersWaitForEachOther(t *testing.T) {
	for name, path := range map[string]string{"a file": filepath.Join(t.TempDir(), "test.db"), "in memory": sqlite.Memory} {
		t.Run(name, func(t *testing.T) {
			db := start(t, sqlite.Options{Path: path, BusyTimeout: time.Minute})
			var all sync.WaitGroup
			for range 8 {
				all.Go(func() {
					for range 25 {
						assert.NoError(t, count(t.Context(), db))
					}
				})
			}
			all.Wait()
			assert.Equal(t, 200, query[int](t, db, "select n from counter"))
		})
	}
}

func TestReadersDoNotWaitForTheWriter(t *testing.T) {
	db := start(t, sqlite.Options{Path: filepath.Join(t.TempDir(), "test.db"), BusyTimeout: 10 * time.Millisecond})
	mustExec(t, db, "create table entry (id integer)")
	writer, err := db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	defer writer.Rollback()
	_, err = writer.ExecContext(t.Context(), "insert into entry values (1)")
	require.NoError(t, err)

	reader, err := db.BeginTx(t.Context(), &sql.TxOptions{ReadOnly: true})
	require.NoError(t, err)
	defer reader.Rollback()
	var n int
	require.NoError(t, reader.QueryRowContext(t.Context(), "select count(*) from entry").Scan(&n))
	assert.Zero(t, n)
}

func TestADatabaseInMemoryIsSharedByTheNodeAlone(t *testing.T) {
	one, two := start(t, sqlite.Options{Path: sqlite.Memory}), start(t, sqlite.Options{Path: sqlite.Memory})
	mustExec(t, one, "create table entry (id integer)")
	mustExec(t, one, "insert into entry values (1)")

	one.SetMaxIdleConns(-1) // every connection is new
	assert.Equal(t, 1, query[int](t, one, "select count(*) from entry"))
	assert.Zero(t, query[int](t, two, "select count(*) from sqlite_schema"))
}

func TestAFileForReadingTakesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	db := start(t, sqlite.Options{Path: path})
	mustExec(t, db, "create table entry (id integer)")
	reader := start(t, sqlite.Options{Path: path, ReadOnly: true})

	_, err := reader.ExecContext(t.Context(), "insert into entry values (1)")
	assert.ErrorContains(t, err, "attempt to write a readonly database")
	assert.Zero(t, query[int](t, reader, "select count(*) from entry"))
}

func TestAPathMayHaveAnyCharacters(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a b?mode=memory#%41ü.db")
	mustExec(t, start(t, sqlite.Options{Path: path}), "create table entry (id integer)")
	assert.FileExists(t, path)
}

// write is the process that gets killed: it says which number it has committed.
func write(path string) {
	writer := wiring.NewLayer("writer", func(r *wiring.Registry) error {
		r.ProvideTask(func(db *sql.DB) task.Task {
			return task.New("writer", task.Regular, func(ctx context.Context) error {
				for n := 1; ; n++ {
					if err := count(ctx, db); err != nil {
						return err
					}
					fmt.Println(n)
				}
			})
		})
		return nil
	})
	service.Main(func() (*service.Service, error) {
		return service.NewBuilder().AddLayer(sqlite.New(sqlite.Options{Path: path}), writer).Build()
	})
}

func TestWhatIsCommittedSurvivesAKill(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	writer := writerProcess(t, path)
	stdout, err := writer.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, writer.Start())
	lines := bufio.NewScanner(stdout)
	committed := 0
	for committed < 50 && lines.Scan() {
		committed, err = strconv.Atoi(lines.Text())
		require.NoError(t, err)
	}
	require.NoError(t, writer.Process.Kill())
	for lines.Scan() { // what it has said until then
		committed, err = strconv.Atoi(lines.Text())
		require.NoError(t, err)
	}
	require.Error(t, writer.Wait())
	require.GreaterOrEqual(t, committed, 50)

	db := start(t, sqlite.Options{Path: path})
	assert.GreaterOrEqual(t, query[int](t, db, "select n from counter"), committed)
	assert.Equal(t, "ok", query[string](t, db, "pragma integrity_check"))
}

// writerProcess is this program as the writer.
func writerProcess(t *testing.T, path string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), "SQLITE_TEST_WRITER="+path)
	return cmd
}

func TestMakeDirMakesTheDirectory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "node", "data")
	o := sqlite.Options{Path: filepath.Join(dir, "ledger.db"), MakeDir: true}

	for range 2 { // the second time it is there
		n := servicetest.Start(t, service.NewBuilder().AddLayer(sqlite.New(o)), servicetest.Populate(new(*sql.DB)))
		require.NoError(t, n.Stop())
		assert.FileExists(t, o.Path)
	}

	text := filepath.Join(t.TempDir(), "notes.txt")
	require.NoError(t, os.WriteFile(text, nil, 0o600))
	err := run(t.Context(), t, sqlite.Options{Path: filepath.Join(text, "data", "ledger.db"), MakeDir: true})
	assert.ErrorContains(t, err, "not a directory")
}

package migrate

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/pressly/goose/v3/lock"
)

var _ lock.Locker = (*fileLocker)(nil)

// fileLocker lets one process at a time migrate a SQLite database. The lock that SQLite
// has on the database itself ends with each migration, and a second process would apply
// it once more. So a connection keeps the lock of another, empty database beside it. The
// operating system ends that with the process.
type fileLocker struct {
	conn *sql.Conn // nil unless the lock is held
}

// Lock waits for the lock until ctx ends.
func (l *fileLocker) Lock(ctx context.Context, db *sql.DB) error {
	if db.Stats().MaxOpenConnections == 1 {
		return errors.New("the pool has one connection, and a migration needs two (raise the MaxOpen of the database)")
	}
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	if err := acquire(ctx, conn); err != nil {
		return errors.Join(err, conn.Close())
	}
	l.conn = conn
	return nil
}

// acquire attaches the other database and locks it. One in memory belongs to this
// process, and needs no lock.
func acquire(ctx context.Context, conn *sql.Conn) error {
	var file string
	err := conn.QueryRowContext(ctx, "select file from pragma_database_list where name = 'main'").Scan(&file)
	if err != nil || !strings.ContainsAny(file, `/\`) {
		return err
	}
	if _, err := conn.ExecContext(ctx, "attach ? as migrate_lock", file+"-migrate"); err != nil {
		return fmt.Errorf("lock file %q: %w", file+"-migrate", err)
	}
	if err := hold(ctx, conn); err != nil {
		return errors.Join(fmt.Errorf("lock file %q: %w", file+"-migrate", err), release(conn))
	}
	return nil
}

// hold takes the lock. In this mode, a connection keeps what it has taken to write.
func hold(ctx context.Context, conn *sql.Conn) error {
	if _, err := conn.ExecContext(ctx, "pragma migrate_lock.locking_mode = exclusive"); err != nil {
		return err
	}
	for {
		_, err := conn.ExecContext(ctx, "pragma migrate_lock.user_version = 1")
		if err == nil || !strings.Contains(err.Error(), "locked") {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func release(conn *sql.Conn) error {
	_, err := conn.ExecContext(context.Background(), "detach migrate_lock") // waits for nobody
	return err
}

// Unlock gives the lock back.
func (l *fileLocker) Unlock(context.Context, *sql.DB) error {
	conn := l.conn
	l.conn = nil
	var attached int
	err := conn.QueryRowContext(context.Background(), "select count(*) from pragma_database_list where name = 'migrate_lock'").Scan(&attached)
	if err == nil && attached > 0 {
		err = release(conn)
	}
	return errors.Join(err, conn.Close())
}

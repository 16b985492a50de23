package migrate

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
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
	if err := hold(ctx, conn, file+"-migrate"); err != nil {
		return fmt.Errorf("lock file %q: %w", file+"-migrate", err)
	}
	return nil
}

// hold takes the lock. In its mode a connection keeps what it has taken, and one that
// fails to write has taken the right to read, which keeps the others from writing. So no
// attempt waits, and each ends with all that it has taken.
func hold(ctx context.Context, conn *sql.Conn, file string) (err error) {
	var patience int
	if err := conn.QueryRowContext(ctx, "pragma busy_timeout").Scan(&patience); err != nil {
		return err
	}
	if _, err := conn.ExecContext(ctx, "pragma busy_timeout = 0"); err != nil {
		return err
	}
	defer func() {
		_, back := conn.ExecContext(context.WithoutCancel(ctx), fmt.Sprintf("pragma busy_timeout = %d", patience))
		err = errors.Join(err, back)
	}()
	for {
		err := attempt(ctx, conn, file)
		if err == nil {
			return nil
		}
		err = errors.Join(err, release(conn))
		if !strings.Contains(err.Error(), "locked") {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20*time.Millisecond + rand.N(60*time.Millisecond)): // not all at once
		}
	}
}

func attempt(ctx context.Context, conn *sql.Conn, file string) error {
	_, err := conn.ExecContext(ctx, "attach ? as migrate_lock", file)
	if err == nil {
		_, err = conn.ExecContext(ctx, "pragma migrate_lock.locking_mode = exclusive")
	}
	if err == nil {
		_, err = conn.ExecContext(ctx, "pragma migrate_lock.user_version = 1")
	}
	return err
}

// release lets go of the other database, if it is attached.
func release(conn *sql.Conn) error {
	ctx := context.Background() // it waits for nobody
	var attached int
	err := conn.QueryRowContext(ctx, "select count(*) from pragma_database_list where name = 'migrate_lock'").Scan(&attached)
	if err == nil && attached > 0 {
		_, err = conn.ExecContext(ctx, "detach migrate_lock")
	}
	return err
}

// Unlock gives the lock back.
func (l *fileLocker) Unlock(context.Context, *sql.DB) error {
	conn := l.conn
	l.conn = nil
	return errors.Join(release(conn), conn.Close())
}

package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// memories counts the databases in memory of this process, so that each has a name of
// its own.
var memories atomic.Int64

// connector opens the connections of the pool. It runs the pragmas itself, and not as
// part of the name of the database, because so the context ends a wait for a lock.
type connector struct {
	driver.Connector
	pragmas     []string
	busyTimeout time.Duration
}

func newConnector(o Options) (*connector, error) {
	name, err := dataSource(o)
	if err != nil {
		return nil, err
	}
	base, err := sqlite.NewConnector(name)
	if err != nil {
		return nil, err
	}
	return &connector{Connector: base, pragmas: pragmas(o), busyTimeout: o.BusyTimeout}, nil
}

// dataSource names the database as a URI.
func dataSource(o Options) (string, error) {
	query := url.Values{
		"_txlock":   {"immediate"},
		"_error_rc": {"1"}, // without it, some errors carry the text of another one
	}
	if o.Path == Memory {
		query.Set("vfs", "memdb") // shared by all that open the same name
		return fmt.Sprintf("file:/wireframework-%d?%s", memories.Add(1), query.Encode()), nil
	}
	if o.ReadOnly {
		query.Set("mode", "ro")
	}
	path, err := filepath.Abs(o.Path)
	if err != nil {
		return "", err
	}
	escaped := (&url.URL{Path: filepath.ToSlash(path)}).EscapedPath()
	return "file:" + escaped + "?" + query.Encode(), nil
}

// pragmas lists what each connection is set up with. The busy timeout comes first: the
// others may have to wait.
func pragmas(o Options) []string {
	list := []string{"busy_timeout=" + strconv.FormatInt(o.BusyTimeout.Milliseconds(), 10)}
	if o.Path != Memory && !o.ReadOnly {
		list = append(list, "journal_mode=wal")
	}
	return append(list, "synchronous="+o.Synchronous, "foreign_keys=on")
}

// Connect implements [driver.Connector].
func (c *connector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	for _, pragma := range c.pragmas {
		if err := c.set(ctx, conn, pragma); err != nil {
			return nil, errors.Join(fmt.Errorf("pragma %s: %w", pragma, err), conn.Close())
		}
	}
	return conn, nil
}

// set runs a pragma. The change to a write-ahead log may fail at once while others use the
// file, where SQLite sees that waiting could last for ever, so it is tried again.
func (c *connector) set(ctx context.Context, conn driver.Conn, pragma string) error {
	giveUp := time.Now().Add(c.busyTimeout)
	for {
		_, err := conn.(driver.ExecerContext).ExecContext(ctx, "pragma "+pragma, nil)
		if !isBusy(err) || time.Now().After(giveUp) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func isBusy(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && e.Code()&0xff == sqlite3.SQLITE_BUSY
}

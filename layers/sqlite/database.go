package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/wireframework/wireframework/wiring"
)

// checkpointTimeout bounds the wait for readers in other processes at the end. It is
// well below the time of a hook.
const checkpointTimeout = 2 * time.Second

// open is the constructor.
func (l layer) open(ctx context.Context, hooks *wiring.ShutdownHooks) (*sql.DB, error) {
	db, closeDB, err := open(ctx, l.options)
	if err != nil {
		return nil, fmt.Errorf("database %q: %w", l.options.Path, err)
	}
	hooks.Add("close-"+l.Name(), closeDB)
	return db, nil
}

func open(ctx context.Context, o Options) (*sql.DB, func(context.Context) error, error) {
	if o.MakeDir && o.Path != Memory {
		if err := os.MkdirAll(filepath.Dir(o.Path), 0o750); err != nil {
			return nil, nil, err
		}
	}
	if err := checkDirectory(o.Path); err != nil {
		return nil, nil, err
	}
	if err := checkFile(o); err != nil {
		return nil, nil, err
	}
	c, err := newConnector(o)
	if err != nil {
		return nil, nil, err
	}
	db := sql.OpenDB(c)
	db.SetMaxOpenConns(o.MaxOpen)
	db.SetMaxIdleConns(o.MaxOpen) // to open one costs more than to keep it
	if o.Path == Memory {
		return openMemory(ctx, db, c)
	}
	if err := verify(ctx, db, o); err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	return db, func(ctx context.Context) error { return closeFile(ctx, db, o.ReadOnly) }, nil
}

// openMemory keeps one connection beside the pool: the database ends with the last one,
// and a pool may close all that are idle.
func openMemory(ctx context.Context, db *sql.DB, c *connector) (*sql.DB, func(context.Context) error, error) {
	anchor, err := c.Connect(ctx)
	if err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	return db, func(context.Context) error { return errors.Join(db.Close(), anchor.Close()) }, nil
}

// checkDirectory says what SQLite does not: that it is the directory that is missing.
func checkDirectory(path string) error {
	if path == Memory {
		return nil
	}
	dir := filepath.Dir(path)
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("directory %q does not exist (create it, or change Path)", dir)
	case err != nil:
		return err
	case !info.IsDir():
		return fmt.Errorf("%q is no directory (change Path)", dir)
	}
	return nil
}

// checkFile says what SQLite does not: that there is no file, or that it is no file.
func checkFile(o Options) error {
	if o.Path == Memory {
		return nil
	}
	info, err := os.Stat(o.Path)
	switch {
	case errors.Is(err, os.ErrNotExist) && o.ReadOnly:
		return errors.New("the file does not exist, and ReadOnly does not create it (change Path, or run a node that writes first)")
	case err == nil && info.IsDir():
		return errors.New("it is a directory (give Path a file)")
	}
	return nil
}

// verify opens the first connection and sees that the file is what it should be.
func verify(ctx context.Context, db *sql.DB, o Options) error {
	if err := read(ctx, db); err != nil {
		return err
	}
	if o.ReadOnly {
		return nil
	}
	var mode string
	if err := db.QueryRowContext(ctx, "pragma journal_mode").Scan(&mode); err != nil {
		return err
	}
	if mode != "wal" {
		return fmt.Errorf("journal mode is %q and cannot be changed to a write-ahead log (is the file on a network file system?)", mode)
	}
	return nil
}

// read reads from the file, which a ping does not.
func read(ctx context.Context, db *sql.DB) error {
	var tables int
	return db.QueryRowContext(ctx, "select count(*) from sqlite_schema").Scan(&tables)
}

// closeFile writes the log back into the file, so that one file is all there is, and
// closes it. If others still read the log, it stays, and the next to open the file
// reads it: nothing is lost.
func closeFile(ctx context.Context, db *sql.DB, readOnly bool) error {
	if readOnly {
		return db.Close()
	}
	bounded, cancel := context.WithTimeout(ctx, checkpointTimeout)
	defer cancel()
	_, err := db.ExecContext(bounded, "pragma wal_checkpoint(truncate)")
	if isBusy(err) || bounded.Err() != nil {
		err = nil
	}
	return errors.Join(err, db.Close())
}

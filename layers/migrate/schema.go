package migrate

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
	"github.com/pressly/goose/v3/lock"
)

// schema is what the program knows about the schema of a database. It is safe for
// concurrent use.
type schema struct {
	db       *sql.DB
	store    database.Store
	provider *goose.Provider
	known    int64 // the highest version of the files
}

// newSchema reads the names of the files. It does not ask the database.
func newSchema(db *sql.DB, o Options) (*schema, error) {
	files, err := o.files()
	if err != nil {
		return nil, err
	}
	locking, err := o.locking()
	if err != nil {
		return nil, err
	}
	provider, err := goose.NewProvider(o.dialect(), db, files,
		goose.WithTableName(o.Table), goose.WithDisableGlobalRegistry(true), locking)
	if errors.Is(err, goose.ErrNoMigrations) {
		return nil, fmt.Errorf("no migrations in directory %q of FS (files are called like 00001_name.sql)", o.Dir)
	}
	if err != nil {
		return nil, err
	}
	store, err := database.NewStore(o.dialect(), o.Table)
	if err != nil {
		return nil, err
	}
	sources := provider.ListSources()
	return &schema{db: db, store: store, provider: provider, known: sources[len(sources)-1].Version}, nil
}

// locking returns the lock that one node has at a time. A node waits for it without
// limit: how long a migration takes is not for those to judge who wait.
func (o Options) locking() (goose.ProviderOption, error) {
	if o.Dialect == SQLite {
		return goose.WithLocker(&fileLocker{}), nil
	}
	const everySecond, forever = 1, 1 << 40
	locker, err := lock.NewPostgresSessionLocker(
		lock.WithLockTimeout(everySecond, forever),
		lock.WithUnlockTimeout(everySecond, 1),
	)
	if err != nil {
		return nil, err
	}
	return goose.WithSessionLocker(locker), nil
}

// version returns the version of the database, 0 if it has none. It creates nothing.
func (s *schema) version(ctx context.Context) (int64, error) {
	exists, err := s.tableExists(ctx)
	if err != nil || !exists {
		return 0, err
	}
	version, err := s.store.GetLatestVersion(ctx, s.db)
	if errors.Is(err, database.ErrVersionNotFound) {
		return 0, nil
	}
	return version, err
}

// tableExists asks in the way of goose, which knows none for SQLite.
func (s *schema) tableExists(ctx context.Context) (exists bool, err error) {
	if extended, ok := s.store.(database.StoreExtender); ok {
		exists, err := extended.TableExists(ctx, s.db)
		if !errors.Is(err, errors.ErrUnsupported) {
			return exists, err
		}
	}
	err = s.db.QueryRowContext(ctx, "select exists (select 1 from sqlite_schema where name = ?)", s.store.Tablename()).Scan(&exists)
	return exists, err
}

// compare returns the version of the database, or an error if it is too new.
func (s *schema) compare(ctx context.Context) (version int64, err error) {
	version, err = s.version(ctx)
	if err == nil && version > s.known {
		err = &NewerError{Schema: version, Binary: s.known}
	}
	return version, err
}

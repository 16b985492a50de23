package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/wireframework/wireframework/examples/ledger/ledger"
)

// Store keeps a ledger. Its methods are safe for concurrent use, from many processes
// too.
type Store struct {
	db      *sql.DB
	dialect Dialect
}

// New returns the store in a database that has been migrated.
func New(db *sql.DB, d Dialect) *Store { return &Store{db: db, dialect: d} }

// runner is a database, or a transaction in it.
type runner interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// session runs queries of the dialect in one place.
type session struct {
	runner
	dialect Dialect
}

func (s *Store) session() session { return session{s.db, s.dialect} }

// exec returns how many rows were changed.
func (s session) exec(ctx context.Context, query string, args ...any) (int64, error) {
	result, err := s.ExecContext(ctx, s.dialect.query(query), args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// one reads the only row. If there is none it returns [ledger.ErrNotFound].
func (s session) one(ctx context.Context, dst []any, query string, args ...any) error {
	err := s.QueryRowContext(ctx, s.dialect.query(query), args...).Scan(dst...)
	if errors.Is(err, sql.ErrNoRows) {
		return ledger.ErrNotFound
	}
	return err
}

// all reads every row with a function that scans it.
func all[T any](ctx context.Context, s session, scan func(*sql.Rows) (T, error), query string, args ...any) ([]T, error) {
	rows, err := s.QueryContext(ctx, s.dialect.query(query), args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, rows.Err()
}

// write runs f in one transaction that is committed if f returns nil.
func (s *Store) write(ctx context.Context, f func(session) error) error {
	return s.within(ctx, nil, func(tx session) error {
		if s.dialect.begin != "" {
			if _, err := tx.ExecContext(ctx, s.dialect.begin); err != nil {
				return err
			}
		}
		return f(tx)
	})
}

func (s *Store) within(ctx context.Context, opts *sql.TxOptions, f func(session) error) error {
	tx, err := s.db.BeginTx(ctx, opts)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // does nothing after a commit, and else there is an error already
	if err := f(session{tx, s.dialect}); err != nil {
		return err
	}
	return tx.Commit()
}

func fromMicros(n int64) time.Time { return time.UnixMicro(n).UTC() }

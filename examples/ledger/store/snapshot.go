package store

import (
	"context"
	"database/sql"

	"github.com/wireframework/wireframework/examples/ledger/ledger"
)

// Blocks returns the blocks above a height in their order, limit at most.
func (s *Store) Blocks(ctx context.Context, above int64, limit int) ([]ledger.Block, error) {
	return s.session().blocks(ctx, above, limit)
}

func (s session) blocks(ctx context.Context, above int64, limit int) ([]ledger.Block, error) {
	headers, err := s.headers(ctx, headerColumns+`WHERE height > ? ORDER BY height LIMIT ?`, above, limit)
	if err != nil || len(headers) == 0 {
		return nil, err
	}
	// A block is never changed, so a second query sees the same ones.
	transfers, err := s.sealed(ctx, headers[0].Height, headers[len(headers)-1].Height)
	if err != nil {
		return nil, err
	}
	blocks := make([]ledger.Block, len(headers))
	for i, h := range headers {
		blocks[i] = ledger.Block{Header: h, Transfers: transfers[h.Height]}
	}
	return blocks, nil
}

// Sum returns the sum of all balances, which is zero unless something is wrong.
func (s *Store) Sum(ctx context.Context) (sum ledger.Amount, err error) {
	err = s.session().one(ctx, []any{&sum}, `SELECT CAST(COALESCE(SUM(balance), 0) AS BIGINT) FROM accounts`)
	return sum, err
}

// Snapshot returns the ledger as it is at one moment, with the blocks above a height.
func (s *Store) Snapshot(ctx context.Context, above int64) (snap ledger.Snapshot, err error) {
	const noLimit = 1 << 62
	opts := &sql.TxOptions{ReadOnly: true, Isolation: sql.LevelRepeatableRead}
	err = s.within(ctx, opts, func(tx session) error {
		if snap.Blocks, err = tx.blocks(ctx, above, noLimit); err != nil {
			return err
		}
		if snap.Accounts, err = tx.accounts(ctx); err != nil {
			return err
		}
		snap.Pending, err = tx.unsealed(ctx)
		return err
	})
	return snap, err
}

func (s session) accounts(ctx context.Context) ([]ledger.Account, error) {
	return all(ctx, s, func(rows *sql.Rows) (a ledger.Account, err error) {
		return a, rows.Scan(&a.ID, &a.Balance)
	}, `SELECT id, balance FROM accounts ORDER BY id`)
}

func (s session) unsealed(ctx context.Context) ([]ledger.Transfer, error) {
	return all(ctx, s, func(rows *sql.Rows) (t ledger.Transfer, err error) {
		return t, rows.Scan(&t.Key, &t.From, &t.To, &t.Amount)
	}, `SELECT key, payer, payee, amount FROM transfers WHERE height IS NULL AND refusal = '' ORDER BY seq`)
}

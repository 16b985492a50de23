package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/wireframework/wireframework/examples/ledger/ledger"
)

// HasGenesis reports whether the ledger has its first accounts. It works in a database
// that is not migrated yet, and reports false.
func (s *Store) HasGenesis(ctx context.Context) (has bool, err error) {
	if ready, err := s.IsMigrated(ctx); err != nil || !ready {
		return false, err
	}
	err = s.session().one(ctx, []any{&has}, `SELECT EXISTS (SELECT 1 FROM genesis)`)
	return has, err
}

// IsMigrated reports whether the database has the tables that a genesis needs.
func (s *Store) IsMigrated(ctx context.Context) (is bool, err error) {
	err = s.session().one(ctx, []any{&is}, s.dialect.exists, "genesis")
	return is, err
}

// Import starts the ledger with accounts, which [ledger.Mint] pays, and reports whether
// it did: all of them at once, or none. An import of the same accounts again does
// nothing; for others it returns [ledger.ErrGenesis].
func (s *Store) Import(ctx context.Context, accounts []ledger.Account) (imported bool, err error) {
	digest := ledger.DigestOf(accounts)
	err = s.write(ctx, func(tx session) error {
		n, err := tx.exec(ctx, `INSERT INTO genesis (id, digest, time) VALUES (1, ?, ?) ON CONFLICT (id) DO NOTHING`,
			digest[:], time.Now().UnixMicro())
		if err != nil {
			return err
		}
		if imported = n == 1; imported {
			return tx.mint(ctx, accounts)
		}
		return tx.compareGenesis(ctx, digest)
	})
	return imported && err == nil, err
}

func (s session) mint(ctx context.Context, accounts []ledger.Account) error {
	var sum ledger.Amount
	for _, a := range accounts {
		var ok bool
		if sum, ok = sum.Add(a.Balance); !ok {
			return fmt.Errorf("the accounts have more than %d altogether", ledger.MaxAmount)
		}
		t := ledger.Transfer{Key: "genesis." + string(a.ID), From: ledger.Mint, To: a.ID, Amount: a.Balance}
		if err := t.Validate(); err != nil {
			return err
		}
		if err := s.credit(ctx, a.ID, a.Balance); err != nil {
			return err
		}
		if err := s.insert(ctx, ledger.Record{Transfer: t, Time: time.Now()}); err != nil {
			return fmt.Errorf("account %q: %w", a.ID, err)
		}
	}
	return s.credit(ctx, ledger.Mint, -sum)
}

func (s session) compareGenesis(ctx context.Context, digest ledger.Hash) error {
	var stored []byte
	if err := s.one(ctx, []any{&stored}, `SELECT digest FROM genesis`); err != nil {
		return err
	}
	before, err := ledger.HashOf(stored)
	if err != nil {
		return errors.Join(ledger.ErrGenesis, err)
	}
	if before != digest {
		return fmt.Errorf("%w (its accounts have the digest %.12s..., these %.12s...)", ledger.ErrGenesis, before, digest)
	}
	return nil
}

package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/wireframework/wireframework/examples/ledger/ledger"
)

// errRaced says that somebody else has used the key meanwhile.
var errRaced = errors.New("the key has been used meanwhile")

// Submit accepts the transfer: both balances change at once, and the next block will
// hold it. The same transfer may be submitted again and gets the same answer; another
// one under its key gets [ledger.ErrKeyTaken].
//
// A transfer that cannot be, because the payer has not so much, gets a
// [*ledger.RefusedError]. That answer is kept too, until it is pruned: a client that
// means another attempt takes another key.
func (s *Store) Submit(ctx context.Context, t ledger.Transfer) (ledger.Record, error) {
	if err := t.Validate(); err != nil {
		return ledger.Record{}, err
	}
	if t.From == ledger.Mint {
		return ledger.Record{}, &ledger.InvalidError{Field: "from", Value: fmt.Sprintf("%q", ledger.Mint), Reason: "pays at the genesis only"}
	}
	for {
		r, err := s.Transfer(ctx, t.Key)
		if errors.Is(err, ledger.ErrNotFound) {
			r, err = s.accept(ctx, t)
		}
		switch {
		case errors.Is(err, errRaced):
			continue // it is there now
		case err != nil:
			return ledger.Record{}, err
		case r.Transfer != t:
			return ledger.Record{}, fmt.Errorf("key %q: %w", t.Key, ledger.ErrKeyTaken)
		case r.State == ledger.Refused:
			return ledger.Record{}, &ledger.RefusedError{Reason: r.Reason}
		}
		return r, nil
	}
}

// accept stores a transfer under a new key, or its refusal.
func (s *Store) accept(ctx context.Context, t ledger.Transfer) (ledger.Record, error) {
	r := ledger.Record{Transfer: t, State: ledger.Pending, Time: ledger.Instant(time.Now())}
	err := s.write(ctx, func(tx session) error {
		if err := tx.move(ctx, t); err != nil {
			return err
		}
		return tx.insert(ctx, r)
	})
	var refused *ledger.RefusedError
	if errors.As(err, &refused) {
		r.State, r.Reason = ledger.Refused, refused.Reason
		err = s.session().insert(ctx, r) // the transaction is undone
	}
	return r, err
}

// move changes both balances, in the order of the names.
func (s session) move(ctx context.Context, t ledger.Transfer) error {
	steps := []func() error{
		func() error { return s.debit(ctx, t.From, t.Amount) },
		func() error { return s.credit(ctx, t.To, t.Amount) },
	}
	if t.To < t.From {
		steps[0], steps[1] = steps[1], steps[0]
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func (s session) credit(ctx context.Context, id ledger.AccountID, amount ledger.Amount) error {
	_, err := s.exec(ctx, `INSERT INTO accounts (id, balance) VALUES (?, ?)
		ON CONFLICT (id) DO UPDATE SET balance = accounts.balance + excluded.balance`, string(id), int64(amount))
	return err
}

func (s session) debit(ctx context.Context, id ledger.AccountID, amount ledger.Amount) error {
	n, err := s.exec(ctx, `UPDATE accounts SET balance = balance - ? WHERE id = ? AND balance >= ?`,
		int64(amount), string(id), int64(amount))
	if err != nil || n == 1 {
		return err
	}
	a, err := s.account(ctx, id)
	switch {
	case errors.Is(err, ledger.ErrNotFound):
		return &ledger.RefusedError{Reason: fmt.Sprintf("account %q does not exist", id)}
	case err != nil:
		return err
	}
	return &ledger.RefusedError{Reason: fmt.Sprintf("account %q has %d, which is less than %d", id, a.Balance, amount)}
}

// insert stores a record of a transfer that is not in a block.
func (s session) insert(ctx context.Context, r ledger.Record) error {
	n, err := s.exec(ctx, `INSERT INTO transfers (key, payer, payee, amount, time, refusal)
		VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING`,
		r.Key, string(r.From), string(r.To), int64(r.Amount), r.Time.UnixMicro(), r.Reason)
	if err == nil && n == 0 {
		return errRaced
	}
	return err
}

// Transfer returns the transfer with the key and what has become of it, or
// [ledger.ErrNotFound].
func (s *Store) Transfer(ctx context.Context, key string) (ledger.Record, error) {
	var r ledger.Record
	var micros int64
	err := s.session().one(ctx, []any{&r.Key, &r.From, &r.To, &r.Amount, &micros, &r.Height, &r.Reason},
		`SELECT key, payer, payee, amount, time, COALESCE(height, 0), refusal FROM transfers WHERE key = ?`, key)
	if err != nil {
		return ledger.Record{}, err
	}
	r.Time = fromMicros(micros)
	switch {
	case r.Reason != "":
		r.State = ledger.Refused
	case r.Height > 0:
		r.State = ledger.Sealed
	default:
		r.State = ledger.Pending
	}
	return r, nil
}

// Account returns an account, or [ledger.ErrNotFound].
func (s *Store) Account(ctx context.Context, id ledger.AccountID) (ledger.Account, error) {
	return s.session().account(ctx, id)
}

func (s session) account(ctx context.Context, id ledger.AccountID) (ledger.Account, error) {
	a := ledger.Account{ID: id}
	err := s.one(ctx, []any{&a.Balance}, `SELECT balance FROM accounts WHERE id = ?`, string(id))
	return a, err
}

// Prune forgets the refusals from before a time, and returns how many. Their keys can be
// used again then. What was accepted is never forgotten.
func (s *Store) Prune(ctx context.Context, before time.Time) (int64, error) {
	return s.session().exec(ctx, `DELETE FROM transfers WHERE refusal <> '' AND time < ?`, before.UnixMicro())
}

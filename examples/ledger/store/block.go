package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/wireframework/wireframework/examples/ledger/ledger"
)

const (
	headerColumns = `SELECT height, prev, time, token, count, root, hash FROM blocks `
	lastHeader    = headerColumns + `ORDER BY height DESC LIMIT 1`
)

// ErrOvertaken says that a block was not written because somebody else has sealed
// meanwhile.
var ErrOvertaken = errors.New("another block has been sealed meanwhile")

// LastToken returns the greatest fencing token that has sealed a block, or zero.
func (s *Store) LastToken(ctx context.Context) (token int64, err error) {
	err = s.session().one(ctx, []any{&token}, `SELECT token FROM fence`)
	return token, err
}

// Seal puts pending transfers into a block, the oldest first and limit at most, and
// returns its header. If there are none it writes nothing and returns false.
//
// The token is that of the term of the leader. A term that is over gets a
// [*ledger.StaleTokenError].
func (s *Store) Seal(ctx context.Context, token int64, limit int) (h ledger.Header, sealed bool, err error) {
	pending, err := s.pending(ctx, limit)
	if err != nil || len(pending) == 0 {
		return ledger.Header{}, false, err
	}
	last, err := s.Last(ctx)
	if err != nil && !errors.Is(err, ledger.ErrNotFound) {
		return ledger.Header{}, false, err
	}
	numbers := make([]int64, len(pending))
	transfers := make([]ledger.Transfer, len(pending))
	for i, p := range pending {
		numbers[i], transfers[i] = p.number, p.Transfer
	}
	b := ledger.NewBlock(last, time.Now(), token, transfers)
	err = s.write(ctx, func(tx session) error {
		return tx.seal(ctx, b.Header, numbers)
	})
	if err != nil {
		return ledger.Header{}, false, err
	}
	return b.Header, true, nil
}

// numbered is a pending transfer.
type numbered struct {
	number int64
	ledger.Transfer
}

func (s *Store) pending(ctx context.Context, limit int) ([]numbered, error) {
	return all(ctx, s.session(), func(rows *sql.Rows) (n numbered, err error) {
		return n, rows.Scan(&n.number, &n.Key, &n.From, &n.To, &n.Amount)
	}, `SELECT seq, key, payer, payee, amount FROM transfers WHERE height IS NULL AND refusal = '' ORDER BY seq LIMIT ?`, limit)
}

// seal writes the block of the transfers with the numbers.
func (s session) seal(ctx context.Context, h ledger.Header, numbers []int64) error {
	// First, because it also locks out other leaders until the end of the transaction.
	if err := s.raiseFence(ctx, h.Token); err != nil {
		return err
	}
	n, err := s.exec(ctx, `INSERT INTO blocks (height, prev, time, token, count, root, hash)
		VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
		h.Height, h.Prev[:], h.Time.UnixMicro(), h.Token, h.Count, h.Root[:], h.Hash[:])
	if err != nil {
		return err
	}
	if n == 0 {
		return ErrOvertaken
	}
	n, err = s.exec(ctx, `UPDATE transfers SET height = ? WHERE height IS NULL AND refusal = '' AND seq `+s.dialect.in,
		h.Height, s.dialect.listOf(numbers))
	if err == nil && n != int64(len(numbers)) {
		return ErrOvertaken
	}
	return err
}

// raiseFence lets no older token pass from now on.
func (s session) raiseFence(ctx context.Context, token int64) error {
	n, err := s.exec(ctx, `UPDATE fence SET token = ? WHERE token <= ?`, token, token)
	if err != nil || n == 1 {
		return err
	}
	stale := &ledger.StaleTokenError{Token: token}
	if err := s.one(ctx, []any{&stale.Current}, `SELECT token FROM fence`); err != nil {
		return err
	}
	return stale
}

// Last returns the header of the last block, or [ledger.ErrNotFound].
func (s *Store) Last(ctx context.Context) (ledger.Header, error) {
	headers, err := s.session().headers(ctx, lastHeader)
	if err != nil {
		return ledger.Header{}, err
	}
	if len(headers) == 0 {
		return ledger.Header{}, ledger.ErrNotFound
	}
	return headers[0], nil
}

// Block returns the block of that height, or [ledger.ErrNotFound].
func (s *Store) Block(ctx context.Context, height int64) (ledger.Block, error) {
	return s.session().block(ctx, headerColumns+`WHERE height = ?`, height)
}

// LastBlock returns the last block, or [ledger.ErrNotFound].
func (s *Store) LastBlock(ctx context.Context) (ledger.Block, error) {
	return s.session().block(ctx, lastHeader)
}

// Proof returns the proof that a transfer is in a block, [ledger.ErrPending] if it is
// not yet, or [ledger.ErrNotFound] if it never will be.
func (s *Store) Proof(ctx context.Context, key string) (ledger.Proof, error) {
	r, err := s.Transfer(ctx, key)
	switch {
	case err != nil:
		return ledger.Proof{}, err
	case r.State == ledger.Pending:
		return ledger.Proof{}, ledger.ErrPending
	case r.State == ledger.Refused:
		return ledger.Proof{}, ledger.ErrNotFound
	}
	b, err := s.Block(ctx, r.Height)
	if err != nil {
		return ledger.Proof{}, err
	}
	return b.Prove(key)
}

func (s session) block(ctx context.Context, query string, args ...any) (ledger.Block, error) {
	headers, err := s.headers(ctx, query, args...)
	if err != nil {
		return ledger.Block{}, err
	}
	if len(headers) == 0 {
		return ledger.Block{}, ledger.ErrNotFound
	}
	transfers, err := s.sealed(ctx, headers[0].Height, headers[0].Height)
	return ledger.Block{Header: headers[0], Transfers: transfers[headers[0].Height]}, err
}

func (s session) headers(ctx context.Context, query string, args ...any) ([]ledger.Header, error) {
	return all(ctx, s, func(rows *sql.Rows) (h ledger.Header, err error) {
		var prev, root, hash []byte
		var micros int64
		if err := rows.Scan(&h.Height, &prev, &micros, &h.Token, &h.Count, &root, &hash); err != nil {
			return h, err
		}
		h.Time = fromMicros(micros)
		for dst, b := range map[*ledger.Hash][]byte{&h.Prev: prev, &h.Root: root, &h.Hash: hash} {
			if *dst, err = ledger.HashOf(b); err != nil {
				return h, &ledger.ChainError{Height: h.Height, Reason: err.Error()}
			}
		}
		return h, nil
	}, query, args...)
}

// sealed returns the transfers of blocks by height.
func (s session) sealed(ctx context.Context, first, last int64) (map[int64][]ledger.Transfer, error) {
	type member struct {
		height int64
		ledger.Transfer
	}
	members, err := all(ctx, s, func(rows *sql.Rows) (m member, err error) {
		return m, rows.Scan(&m.height, &m.Key, &m.From, &m.To, &m.Amount)
	}, `SELECT height, key, payer, payee, amount FROM transfers WHERE height BETWEEN ? AND ? ORDER BY height, seq`, first, last)
	byHeight := make(map[int64][]ledger.Transfer)
	for _, m := range members {
		byHeight[m.height] = append(byHeight[m.height], m.Transfer)
	}
	return byHeight, err
}

//go:build unix

package store_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/examples/ledger/ledger"
	"github.com/wireframework/wireframework/examples/ledger/store"
)

func TestSealedTransfersAreFinalAndProven(t *testing.T) {
	eachDatabase(t, func(t *testing.T, s *store.Store, _ database) {
		_, err := s.LastBlock(t.Context())
		require.ErrorIs(t, err, ledger.ErrNotFound)
		submit(t, s, pay("a", "alice", "bob", 1), pay("b", "bob", "alice", 2), pay("c", "alice", "carol", 3))
		_, err = s.Submit(t.Context(), pay("refused", "carol", "bob", 1000))
		require.Error(t, err)
		_, err = s.Proof(t.Context(), "a")
		require.ErrorIs(t, err, ledger.ErrPending)

		first := seal(t, s, 3)
		submit(t, s, pay("d", "bob", "alice", 4))
		second := seal(t, s, 4)
		_, sealed, err := s.Seal(t.Context(), 4, 10)
		require.NoError(t, err)
		assert.False(t, sealed, "there is nothing left")

		b, err := s.Block(t.Context(), 1)
		require.NoError(t, err)
		assert.Equal(t, first, b.Header)
		assert.Equal(t, []ledger.Transfer{
			pay("genesis.alice", ledger.Mint, "alice", 100), pay("genesis.bob", ledger.Mint, "bob", 50),
			pay("a", "alice", "bob", 1), pay("b", "bob", "alice", 2), pay("c", "alice", "carol", 3),
		}, b.Transfers)
		last, err := s.LastBlock(t.Context())
		require.NoError(t, err)
		assert.Equal(t, second, last.Header)
		assert.Equal(t, first.Hash, last.Prev)
		_, err = s.Block(t.Context(), 3)
		assert.ErrorIs(t, err, ledger.ErrNotFound)

		p, err := s.Proof(t.Context(), "b")
		require.NoError(t, err)
		assert.Equal(t, first, p.Header)
		assert.NoError(t, p.Verify())
		for _, key := range []string{"refused", "unknown"} {
			_, err = s.Proof(t.Context(), key)
			assert.ErrorIs(t, err, ledger.ErrNotFound)
		}
		r, err := s.Transfer(t.Context(), "d")
		require.NoError(t, err)
		assert.Equal(t, ledger.Sealed, r.State)
		assert.EqualValues(t, 2, r.Height)
		audit(t, s)
	})
}

func TestABlockTakesTheOldestUpToItsLimit(t *testing.T) {
	eachDatabase(t, func(t *testing.T, s *store.Store, _ database) {
		for _, key := range keys(5) {
			submit(t, s, pay(key, "alice", "bob", 1))
		}
		for _, want := range [][]string{{"genesis.alice", "genesis.bob", "k0"}, {"k1", "k2", "k3"}, {"k4"}} {
			h, sealed, err := s.Seal(t.Context(), 1, 3)
			require.NoError(t, err)
			require.True(t, sealed)
			b, err := s.Block(t.Context(), h.Height)
			require.NoError(t, err)
			var got []string
			for _, x := range b.Transfers {
				got = append(got, x.Key)
			}
			assert.Equal(t, want, got)
		}
		blocks, err := s.Blocks(t.Context(), 1, 1)
		require.NoError(t, err)
		require.Len(t, blocks, 1)
		assert.EqualValues(t, 2, blocks[0].Height)
	})
}

func TestALeaderWhoseTermIsOverCannotSeal(t *testing.T) {
	eachDatabase(t, func(t *testing.T, s *store.Store, _ database) {
		seal(t, s, 5)
		submit(t, s, pay("a", "alice", "bob", 1))
		seal(t, s, 7)
		submit(t, s, pay("b", "alice", "bob", 1))

		_, sealed, err := s.Seal(t.Context(), 6, 10)

		var stale *ledger.StaleTokenError
		require.ErrorAs(t, err, &stale)
		assert.Equal(t, &ledger.StaleTokenError{Token: 6, Current: 7}, stale)
		assert.False(t, sealed)
		r, err := s.Transfer(t.Context(), "b")
		require.NoError(t, err)
		assert.Equal(t, ledger.Pending, r.State)
		last, err := s.Last(t.Context())
		require.NoError(t, err)
		assert.EqualValues(t, 2, last.Height)
		token, err := s.LastToken(t.Context())
		require.NoError(t, err)
		assert.EqualValues(t, 7, token)
		assert.EqualValues(t, 3, seal(t, s, 7).Height, "the term of the other goes on")
		audit(t, s)
	})
}

// Leaders of many terms seal at once, as if all believed to lead.
func TestConcurrentLeadersNeverFork(t *testing.T) {
	eachDatabase(t, func(t *testing.T, s *store.Store, _ database) {
		var leaders sync.WaitGroup
		for token := range int64(4) {
			leaders.Go(func() {
				for i := range 10 {
					submit(t, s, pay(fmt.Sprintf("k%d-%d", token, i), "alice", "bob", 1))
					_, _, err := s.Seal(t.Context(), token+1, 3)
					var stale *ledger.StaleTokenError
					assert.True(t, err == nil || errors.As(err, &stale) || errors.Is(err, store.ErrOvertaken), "%v", err)
				}
			})
		}
		leaders.Wait()
		audit(t, s)
	})
}

// Somebody writes to the database past the store.
func TestTheSchemaRefusesAFork(t *testing.T) {
	eachDatabase(t, func(t *testing.T, s *store.Store, db database) {
		first := seal(t, s, 1)
		insert := func(height int64, prev, hash ledger.Hash) error {
			const query = `INSERT INTO blocks (height, prev, time, token, count, root, hash) VALUES (%d, %s, 0, 1, 1, %s, %s)`
			literal := func(h ledger.Hash) string {
				if db.dialect == store.Postgres {
					return `'\x` + h.String() + `'`
				}
				return `X'` + h.String() + `'`
			}
			_, err := db.ExecContext(context.Background(), fmt.Sprintf(query, height, literal(prev), literal(hash), literal(hash)))
			return err
		}
		assert.Error(t, insert(1, ledger.Hash{9}, ledger.Hash{9}), "a second block of one height")
		assert.Error(t, insert(2, first.Prev, ledger.Hash{9}), "a second block after one block")
		assert.Error(t, insert(2, ledger.Hash{9}, first.Hash), "a block with the hash of another")
		assert.NoError(t, insert(2, first.Hash, ledger.Hash{9}))
		_, err := db.ExecContext(context.Background(), `UPDATE accounts SET balance = -1 WHERE id = 'alice'`)
		assert.Error(t, err, "a balance below zero")
	})
}

//go:build unix

package store_test

import (
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/examples/ledger/ledger"
	"github.com/wireframework/wireframework/examples/ledger/store"
)

func TestATransferMovesMoneyAtOnce(t *testing.T) {
	eachDatabase(t, func(t *testing.T, s *store.Store, _ database) {
		before := time.Now().Add(-time.Second)

		r, err := s.Submit(t.Context(), pay("k", "alice", "carol", 30))

		require.NoError(t, err)
		assert.Equal(t, pay("k", "alice", "carol", 30), r.Transfer)
		assert.Equal(t, ledger.Pending, r.State)
		assert.WithinRange(t, r.Time, before, time.Now().Add(time.Second))
		found, err := s.Transfer(t.Context(), "k")
		require.NoError(t, err)
		assert.Equal(t, r, found)
		assert.Equal(t, map[ledger.AccountID]ledger.Amount{"alice": 70, "bob": 50, "carol": 30, ledger.Mint: -150}, balances(t, s))
		carol, err := s.Account(t.Context(), "carol")
		require.NoError(t, err)
		assert.Equal(t, ledger.Account{ID: "carol", Balance: 30}, carol)
		_, err = s.Account(t.Context(), "dave")
		assert.ErrorIs(t, err, ledger.ErrNotFound)
		_, err = s.Transfer(t.Context(), "other")
		assert.ErrorIs(t, err, ledger.ErrNotFound)
		audit(t, s)
	})
}

func TestATransferCountsOnce(t *testing.T) {
	eachDatabase(t, func(t *testing.T, s *store.Store, _ database) {
		first, err := s.Submit(t.Context(), pay("k", "alice", "bob", 30))
		require.NoError(t, err)

		again, err := s.Submit(t.Context(), pay("k", "alice", "bob", 30))
		require.NoError(t, err)
		assert.Equal(t, first, again)
		for _, other := range []ledger.Transfer{
			pay("k", "alice", "bob", 31), pay("k", "alice", "carol", 30), pay("k", "bob", "alice", 30),
		} {
			_, err = s.Submit(t.Context(), other)
			assert.ErrorIs(t, err, ledger.ErrKeyTaken)
		}
		assert.Equal(t, map[ledger.AccountID]ledger.Amount{"alice": 70, "bob": 80, ledger.Mint: -150}, balances(t, s))
	})
}

func TestARefusalIsRememberedUntilItIsPruned(t *testing.T) {
	eachDatabase(t, func(t *testing.T, s *store.Store, _ database) {
		var refused *ledger.RefusedError
		_, err := s.Submit(t.Context(), pay("much", "alice", "bob", 101))
		require.ErrorAs(t, err, &refused)
		assert.EqualError(t, err, `account "alice" has 100, which is less than 101`)
		_, err = s.Submit(t.Context(), pay("nobody", "dave", "bob", 1))
		require.ErrorAs(t, err, &refused)
		assert.EqualError(t, err, `account "dave" does not exist`)

		submit(t, s, pay("ok", "bob", "alice", 10)) // which would cover it
		_, err = s.Submit(t.Context(), pay("much", "alice", "bob", 101))
		assert.EqualError(t, err, `account "alice" has 100, which is less than 101`)
		_, err = s.Submit(t.Context(), pay("much", "alice", "bob", 1))
		assert.ErrorIs(t, err, ledger.ErrKeyTaken)
		r, err := s.Transfer(t.Context(), "much")
		require.NoError(t, err)
		assert.Equal(t, ledger.Refused, r.State)

		n, err := s.Prune(t.Context(), time.Now().Add(-time.Hour))
		require.NoError(t, err)
		assert.Zero(t, n)
		n, err = s.Prune(t.Context(), time.Now().Add(time.Hour))
		require.NoError(t, err)
		assert.EqualValues(t, 2, n)
		submit(t, s, pay("much", "alice", "bob", 101))
		assert.Equal(t, map[ledger.AccountID]ledger.Amount{"alice": 9, "bob": 141, ledger.Mint: -150}, balances(t, s))
		audit(t, s)
	})
}

func TestWhatIsNotValidIsNotStored(t *testing.T) {
	eachDatabase(t, func(t *testing.T, s *store.Store, _ database) {
		for _, x := range []ledger.Transfer{
			pay("k", ledger.Mint, "bob", 1), pay("k", "alice", "alice", 1), pay("k", "alice", "bob", -1), pay("", "alice", "bob", 1),
		} {
			var invalid *ledger.InvalidError
			_, err := s.Submit(t.Context(), x)
			assert.ErrorAs(t, err, &invalid, "%+v", x)
		}
		_, err := s.Transfer(t.Context(), "k")
		assert.ErrorIs(t, err, ledger.ErrNotFound)
	})
}

// Many clients move money between few accounts, in both directions, and send everything
// twice, while blocks are sealed.
func TestConcurrentTransfersKeepTheLedgerRight(t *testing.T) {
	eachDatabase(t, func(t *testing.T, s *store.Store, _ database) {
		names := []ledger.AccountID{"alice", "bob", "carol"}
		var clients, sealer sync.WaitGroup
		accepted := make([]map[string]bool, 4)
		for c := range accepted {
			accepted[c] = make(map[string]bool)
			rng := rand.New(rand.NewPCG(1, uint64(c/2))) // two clients send the same
			clients.Go(func() {
				for _, key := range keys(50) {
					from := rng.IntN(3)
					to := (from + 1 + rng.IntN(2)) % 3
					x := pay(key+"-"+string(names[c/2]), names[from], names[to], ledger.Amount(1+rng.IntN(40)))
					_, err := s.Submit(t.Context(), x)
					var refused *ledger.RefusedError
					if err != nil && !assert.ErrorAs(t, err, &refused) {
						return
					}
					accepted[c][x.Key] = err == nil
				}
			})
		}
		done := make(chan struct{})
		sealer.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				_, _, err := s.Seal(t.Context(), 1, 7)
				assert.NoError(t, err)
			}
		})
		clients.Wait()
		close(done)
		sealer.Wait()

		assert.Equal(t, accepted[0], accepted[1], "one key, one answer")
		assert.Equal(t, accepted[2], accepted[3], "one key, one answer")
		audit(t, s)
		for sealed := true; sealed; {
			var err error
			_, sealed, err = s.Seal(t.Context(), 1, 7)
			require.NoError(t, err)
		}
		audit(t, s)
		for c, keys := range accepted {
			for key, ok := range keys {
				r, err := s.Transfer(t.Context(), key)
				require.NoError(t, err)
				assert.Equal(t, ok, r.State == ledger.Sealed, "client %d, transfer %s", c, key)
			}
		}
	})
}

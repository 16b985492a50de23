//go:build unix

package store_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/examples/ledger/ledger"
	"github.com/wireframework/wireframework/examples/ledger/store"
)

func TestAGenesisIsImportedOnce(t *testing.T) {
	for name, open := range openers {
		t.Run(name, func(t *testing.T) {
			db := open(t)
			s := store.New(db.DB, db.dialect)
			has, err := s.HasGenesis(t.Context())
			require.NoError(t, err)
			assert.False(t, has, "before the migration")
			db.migrate(t)
			has, err = s.HasGenesis(t.Context())
			require.NoError(t, err)
			assert.False(t, has, "after the migration")

			// All nodes of a cluster may try.
			var nodes sync.WaitGroup
			imports := make(chan bool, 4)
			for range cap(imports) {
				nodes.Go(func() {
					imported, err := s.Import(t.Context(), genesis)
					assert.NoError(t, err)
					imports <- imported
				})
			}
			nodes.Wait()
			close(imports)
			count := map[bool]int{}
			for imported := range imports {
				count[imported]++
			}
			assert.Equal(t, map[bool]int{true: 1, false: 3}, count)

			has, err = s.HasGenesis(t.Context())
			require.NoError(t, err)
			assert.True(t, has)
			_, err = s.Import(t.Context(), genesis[:1])
			assert.ErrorIs(t, err, ledger.ErrGenesis)
			assert.Equal(t, map[ledger.AccountID]ledger.Amount{"alice": 100, "bob": 50, ledger.Mint: -150}, balances(t, s))
			audit(t, s)
		})
	}
}

func TestAGenesisThatFailsLeavesNothing(t *testing.T) {
	mistakes := map[string][]ledger.Account{
		"too much in all":      {{ID: "alice", Balance: ledger.MaxAmount}, {ID: "bob", Balance: 1}},
		"an account twice":     {{ID: "alice", Balance: 1}, {ID: "alice", Balance: 1}},
		"an account of no one": {{ID: "alice", Balance: 1}, {ID: "Bob", Balance: 1}},
		"nothing":              {{ID: "alice", Balance: 1}, {ID: "bob", Balance: 0}},
	}
	for name, open := range openers {
		t.Run(name, func(t *testing.T) {
			db := open(t)
			db.migrate(t)
			s := store.New(db.DB, db.dialect)
			for what, accounts := range mistakes {
				imported, err := s.Import(t.Context(), accounts)
				assert.Error(t, err, what)
				assert.False(t, imported, what)
				assert.Empty(t, balances(t, s), what)
				has, err := s.HasGenesis(t.Context())
				require.NoError(t, err)
				assert.False(t, has, what)
			}
			imported, err := s.Import(t.Context(), genesis)
			require.NoError(t, err)
			assert.True(t, imported)
		})
	}
}

//go:build unix

package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/examples/ledger/store"
)

// A process stops in the middle of a transaction, with the locks that the next leader and
// other clients need.
func TestAFrozenTransactionDoesNotKeepItsLocks(t *testing.T) {
	db := openers["postgres"](t)
	db.migrate(t)
	s := store.New(db.DB, db.dialect)
	_, err := s.Import(t.Context(), genesis)
	require.NoError(t, err)

	err = s.Write(t.Context(), func(exec func(query string) error) error {
		require.NoError(t, exec(`UPDATE fence SET token = token`))
		require.NoError(t, exec(`UPDATE accounts SET balance = balance`))
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		_, sealed, err := s.Seal(ctx, 5, 10)
		assert.NoError(t, err)
		assert.True(t, sealed)
		_, err = s.Submit(ctx, pay("a", "alice", "bob", 1))
		assert.NoError(t, err)
		return exec(`UPDATE accounts SET balance = 0 WHERE id = 'alice'`)
	})

	assert.Error(t, err)
	audit(t, s)
}

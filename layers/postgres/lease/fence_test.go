package lease_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/layers/leader"
	"github.com/wireframework/wireframework/layers/postgres/lease"
	"github.com/wireframework/wireframework/layers/postgres/pgtest"
)

// checked returns a transaction with a token.
func checked(t *testing.T, pool *pgxpool.Pool, token int64) (pgx.Tx, error) {
	t.Helper()
	tx, err := pool.Begin(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { _ = tx.Rollback(context.Background()) })
	return tx, lease.Check(t.Context(), tx, election, token)
}

func checkedSQL(t *testing.T, pool *pgxpool.Pool, token int64) error {
	t.Helper()
	db := stdlib.OpenDBFromPool(pool)
	defer db.Close()
	tx, err := db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	defer tx.Rollback()
	return lease.CheckSQL(t.Context(), tx, election, token)
}

func TestAnOldTokenIsRefused(t *testing.T) {
	t.Parallel()
	pool := newPool(t, pgtest.Shared(t).NewDatabase(t))
	e := newElector(t, pool)
	first := win(t, e)
	_, err := checked(t, pool, first.Token())
	require.NoError(t, err)
	require.NoError(t, checkedSQL(t, pool, first.Token()))

	_, err = checked(t, pool, 2)
	assert.EqualError(t, err, `token 2 is refused: the latest term of election "sealer" has token 1`)
}

func TestTheTokenOfAnotherTermIsRefused(t *testing.T) {
	t.Parallel()
	pool := newPool(t, pgtest.Shared(t).NewDatabase(t))
	e := newElector(t, pool)
	first := win(t, e)
	resign(t, first)
	require.NoError(t, checkedSQL(t, pool, first.Token()), "nobody leads, so nobody is harmed")
	win(t, e)

	_, err := checked(t, pool, first.Token())
	for _, err := range []error{err, checkedSQL(t, pool, first.Token())} {
		require.ErrorIs(t, err, leader.ErrLost)
		var fenced *lease.FencedError
		require.True(t, errors.As(err, &fenced))
		assert.Equal(t, lease.FencedError{Election: election, Token: 1, Latest: 2}, *fenced)
	}
	tx, err := pool.Begin(t.Context())
	require.NoError(t, err)
	defer tx.Rollback(t.Context())
	assert.EqualError(t, lease.Check(t.Context(), tx, "pruner", 1), `token 1 is refused: election "pruner" has had no term`)
	assert.ErrorContains(t, lease.Check(t.Context(), tx, "pruner\x00", 1), "token of election")
}

// A transaction of a term must not delay that term, and must delay the next.
func TestATransactionThatIsCheckedEndsBeforeTheNextTerm(t *testing.T) {
	t.Parallel()
	url := pgtest.Shared(t).NewDatabase(t)
	pool := newPool(t, url)
	term := win(t, newElector(t, pool))
	tx, err := checked(t, pool, term.Token())
	require.NoError(t, err)
	awake := time.Now()
	for time.Since(awake) < 2*length { // not idle
		_, err := tx.Exec(t.Context(), "select pg_sleep($1)", (length / 4).Seconds())
		require.NoError(t, err)
	}
	assert.False(t, isOver(term), "renewed meanwhile")
	resign(t, term)

	elected := make(chan leader.Term, 1)
	go func() {
		next, err := newElector(t, newPool(t, url)).Campaign(context.Background())
		assert.NoError(t, err)
		elected <- next
	}()
	_, err = tx.Exec(t.Context(), "select pg_sleep($1)", length.Seconds())
	require.NoError(t, err)
	assert.Empty(t, elected)
	require.NoError(t, tx.Commit(t.Context()))
	next := <-elected
	require.NotNil(t, next)
	assert.Greater(t, next.Token(), term.Token())
	resign(t, next)
}

func TestATransactionThatFallsAsleepIsEnded(t *testing.T) {
	t.Parallel()
	url := pgtest.Shared(t).NewDatabase(t)
	pool := newPool(t, url)
	term := win(t, newElector(t, pool))
	tx, err := checked(t, pool, term.Token())
	require.NoError(t, err)
	resign(t, term)

	next := win(t, newElector(t, newPool(t, url)))
	assert.Greater(t, next.Token(), term.Token())
	assert.Error(t, tx.Commit(t.Context()))
}

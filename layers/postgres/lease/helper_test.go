package lease_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/layers/leader"
	"github.com/wireframework/wireframework/layers/postgres/lease"
)

const (
	election = "sealer"
	length   = 3 * time.Second

	// patience is for what happens soon, but not soon on every machine.
	patience = time.Minute
)

func newPool(t testing.TB, url string, configure ...func(*pgxpool.Config)) *pgxpool.Pool {
	t.Helper()
	config, err := pgxpool.ParseConfig(url)
	require.NoError(t, err)
	for _, f := range configure {
		f(config)
	}
	pool, err := pgxpool.NewWithConfig(context.Background(), config)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	return pool
}

func newElector(t testing.TB, pool *pgxpool.Pool) leader.Elector {
	t.Helper()
	e, err := lease.NewElector(pool, lease.Options{Election: election, Lease: length})
	require.NoError(t, err)
	return e
}

// win returns a term.
func win(t testing.TB, e leader.Elector) leader.Term {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	term, err := e.Campaign(ctx)
	require.NoError(t, err)
	t.Cleanup(func() { resign(t, term) })
	return term
}

func resign(t testing.TB, term leader.Term) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	assert.NoError(t, term.Resign(ctx))
}

func isOver(term leader.Term) bool {
	select {
	case <-term.Lost():
		return true
	default:
		return false
	}
}

func mustLast(t testing.TB, term leader.Term, d time.Duration) {
	t.Helper()
	select {
	case <-term.Lost():
		t.Fatal("the term is lost")
	case <-time.After(d):
	}
}

package lease_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/layers/postgres/pgtest"
)

func typeName(v any) string { return fmt.Sprintf("%T", v) }

func TestAHolderThatIsCutOffIsOutBeforeTheNextIsIn(t *testing.T) {
	t.Parallel()
	s := pgtest.Shared(t)
	url := s.NewDatabase(t)
	for name, part := range map[string]func(*pgtest.Proxy){"hangs": (*pgtest.Proxy).Hang, "is cut": (*pgtest.Proxy).Cut} {
		t.Run("the network "+name, func(t *testing.T) {
			p := pgtest.NewProxy(t, s.Address())
			first := win(t, newElector(t, newPool(t, p.URL(url))))
			other := newElector(t, newPool(t, url))

			part(p)
			second := win(t, other)

			assert.True(t, isOver(first), "two lead at a time")
			assert.Greater(t, second.Token(), first.Token())
			resign(t, first) // does not wait for the network
			p.Resume()
			mustLast(t, second, 2*length)
			resign(t, second)
		})
	}
}

func TestACampaignDoesNotWaitForANetworkThatHangs(t *testing.T) {
	t.Parallel()
	s := pgtest.Shared(t)
	p := pgtest.NewProxy(t, s.Address())
	url := s.NewDatabase(t)
	first := win(t, newElector(t, newPool(t, url)))
	other := newElector(t, newPool(t, p.URL(url)))
	failed := make(chan error, 1)
	go func() {
		_, err := other.Campaign(context.Background())
		failed <- err
	}()
	mustLast(t, first, length) // the other has connected, and waits

	p.Hang()
	select {
	case err := <-failed:
		assert.ErrorIs(t, err, context.DeadlineExceeded)
	case <-time.After(patience):
		t.Fatal("the campaign hangs")
	}
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(length/10, cancel)
	_, err := other.Campaign(ctx)
	assert.ErrorIs(t, err, context.Canceled)

	p.Resume()
	resign(t, first)
	assert.Greater(t, win(t, other).Token(), first.Token())
}

func TestATermSurvivesAShortFailure(t *testing.T) {
	t.Parallel()
	s := pgtest.Shared(t)
	p := pgtest.NewProxy(t, s.Address())
	url := s.NewDatabase(t)
	term := win(t, newElector(t, newPool(t, p.URL(url))))

	p.Cut()
	mustLast(t, term, length/4)
	p.Resume()
	mustLast(t, term, 2*length)

	p.Hang()
	mustLast(t, term, length/4)
	p.Resume()
	mustLast(t, term, 2*length)

	p.Cut()
	p.Resume()
	resign(t, term)
	assert.Greater(t, win(t, newElector(t, newPool(t, url))).Token(), term.Token(), "given back on another connection")
}

func TestAResignationThatFailsSaysSo(t *testing.T) {
	t.Parallel()
	s := pgtest.Shared(t)
	p := pgtest.NewProxy(t, s.Address())
	term, err := newElector(t, newPool(t, p.URL(s.NewDatabase(t)))).Campaign(t.Context())
	require.NoError(t, err)
	p.Hang()
	ctx, cancel := context.WithTimeout(t.Context(), length/10)
	defer cancel()

	assert.ErrorContains(t, term.Resign(ctx), `election "sealer", token 1: `)
	assert.True(t, isOver(term))
	assert.NoError(t, term.Resign(ctx))
}

package leadertest_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/layers/leader"
	"github.com/wireframework/wireframework/layers/leader/leadertest"
)

var errBoom = errors.New("no quorum")

func TestElectorKeepsThePromises(t *testing.T) {
	var e *leadertest.Elector
	leadertest.Run(t, func(testing.TB) (a, b leader.Elector) {
		e = leadertest.NewElector()
		e.Grant()
		return e, e
	}, leadertest.Virtual(), leadertest.Depose(func(testing.TB) {
		e.Revoke()
		e.Grant()
	}))
}

func TestElectorElectsWhenTheTestSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := leadertest.NewElector()
		elected := make(chan leader.Term, 1)
		go func() {
			term, err := e.Campaign(context.Background())
			assert.NoError(t, err)
			elected <- term
		}()
		synctest.Wait()
		require.Equal(t, 1, e.Waiting())
		require.Empty(t, elected)
		_, leading := e.Leading()
		require.False(t, leading)

		e.Grant()
		term := <-elected
		token, leading := e.Leading()
		assert.True(t, leading)
		assert.Equal(t, term.Token(), token)
		assert.Equal(t, 0, e.Waiting())

		e.Revoke()
		<-term.Lost()
		_, leading = e.Leading()
		assert.False(t, leading)
		assert.Equal(t, 0, e.Resigned())
		ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
		defer cancel()
		_, err := e.Campaign(ctx)
		assert.ErrorIs(t, err, context.DeadlineExceeded)

		assert.NoError(t, term.Resign(t.Context()))
		assert.NoError(t, term.Resign(t.Context()))
		assert.Equal(t, 1, e.Resigned())
	})
}

func TestElectorFailsWhenTheTestSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := leadertest.NewElector()
		failed := make(chan error, 1)
		go func() {
			_, err := e.Campaign(context.Background())
			failed <- err
		}()
		synctest.Wait()

		e.Fail(errBoom)
		assert.Equal(t, errBoom, <-failed)
		_, err := e.Campaign(t.Context())
		assert.Equal(t, errBoom, err)

		e.Grant()
		e.FailResign(errBoom)
		term, err := e.Campaign(t.Context())
		require.NoError(t, err)
		assert.Equal(t, errBoom, term.Resign(t.Context()))
		<-term.Lost()
		term, err = e.Campaign(t.Context())
		require.NoError(t, err)
		assert.NoError(t, term.Resign(t.Context()))
	})
}

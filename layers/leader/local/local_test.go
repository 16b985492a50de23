package local_test

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
	"github.com/wireframework/wireframework/layers/leader/local"
	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/service/servicetest"
	"github.com/wireframework/wireframework/wiring"
	"github.com/wireframework/wireframework/wiring/layertest"
)

func TestElectorKeepsThePromises(t *testing.T) {
	leadertest.Run(t, func(testing.TB) (a, b leader.Elector) {
		e := local.NewElector(nil)
		return e, e
	}, leadertest.Virtual(), leadertest.Hold(time.Hour))
}

func TestLayer(t *testing.T) {
	var e leader.Elector
	synctest.Test(t, func(t *testing.T) {
		layertest.Run(t, local.New(), servicetest.Populate(&e))
		layertest.Run(t, local.New(), servicetest.Populate(&e), servicetest.Override[local.LastToken](
			func(context.Context) (int64, error) { return 41, nil }))
	})
}

// stored is a last token as a store has it.
func stored(token *int64, err *error) local.LastToken {
	return func(context.Context) (int64, error) { return *token, *err }
}

func TestTokensGoOnFromThoseOfTheStore(t *testing.T) {
	var token int64
	var failure error
	e := local.NewElector(stored(&token, &failure))
	elect := func() int64 {
		term, err := e.Campaign(t.Context())
		require.NoError(t, err)
		defer term.Resign(t.Context())
		return term.Token()
	}

	assert.Equal(t, int64(1), elect(), "of an empty store")
	token = 41
	assert.Equal(t, int64(42), elect())
	token = 7
	assert.Equal(t, int64(43), elect(), "the elector has given 42")
	token = -7
	assert.Equal(t, int64(44), elect())

	failure = errors.New("no such table")
	_, err := e.Campaign(t.Context())
	assert.EqualError(t, err, "last token: no such table")
	assert.ErrorIs(t, err, failure)
	failure = nil
	assert.Equal(t, int64(45), elect(), "a failure keeps nobody from being elected")
}

func TestALayerProvidesTheTokenOfItsStore(t *testing.T) {
	var e leader.Elector
	b := service.NewBuilder().AddLayer(local.New(), wiring.NewLayer("storage", func(r *wiring.Registry) error {
		r.Provide(func() local.LastToken {
			return func(context.Context) (int64, error) { return 41, nil }
		})
		return nil
	}))
	servicetest.Start(t, b, servicetest.Populate(&e))

	term, err := e.Campaign(t.Context())

	require.NoError(t, err)
	assert.Equal(t, int64(42), term.Token())
}

func TestWithoutAStoreTokensBeginWithOne(t *testing.T) {
	var e leader.Elector
	node := servicetest.Start(t, service.NewBuilder().AddLayer(local.New()), servicetest.Populate(&e))
	assert.Empty(t, node.Service().Warnings())

	term, err := e.Campaign(t.Context())

	require.NoError(t, err)
	assert.Equal(t, int64(1), term.Token())
}

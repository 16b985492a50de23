package prune_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/wireframework/wireframework/examples/ledger/prune"
	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/service/servicetest"
	"github.com/wireframework/wireframework/wiring/layertest"
)

// fakeLedger takes note of what it is to forget.
type fakeLedger struct {
	before []time.Time
	fail   error
}

func (l *fakeLedger) Prune(_ context.Context, before time.Time) (int64, error) {
	l.before = append(l.before, before)
	return 1, l.fail
}

func TestRefusalsAreForgottenWhenTheyAreOld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		l := &fakeLedger{fail: errors.New("connection refused")} // which is a matter of the next run
		n := servicetest.Start(t, service.NewBuilder().AddLayer(prune.New(prune.Options{Interval: time.Hour, Keep: 48 * time.Hour})),
			servicetest.Supply[prune.Ledger](l))
		time.Sleep(2*time.Hour + time.Minute)

		old := began.Add(-48 * time.Hour)
		assert.NoError(t, n.Stop())
		assert.Equal(t, []time.Time{old, old.Add(time.Hour), old.Add(2 * time.Hour)}, l.before)
	})
}

func TestLayer(t *testing.T) {
	layertest.Run(t, prune.New(prune.Options{}), servicetest.Supply[prune.Ledger](&fakeLedger{}))
}

func TestOptionsThatMakeNoSenseAreErrorsOfTheWiring(t *testing.T) {
	_, err := service.NewBuilder().AddLayer(prune.New(prune.Options{Interval: -1, Keep: -1})).Build()
	assert.ErrorContains(t, err, "Interval -1ns is negative")
	assert.ErrorContains(t, err, "Keep -1ns is negative")
}

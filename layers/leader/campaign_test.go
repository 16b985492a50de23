package leader_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/layers/leader"
	"github.com/wireframework/wireframework/layers/leader/leadertest"
	"github.com/wireframework/wireframework/task"
)

func TestTheStopEndsACampaign(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := start(t, leadertest.NewElector(), task.Regular, func(context.Context) error { return errBoom })
		require.Equal(t, 1, n.Waiting())

		n.stop()

		require.True(t, n.ended())
		assert.Equal(t, context.Canceled, n.err)
		assert.Equal(t, 0, n.Waiting())
		assert.Empty(t, n.rt.log.lines(), "that is no failure of the campaign")
	})
}

// stopping is an elector that elects at the moment of the stop.
type stopping struct {
	*leadertest.Elector
	stop context.CancelFunc
}

func (e *stopping) Campaign(ctx context.Context) (leader.Term, error) {
	term, err := e.Elector.Campaign(ctx)
	e.stop()
	return term, err
}

func TestTheStopWinsOverAnElection(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	e := &stopping{Elector: leadertest.NewElector(), stop: stop}
	e.Grant()
	only := leader.Only(e, task.New("sealer", task.Regular, func(context.Context) error { return errBoom }))

	assert.Equal(t, context.Canceled, only.Run(ctx))

	_, leading := e.Leading()
	assert.False(t, leading)
	assert.Equal(t, 1, e.Resigned())
}

func TestCampaignsThatFailAreRepeatedWithGrowingWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var attempts []time.Time
		e := electorFunc(func(context.Context) (leader.Term, error) {
			attempts = append(attempts, time.Now())
			return nil, errBoom
		})
		n := start(t, e, task.Regular, untilStop)

		time.Sleep(30 * time.Second)
		n.stop()
		require.True(t, n.ended())
		assert.Equal(t, context.Canceled, n.err)
		require.Greater(t, len(attempts), 15)
		for i, limit := range []time.Duration{100, 200, 400, 800, 1600, 2000, 2000, 2000, 2000, 2000, 2000, 2000} {
			limit *= time.Millisecond
			wait := attempts[i+1].Sub(attempts[i])
			assert.GreaterOrEqual(t, wait, limit/2)
			assert.Less(t, wait, limit)
		}
		assert.Equal(t, `level=WARN msg="campaign failed" error="disk full"`, n.rt.log.lines()[0])
	})
}

// electorFunc is an elector that is a function.
type electorFunc func(context.Context) (leader.Term, error)

func (f electorFunc) Campaign(ctx context.Context) (leader.Term, error) { return f(ctx) }

func TestAnElectorThatFailsForAWhileElectsAtLast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := start(t, leadertest.NewElector(), task.Regular, untilStop)
		n.Fail(errBoom)
		time.Sleep(time.Minute)

		n.Grant()

		time.Sleep(2 * time.Second)
		_, leading := n.Leading()
		assert.True(t, leading)
	})
}

// waitAfterLoss returns how long a node that has lost waits until it leads again.
func waitAfterLoss(n *node) time.Duration {
	began := time.Now()
	before := n.Resigned()
	n.Revoke()
	n.Grant()
	for {
		if _, leading := n.Leading(); leading && n.Resigned() > before {
			return time.Since(began)
		}
		time.Sleep(time.Millisecond)
		synctest.Wait()
	}
}

func TestOnlyShortTermsMakeTheWaitsLonger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := start(t, leadertest.NewElector(), task.Regular, untilStop)
		n.Grant()
		synctest.Wait()

		for range 6 {
			waitAfterLoss(n)
		}
		assert.Greater(t, waitAfterLoss(n), 900*time.Millisecond)
		time.Sleep(time.Minute)
		assert.Less(t, waitAfterLoss(n), 200*time.Millisecond)
	})
}

package retry_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/layers/retry"
	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/service/servicetest"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

func TestTheStopEndsAWaitAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScript(fail)
		ctx, stop := context.WithCancel(t.Context())
		began := time.Now()
		time.AfterFunc(1500*time.Millisecond, stop)

		err := retry.Task(s.task(), exact).Run(ctx)

		assert.Equal(t, context.Canceled, err)
		assert.Equal(t, 1500*time.Millisecond, time.Since(began))
		assert.Equal(t, 2, s.attempts)
	})
}

func TestTheStopWinsOverAnAttemptThatIsDue(t *testing.T) {
	for range 20 {
		ctx, stop := context.WithCancel(t.Context())
		s := newScript(func(context.Context) error { return backoff.RetryAfter(0) })

		err := retry.Task(s.task(), retry.Options{Notify: func(retry.Event) { stop() }}).Run(ctx)

		assert.Equal(t, context.Canceled, err)
		assert.Equal(t, 1, s.attempts)
		assert.Equal(t, context.Canceled, retry.Task(s.task(), retry.Options{}).Run(ctx), "it has stopped")
		assert.Equal(t, 1, s.attempts)
	}
}

func TestWhatATaskReturnsAfterTheStopIsPassedOn(t *testing.T) {
	for _, result := range []error{nil, context.Canceled, errBoom} {
		ctx, stop := context.WithCancel(t.Context())
		s := newScript(func(context.Context) error {
			stop()
			return result
		})

		assert.Equal(t, result, retry.Task(s.task(), retry.Options{}).Run(ctx))
		assert.Equal(t, 1, s.attempts)
	}
}

func TestTheStopTimeoutOfTheInnerTaskCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var drained time.Duration
		inner := task.New("fetcher", task.Regular, func(ctx context.Context) error {
			<-ctx.Done()
			began := time.Now()
			<-task.Drain(ctx).Done()
			drained = time.Since(began)
			return nil
		})
		node := servicetest.Start(t, service.NewBuilder().AddLayer(wiring.NewLayer("fetching", func(r *wiring.Registry) error {
			r.ProvideTask(func() task.Task {
				return retry.Task(task.WithStopTimeout(inner, 7*time.Second), exact)
			})
			return nil
		})))
		synctest.Wait()

		require.NoError(t, node.Stop())

		assert.Equal(t, 7*time.Second, drained)
	})
}

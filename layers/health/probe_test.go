package health_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/layers/health"
	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

// counted returns a check that counts its calls.
func counted(name string, cache time.Duration, calls *int) health.Check {
	return health.Check{Name: name, Cache: cache, Check: func(context.Context) error {
		*calls++
		return nil
	}}
}

// withChecks runs a node with a task and checks.
func withChecks(t *testing.T, checks ...health.Check) *node {
	t.Helper()
	return run(t, []wiring.Layer{
		health.New(health.Options{}),
		checking("checks", checks...),
		working(waits("work", task.Regular)),
	})
}

func TestEachCheckHasItsOwnCacheTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var byDefault, long, never int
		n := withChecks(t, counted("default", 0, &byDefault), counted("long", time.Minute, &long), counted("never", -1, &never))
		for range 120 { // a minute, in steps of half a second
			n.status("/readyz")
			time.Sleep(500 * time.Millisecond)
		}
		require.NoError(t, n.stop())

		assert.Equal(t, 40, byDefault, "a second has to be over, so it is every third request")
		assert.Equal(t, 1, long)
		assert.Equal(t, 120, never)
	})
}

func TestAFailureIsCachedToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		n := withChecks(t, health.Check{Name: "postgres", Cache: time.Minute, Check: func(context.Context) error {
			calls++
			return errRefused
		}})
		for range 10 {
			assert.Equal(t, 503, n.status("/readyz"))
		}
		require.NoError(t, n.stop())

		assert.Equal(t, 1, calls)
	})
}

func TestLivezRunsNoCheck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		n := withChecks(t, counted("check", 0, &calls))
		assert.Equal(t, 200, n.status("/livez?verbose"))
		require.NoError(t, n.stop())

		assert.Zero(t, calls)
	})
}

func TestConcurrentRequestsShareOneRunOfACheck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls, atOnce, most atomic.Int32
		n := withChecks(t, health.Check{Name: "slow", Cache: -1, Check: func(context.Context) error {
			calls.Add(1)
			most.Store(max(most.Load(), atOnce.Add(1)))
			defer atOnce.Add(-1)
			time.Sleep(time.Second)
			return nil
		}})
		begin := time.Now()
		var requests sync.WaitGroup
		for i := range 100 {
			requests.Go(func() {
				time.Sleep(time.Duration(i) * time.Millisecond)
				assert.Equal(t, 200, n.status("/readyz"))
			})
		}
		requests.Wait()
		require.NoError(t, n.stop())

		assert.Equal(t, time.Second, time.Since(begin))
		assert.EqualValues(t, 1, calls.Load())
		assert.EqualValues(t, 1, most.Load())
	})
}

func TestChecksRunAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		second := func(context.Context) error { time.Sleep(time.Second); return nil }
		n := withChecks(t, health.Check{Name: "a", Check: second}, health.Check{Name: "b", Check: second})
		begin := time.Now()
		assert.Equal(t, 200, n.status("/readyz"))
		assert.Equal(t, time.Second, time.Since(begin))
		require.NoError(t, n.stop())
	})
}

func TestACheckThatHangsIsCalledOnceAndNeverBlocksLongerThanItsTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int32
		release := make(chan struct{})
		n := withChecks(t, health.Check{Name: "stuck", Timeout: 3 * time.Second, Check: func(context.Context) error {
			calls.Add(1)
			<-release
			return nil
		}})

		begin := time.Now()
		status, body := n.get("/readyz?verbose")
		assert.Equal(t, 503, status)
		assert.Contains(t, body, "[-]stuck failed: no answer within 3s\n")
		assert.Equal(t, 3*time.Second, time.Since(begin))

		time.Sleep(2 * time.Second)
		for range 100 {
			begin = time.Now()
			status, body = n.get("/readyz?verbose")
			assert.Equal(t, 503, status)
			assert.Contains(t, body, "[-]stuck failed: no answer for 5s\n")
			assert.Zero(t, time.Since(begin))
		}
		assert.EqualValues(t, 1, calls.Load())

		close(release)
		time.Sleep(2 * time.Second)
		assert.Equal(t, 200, n.status("/readyz"))
		assert.EqualValues(t, 2, calls.Load(), "it is called again once it has returned")
		require.NoError(t, n.stop())
	})
}

func TestAClientThatGoesAwayDoesNotCancelACheck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := withChecks(t, health.Check{Name: "slow", Check: func(ctx context.Context) error {
			select {
			case <-time.After(time.Second):
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}})
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		begin := time.Now()
		n.serve(local("/readyz").WithContext(ctx))
		assert.Equal(t, 100*time.Millisecond, time.Since(begin), "nobody waits for the answer any more")

		assert.Equal(t, 200, n.status("/readyz"))
		require.NoError(t, n.stop())
	})
}

func TestAPanicInACheckIsAFailureAndInTheLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		n := run(t, []wiring.Layer{
			health.New(health.Options{}),
			checking("checks", health.Check{Name: "broken", Check: func(context.Context) error { panic("nil map") }}),
			working(waits("work", task.Regular)),
		}, service.Logger(slog.New(slog.NewTextHandler(&log, nil))))
		_, body := n.get("/readyz?verbose")
		require.NoError(t, n.stop())

		assert.Contains(t, body, "[-]broken failed: panic: nil map\n")
		assert.Contains(t, log.String(), "probe_test.go", "the stack")
	})
}

func TestTheLogTellsOfChangesOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		var down atomic.Bool
		n := run(t, []wiring.Layer{
			health.New(health.Options{}),
			checking("checks", health.Check{Name: "postgres", Check: func(context.Context) error {
				if down.Load() {
					return errRefused
				}
				return nil
			}}),
			working(waits("work", task.Regular)),
		}, service.Logger(slog.New(slog.NewTextHandler(&log, nil))))
		for i := range 30 {
			down.Store(i >= 10 && i < 20)
			n.status("/readyz")
			time.Sleep(2 * time.Second)
		}
		require.NoError(t, n.stop())

		assert.Equal(t, 1, bytes.Count(log.Bytes(), []byte(`msg="health check fails" check=postgres error="connection refused"`)), log.String())
		assert.Equal(t, 1, bytes.Count(log.Bytes(), []byte(`msg="health check passes again" check=postgres`)), log.String())
		assert.Equal(t, 2, bytes.Count(log.Bytes(), []byte("health check")), log.String())
	})
}

// closing is a layer with something that a check uses.
func closing(closed *atomic.Bool, check func(context.Context) error) wiring.Layer {
	type pool struct{ _ int }
	return wiring.NewLayer("pool", func(r *wiring.Registry) error {
		r.Provide(func(hooks *wiring.ShutdownHooks) *pool {
			hooks.Add("close-pool", func(context.Context) error { closed.Store(true); return nil })
			return &pool{}
		})
		r.Provide(func(*pool) health.Check {
			return health.Check{Name: "pool", Timeout: time.Minute, Check: check}
		}, wiring.Group("health"))
		return nil
	})
}

func TestChecksHaveEndedBeforeWhatTheyUseIsClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var closed, closedTooEarly atomic.Bool
		var calls atomic.Int32
		n := run(t, []wiring.Layer{health.New(health.Options{}), working(waits("work", task.Regular)),
			closing(&closed, func(ctx context.Context) error {
				calls.Add(1)
				<-ctx.Done()
				time.Sleep(100 * time.Millisecond)
				closedTooEarly.Store(closed.Load())
				return ctx.Err()
			})})
		var requests sync.WaitGroup
		requests.Go(func() { assert.Equal(t, 503, n.status("/readyz")) })
		synctest.Wait()

		require.NoError(t, n.stop())
		requests.Wait()

		assert.True(t, closed.Load())
		assert.False(t, closedTooEarly.Load())
		time.Sleep(time.Minute) // past the time that the result counts
		assert.Equal(t, 503, n.status("/readyz"))
		synctest.Wait()
		assert.EqualValues(t, 1, calls.Load(), "what is closed is not checked")
	})
}

func TestACheckThatOutlivesTheNodeIsNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var closed atomic.Bool
		release := make(chan struct{})
		n := run(t, []wiring.Layer{health.New(health.Options{}), working(waits("work", task.Regular)),
			closing(&closed, func(context.Context) error { <-release; return nil })})
		var requests sync.WaitGroup
		requests.Go(func() { n.status("/readyz") })
		synctest.Wait()

		err := n.stop()
		requests.Wait()
		close(release)

		failed, ok := errors.AsType[*service.HookError](err)
		require.True(t, ok, "%v", err)
		assert.Equal(t, "health-checks", failed.Name)
		assert.EqualError(t, failed.Err, "checks ignore the end of their context: pool")
		assert.True(t, closed.Load())
	})
}

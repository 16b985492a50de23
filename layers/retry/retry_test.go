package retry_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/layers/leader"
	"github.com/wireframework/wireframework/layers/retry"
	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/service/servicetest"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/task/tasktest"
	"github.com/wireframework/wireframework/wiring"
)

func TestATaskThatFailsIsRunAgainAfterGrowingWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := failing(7)
		o := exact
		o.MaxWait = 10 * time.Second

		err := retry.Task(s.task(), o).Run(t.Context())

		assert.NoError(t, err)
		assert.Equal(t, seconds(0, 1, 3, 7, 15, 25, 35, 45), s.started)
	})
}

func TestWaitsDifferByChance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		waits := make(map[time.Duration]bool)
		for range 50 {
			s := newScript(fail, succeed)
			require.NoError(t, retry.Task(s.task(), retry.Options{}).Run(t.Context()))
			wait := s.started[1]
			assert.GreaterOrEqual(t, wait, 250*time.Millisecond)
			assert.LessOrEqual(t, wait, 750*time.Millisecond+1)
			waits[wait] = true
		}
		assert.Greater(t, len(waits), 40)
	})
}

func TestAnEndOfATaskThatIsPassedOn(t *testing.T) {
	permanent := retry.Permanent(errBoom)
	tests := []struct {
		name string
		err  error
	}{
		{name: "nil"},
		{name: "a permanent error", err: permanent},
		{name: "a permanent error that is wrapped", err: fmt.Errorf("fetch: %w", permanent)},
		{name: "a permanent error of backoff", err: backoff.Permanent(errBoom)},
		{name: "a loss of leadership", err: fmt.Errorf("seal: %w", leader.ErrLost)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newScript(func(context.Context) error { return tt.err })

			err := retry.Task(s.task(), retry.Options{}).Run(t.Context())

			assert.Equal(t, tt.err, err)
			assert.Equal(t, 1, s.attempts)
		})
	}
	assert.NoError(t, retry.Permanent(nil))
	assert.ErrorIs(t, permanent, errBoom)
}

func TestAnIntervalThatIsNotPositiveIsNotRetried(t *testing.T) {
	for name, loop := range map[string]task.Task{
		"Periodic": task.Periodic("pruner", 0, succeed),
		"Poll":     task.Poll("schema-ready", 0, func(context.Context) (bool, error) { return true, nil }),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				err := retry.Task(loop, retry.Options{MaxAttempts: 3}).Run(t.Context())

				assert.Equal(t, &task.IntervalError{Interval: 0}, err)
			})
		})
	}
}

func TestAnErrorMaySayHowLongToWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScript(func(context.Context) error { return fmt.Errorf("status 429: %w", backoff.RetryAfter(17)) }, fail, succeed)

		require.NoError(t, retry.Task(s.task(), exact).Run(t.Context()))

		assert.Equal(t, seconds(0, 17, 19), s.started)
	})
}

func TestEachAttemptHasAContextThatEndsWithIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		type key struct{}
		var all []context.Context
		s := newScript(func(ctx context.Context) error {
			assert.NoError(t, ctx.Err())
			assert.Equal(t, "value", ctx.Value(key{}))
			if all = append(all, ctx); len(all) < 3 {
				return errBoom
			}
			return nil
		})

		require.NoError(t, retry.Task(s.task(), exact).Run(context.WithValue(t.Context(), key{}, "value")))

		for _, ctx := range all {
			assert.Error(t, ctx.Err())
		}
	})
}

func TestEachRetryIsLoggedAndTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		var events []retry.Event
		o := exact
		o.Panics = true
		o.Notify = func(e retry.Event) { events = append(events, e) }
		s := newScript(fail, func(context.Context) error { panic("boom") }, succeed)
		b := service.NewBuilder(service.Logger(slog.New(slog.NewTextHandler(&out, nil)))).
			AddLayer(wiring.NewLayer("fetching", func(r *wiring.Registry) error {
				r.ProvideTask(func() task.Task { return task.WithKind(retry.Task(s.task(), o), task.Oneshot) })
				return nil
			}))

		svc, err := b.Build()
		require.NoError(t, err)
		require.NoError(t, svc.Run(t.Context()))

		require.Len(t, events, 2)
		assert.Equal(t, retry.Event{Task: "fetcher", Err: errBoom, Attempt: 1, Wait: time.Second}, events[0])
		assert.Equal(t, 2, events[1].Attempt)
		assert.Equal(t, 2*time.Second, events[1].Wait)
		assert.EqualError(t, events[1].Err, "panic: boom")
		var lines []string
		for line := range strings.Lines(out.String()) {
			if _, text, ok := strings.Cut(line, "level=WARN "); ok {
				text, _, _ = strings.Cut(strings.TrimSpace(text), " stack=")
				lines = append(lines, text)
			}
		}
		assert.Equal(t, []string{
			`msg="task failed, will be retried" task=fetcher layer=fetching attempt=1 wait=1s error="connection refused"`,
			`msg="task failed, will be retried" task=fetcher layer=fetching attempt=2 wait=2s error="panic: boom"`,
		}, lines)
		assert.Contains(t, out.String(), " stack=")
	})
}

func TestAPreconditionThatIsRetriedOpensTheGate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := failing(2)
		began := time.Now()

		node := servicetest.Start(t, service.NewBuilder().AddLayer(wiring.NewLayer("storage", func(r *wiring.Registry) error {
			r.ProvideTask(func() task.Task {
				return retry.Task(task.New("schema-ready", task.Precondition, s.run), exact)
			})
			r.ProvideTask(func() task.Task { return task.New("sealer", task.Regular, untilStop) })
			return nil
		})))

		assert.Equal(t, 3*time.Second, time.Since(began))
		assert.NoError(t, node.Stop())
	})
}

func TestTaskKeepsNameAndKind(t *testing.T) {
	for kind := task.Regular; kind <= task.Daemon; kind++ {
		retried := retry.Task(task.New("fetcher", kind, succeed), retry.Options{})

		assert.Equal(t, task.ID("fetcher"), retried.ID())
		assert.Equal(t, kind, retried.Kind())
	}
	assert.PanicsWithValue(t, "retry: Task needs a task, got nil", func() { retry.Task(nil, retry.Options{}) })
}

func TestTaskKeepsThePromisesOfATask(t *testing.T) {
	t.Run("that runs", func(t *testing.T) {
		tasktest.Run(t, func() task.Task { return retry.Task(newScript(untilStop).task(), retry.Options{}) })
	})
	t.Run("that fails again and again", func(t *testing.T) {
		tasktest.Run(t, func() task.Task { return retry.Task(newScript(fail).task(), retry.Options{}) })
	})
	t.Run("that fails after a while", func(t *testing.T) {
		tasktest.Run(t, func() task.Task { return retry.Task(newScript(failAfter(7*time.Second)).task(), retry.Options{}) })
	})
}

package task_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/task/tasktest"
)

// calls notes when a step begins, in virtual time since newCalls, and fails the
// test if two overlap.
type calls struct {
	t       *testing.T
	begin   time.Time
	running bool
	at      []time.Duration
}

func newCalls(t *testing.T) *calls { return &calls{t: t, begin: time.Now()} }

// step takes d and returns how many steps have been begun.
func (c *calls) step(d time.Duration) int {
	assert.False(c.t, c.running, "steps overlap")
	c.running = true
	defer func() { c.running = false }()
	c.at = append(c.at, time.Since(c.begin))
	time.Sleep(d)
	return len(c.at)
}

func seconds(s ...float64) []time.Duration {
	d := make([]time.Duration, len(s))
	for i := range s {
		d[i] = time.Duration(s[i] * float64(time.Second))
	}
	return d
}

func TestPeriodicTicksAtOnceAndThenEveryInterval(t *testing.T) {
	tests := []struct {
		name string
		step func(n int) time.Duration // how long the n-th tick takes, in intervals of 10 s
		want []time.Duration
	}{
		{
			name: "ticks that take no time",
			step: func(int) time.Duration { return 0 },
			want: seconds(0, 10, 20, 30, 40, 50),
		},
		{
			name: "ticks shorter than the interval do not shift the next",
			step: func(int) time.Duration { return 9 * time.Second },
			want: seconds(0, 10, 20, 30, 40, 50),
		},
		{
			name: "ticks as long as the interval follow one another",
			step: func(int) time.Duration { return 10 * time.Second },
			want: seconds(0, 10, 20, 30, 40, 50),
		},
		{
			name: "the ticks that a long one misses are dropped",
			step: func(n int) time.Duration {
				if n == 2 {
					return 25 * time.Second
				}
				return time.Second
			},
			want: seconds(0, 10, 40, 50),
		},
		{
			name: "a tick that is due when a long one ends is not missed",
			step: func(n int) time.Duration {
				if n == 1 {
					return 20 * time.Second
				}
				return time.Second
			},
			want: seconds(0, 20, 30, 40, 50),
		},
		{
			name: "every tick is too long",
			step: func(int) time.Duration { return 15 * time.Second },
			want: seconds(0, 20, 40),
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, stop := context.WithTimeout(t.Context(), 59*time.Second)
				defer stop()
				calls := newCalls(t)
				periodic := task.Periodic("pruner", 10*time.Second, func(context.Context) error {
					calls.step(tt.step(len(calls.at) + 1))
					return nil
				})

				require.NoError(t, periodic.Run(ctx))

				assert.Equal(t, tt.want, calls.at)
			})
		})
	}
}

func TestPeriodicIsARegularTask(t *testing.T) {
	periodic := task.Periodic("pruner", time.Second, nothing)

	assert.Equal(t, task.ID("pruner"), periodic.ID())
	assert.Equal(t, task.Regular, periodic.Kind())
}

func TestPollIsAPrecondition(t *testing.T) {
	poll := task.Poll("schema-ready", time.Second, func(context.Context) (bool, error) { return true, nil })

	assert.Equal(t, task.ID("schema-ready"), poll.ID())
	assert.Equal(t, task.Precondition, poll.Kind())
}

func TestPeriodicEndsWithTheFirstErrorOfATick(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := newCalls(t)
		periodic := task.Periodic("pruner", time.Second, func(context.Context) error {
			if calls.step(0) == 3 {
				return errBoom
			}
			return nil
		})

		assert.Same(t, errBoom, periodic.Run(t.Context()))
		assert.Equal(t, seconds(0, 1, 2), calls.at)
	})
}

func TestPeriodicReturnsWhatATickReturnsBeforeTheStop(t *testing.T) {
	periodic := task.Periodic("pruner", time.Second, func(context.Context) error {
		return context.Canceled // of a context of its own
	})

	assert.ErrorIs(t, periodic.Run(t.Context()), context.Canceled)
}

func TestPeriodicReturnsNilOnceItIsStopped(t *testing.T) {
	tests := []struct {
		name string
		tick func(ctx context.Context, stop func()) error
		want error
	}{
		{
			name: "between two ticks",
			tick: func(_ context.Context, stop func()) error {
				time.AfterFunc(time.Second, stop)
				return nil
			},
		},
		{
			name: "during a tick that does not care",
			tick: func(_ context.Context, stop func()) error {
				stop()
				return nil
			},
		},
		{
			name: "during a tick that returns the error of its context",
			tick: func(ctx context.Context, stop func()) error {
				time.AfterFunc(time.Second, stop)
				<-ctx.Done()
				return fmt.Errorf("prune: %w", ctx.Err())
			},
		},
		{
			name: "during a tick that fails for its own reason, which is not hidden",
			tick: func(_ context.Context, stop func()) error {
				stop()
				return errBoom
			},
			want: errBoom,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, stop := context.WithCancel(t.Context())
				defer stop()
				calls := newCalls(t)
				periodic := task.Periodic("pruner", time.Minute, func(ctx context.Context) error {
					calls.step(0)
					return tt.tick(ctx, stop)
				})

				err := periodic.Run(ctx)

				assert.Equal(t, tt.want, err)
				assert.Equal(t, seconds(0), calls.at)
				assert.Less(t, time.Since(calls.begin), time.Minute, "the stop interrupts the wait")
			})
		})
	}
}

func TestPollAsksAtOnceAndThenEveryIntervalUntilTheAnswerIsYes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := newCalls(t)
		poll := task.Poll("schema-ready", 10*time.Second, func(context.Context) (bool, error) {
			n := calls.step(0)
			if n == 2 {
				time.Sleep(25 * time.Second)
			}
			return n == 4, nil
		})

		require.NoError(t, poll.Run(t.Context()))

		assert.Equal(t, seconds(0, 10, 40, 50), calls.at)
		assert.Equal(t, 50*time.Second, time.Since(calls.begin), "it returns with the answer")
	})
}

func TestPollEndsWithTheFirstErrorOfACheck(t *testing.T) {
	for _, done := range []bool{false, true} {
		poll := task.Poll("schema-ready", time.Second, func(context.Context) (bool, error) { return done, errBoom })

		assert.Same(t, errBoom, poll.Run(t.Context()), "done: %v", done)
	}
}

func TestPollReturnsTheErrorOfTheContextIfTheStopComesFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancelCause(t.Context())
		time.AfterFunc(15*time.Second, func() { stop(errBoom) })
		calls := newCalls(t)
		poll := task.Poll("schema-ready", 10*time.Second, func(context.Context) (bool, error) {
			calls.step(0)
			return false, nil
		})

		err := poll.Run(ctx)

		assert.Equal(t, context.Canceled, err)
		assert.Equal(t, seconds(0, 10), calls.at)
		assert.Equal(t, 15*time.Second, time.Since(calls.begin))
	})
}

func TestASuccessOfPollCountsEvenIfTheStopHasCome(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	poll := task.Poll("schema-ready", time.Second, func(context.Context) (bool, error) {
		stop()
		return true, nil
	})

	assert.NoError(t, poll.Run(ctx))
}

// The loop itself decides for the stop; a select over both would choose at random,
// so this is tried often.
func TestTheStopWinsOverAStepThatIsDueAtTheSameMoment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for range 200 {
			ctx, stop := context.WithCancel(t.Context())
			steps := 0
			// The stop comes within the first step, which ends when the second is due.
			step := func(context.Context) error {
				steps++
				time.AfterFunc(time.Second, stop)
				time.Sleep(time.Second)
				synctest.Wait()
				return nil
			}

			assert.NoError(t, task.Periodic("pruner", time.Second, step).Run(ctx))

			require.Equal(t, 1, steps)
		}
	})
}

func TestNothingIsCalledIfTheStopCameBefore(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	stop()
	called := false
	step := func(context.Context) (bool, error) {
		called = true
		return true, nil
	}

	assert.ErrorIs(t, task.Poll("schema-ready", time.Second, step).Run(ctx), context.Canceled)
	assert.NoError(t, task.Periodic("pruner", time.Second, func(ctx context.Context) error {
		_, err := step(ctx)
		return err
	}).Run(ctx))
	assert.False(t, called)
}

func TestAnIntervalThatIsNotPositiveIsAnErrorOfTheRun(t *testing.T) {
	for _, interval := range []time.Duration{0, -time.Second} {
		called := errors.New("called")
		periodic := task.Periodic("pruner", interval, func(context.Context) error { return called })
		poll := task.Poll("schema-ready", interval, func(context.Context) (bool, error) { return true, called })
		want := fmt.Sprintf("interval %v is not positive", interval)

		assert.EqualError(t, periodic.Run(t.Context()), want)
		assert.EqualError(t, poll.Run(t.Context()), want)
		assert.Equal(t, &task.IntervalError{Interval: interval}, poll.Run(t.Context()))
	}
}

func TestAStepGetsTheContextOfItsTask(t *testing.T) {
	ctx := context.WithValue(t.Context(), key{}, "value")
	poll := task.Poll("schema-ready", time.Second, func(ctx context.Context) (bool, error) {
		return ctx.Value(key{}) == "value", nil
	})

	assert.NoError(t, poll.Run(ctx))
}

func TestLoopsKeepThePromisesOfATask(t *testing.T) {
	t.Run("Periodic", func(t *testing.T) {
		tasktest.Run(t, func() task.Task {
			return task.Periodic("pruner", 7*time.Second, func(ctx context.Context) error {
				select {
				case <-ctx.Done():
					return ctx.Err()
				case <-time.After(10 * time.Second):
					return nil
				}
			})
		})
	})
	t.Run("Poll", func(t *testing.T) {
		tasktest.Run(t, func() task.Task {
			return task.Poll("schema-ready", time.Second, func(context.Context) (bool, error) { return false, nil })
		})
	})
}

package service_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
)

type contextKey struct{}

// drained is what a task has seen of its drain.
type drained struct {
	alive time.Duration // from the start of the service to its end
	err   error
	cause error
	value any
}

// watchDrain returns a task that waits for the end of its drain and returns nil.
func watchDrain(kind task.Kind, seen *drained, beforeStop bool) task.Task {
	return task.New("server", kind, func(ctx context.Context) error {
		began := time.Now()
		var drain context.Context
		if beforeStop {
			drain = task.Drain(ctx)
			<-ctx.Done()
		} else {
			<-ctx.Done()
			drain = task.Drain(ctx)
		}
		if drain.Err() != nil {
			return errBoom
		}
		derived, cancel := context.WithTimeout(drain, time.Hour)
		defer cancel()
		<-derived.Done()
		*seen = drained{time.Since(began), drain.Err(), context.Cause(drain), drain.Value(contextKey{})}
		return nil
	})
}

func TestRow21DrainEndsAtTheStopDeadline(t *testing.T) {
	second := time.Second
	tests := []struct {
		name string
		opts options
		own  time.Duration // timeout of the task itself; 0 for none
		want time.Duration // from the stop request
	}{
		{"the default", nil, 0, 20 * second},
		{"of the service", options{service.StopTimeout(3 * second)}, 0, 3 * second},
		{"of the task", nil, 2 * second, 2 * second},
		{"of the task, longer", options{service.StopTimeout(3 * second)}, 7 * second, 7 * second},
		{"after a drain delay", options{service.StopTimeout(3 * second), service.DrainDelay(4 * second)}, 0, 7 * second},
		{"of the task, after a drain delay", options{service.DrainDelay(4 * second)}, 2 * second, 6 * second},
		{"of the whole stop", options{service.StopTimeout(time.Hour)}, 0, 30*second - 100*time.Millisecond},
		{"of the whole stop, before that of the task", nil, time.Hour, 30*second - 100*time.Millisecond},
		{"of the whole stop, which is short", options{service.ShutdownTimeout(100 * time.Millisecond)}, 0, 75 * time.Millisecond},
	}
	for _, tt := range tests {
		for _, before := range []bool{true, false} {
			for _, kind := range []task.Kind{task.Regular, task.Daemon} {
				name := tt.name + ", " + kind.String()
				if before {
					name += ", asked for before the stop"
				}
				t.Run(name, func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						var seen drained
						server := watchDrain(kind, &seen, before)
						if tt.own != 0 {
							server = task.WithStopTimeout(server, tt.own)
						}
						ctx := context.WithValue(context.Background(), contextKey{}, "value")
						n := runWith(ctx, build(t, tt.opts, provide("test", server, waits("other", task.Regular))))
						<-n.Ready()
						synctest.Wait()
						n.Stop(nil)

						require.NoError(t, n.wait())
						assert.Equal(t, drained{tt.want, context.DeadlineExceeded, context.DeadlineExceeded, "value"}, seen)
						assert.Equal(t, tt.want, n.took)
						assert.Equal(t, []string{"server done", "other done"}, tasks(n.Status()), "it returns at the end of the drain")
					})
				})
			}
		}
	}
}

func TestRow21TaskHasAMomentAfterItsDrain(t *testing.T) {
	tests := []struct {
		name  string
		opts  options
		extra time.Duration // from the end of the drain to the return; 0 hangs
		err   error
		want  string
		errs  int
		took  time.Duration
	}{
		{"it returns at once", nil, time.Nanosecond, nil, "server done", 0, 20*time.Second + 1},
		{"it returns the error of the drain", nil, time.Nanosecond, context.DeadlineExceeded, "server failed", 1, 20*time.Second + 1},
		{"it returns within the moment", nil, 99 * time.Millisecond, nil, "server done", 0, 20*time.Second + 99*time.Millisecond},
		{"it hangs", nil, 0, nil, "server abandoned", 1, 20*time.Second + 100*time.Millisecond},
		{"it hangs at the end of the whole stop", options{service.StopTimeout(time.Hour)}, 0, nil, "server abandoned", 1, 30 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				over := untilEnd(t)
				n := run(build(t, tt.opts, provide("test", task.New("server", task.Regular, func(ctx context.Context) error {
					<-ctx.Done()
					<-task.Drain(ctx).Done()
					if tt.extra == 0 {
						<-over
					}
					time.Sleep(tt.extra)
					return tt.err
				}))))
				<-n.Ready()
				synctest.Wait()
				n.Stop(nil)

				assert.Len(t, messages(n.wait()), tt.errs)
				assert.Equal(t, []string{tt.want}, tasks(n.Status()))
				assert.Equal(t, tt.took, n.took)
			})
		})
	}
}

// A drain that somebody asks for when the task is over is over itself.
func TestRow21DrainIsNotAliveAfterItsTask(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		over := untilEnd(t)
		returned, abandoned := make(chan context.Context, 1), make(chan context.Context, 1)
		n := run(build(t, nil, provide("test",
			task.New("returns", task.Oneshot, func(ctx context.Context) error {
				returned <- ctx
				return nil
			}),
			task.New("hangs", task.Regular, func(ctx context.Context) error {
				abandoned <- ctx
				<-over
				return nil
			}),
		)))
		<-n.Ready()
		synctest.Wait()

		late := task.Drain(<-returned)
		assert.ErrorIs(t, late.Err(), context.Canceled)
		<-late.Done()

		hung := <-abandoned
		n.Stop(nil)
		require.Error(t, n.wait())
		late = task.Drain(hung)
		assert.ErrorIs(t, late.Err(), context.DeadlineExceeded)
		<-late.Done()
	})
}

func TestRow21DrainEndsWithItsTask(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var drain context.Context
		n := run(build(t, nil, provide("test",
			task.New("short", task.Oneshot, func(ctx context.Context) error {
				drain = task.Drain(ctx)
				return nil
			}),
			waits("regular", task.Regular),
		)))
		<-n.Ready()
		synctest.Wait()

		assert.ErrorIs(t, drain.Err(), context.Canceled)
		<-drain.Done()
		n.Stop(nil)
		require.NoError(t, n.wait())
	})
}

func TestRow21EveryDrainOfATaskEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ends []time.Duration
		server := task.New("server", task.Regular, func(ctx context.Context) error {
			first := task.Drain(ctx)
			<-ctx.Done()
			began, second := time.Now(), task.Drain(ctx)
			for _, drain := range []context.Context{first, second} {
				<-drain.Done()
				ends = append(ends, time.Since(began))
			}
			return nil
		})
		n := run(build(t, options{service.StopTimeout(3 * time.Second)}, provide("test", server)))
		synctest.Wait()
		n.Stop(nil)
		require.NoError(t, n.wait())
		assert.Equal(t, []time.Duration{3 * time.Second, 3 * time.Second}, ends)
	})
}

package service_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

// signalLike is a cause as signal.NotifyContext gives it.
type signalLike struct{}

func (signalLike) Error() string        { return "interrupt signal received" }
func (signalLike) Is(target error) bool { return target == context.Canceled }

// ends are the ways in which a context can end after a second, or has ended already.
var ends = []struct {
	name  string
	ctx   func(after time.Duration) context.Context
	cause error
	fails bool
}{
	{"cancelled", cancelled(nil), context.Canceled, false},
	{"by a signal", cancelled(signalLike{}), signalLike{}, false},
	{"with a cause that wraps a cancellation", cancelled(fmt.Errorf("wrapped: %w", context.Canceled)), context.Canceled, false},
	{"with a cause", cancelled(errBoom), errBoom, true},
	{"at a deadline", func(after time.Duration) context.Context {
		ctx, cancel := context.WithTimeout(context.Background(), after)
		time.AfterFunc(time.Hour, cancel)
		return ctx
	}, context.DeadlineExceeded, true},
}

func cancelled(cause error) func(time.Duration) context.Context {
	return func(after time.Duration) context.Context {
		ctx, cancel := context.WithCancelCause(context.Background())
		if after == 0 {
			cancel(cause)
		} else {
			time.AfterFunc(after, func() { cancel(cause) })
		}
		return ctx
	}
}

// phases are layers that keep a service in a phase until it is stopped.
var phases = map[service.Phase]func() wiring.Layer{
	service.PhaseWiring: func() wiring.Layer {
		return layer("test", func(r *wiring.Registry) {
			r.ProvideTask(func(ctx context.Context) (task.Task, error) {
				<-ctx.Done()
				return nil, context.Cause(ctx)
			})
		})
	},
	service.PhaseWaiting: func() wiring.Layer {
		return provide("test", waits("check", task.Precondition), waits("regular", task.Regular))
	},
	service.PhaseRunning: func() wiring.Layer { return provide("test", waits("regular", task.Regular)) },
}

func TestRow23EndOfTheContextStops(t *testing.T) {
	for _, end := range ends {
		for phase, layer := range phases {
			t.Run(fmt.Sprintf("%s while %v", end.name, phase), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					n := runWith(end.ctx(time.Second), build(t, nil, layer()))
					synctest.Wait()
					assert.Equal(t, phase, n.Status().Phase)

					err := n.wait()
					if end.fails {
						assert.Equal(t, end.cause, err)
					} else {
						assert.NoError(t, err)
					}
					assert.ErrorIs(t, n.Status().Cause, end.cause)
					assert.Equal(t, time.Second, n.took)
				})
			})
		}
	}
}

// What ends the context of Run does not end those of the tasks: the stop does.
func TestRow23TasksHaveTheValuesOfTheContextAndNoDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(context.WithValue(context.Background(), contextKey{}, "value"), time.Second)
		defer cancel()
		var told context.Context
		n := runWith(ctx, build(t, options{service.DrainDelay(time.Second)}, provide("test", task.New("regular", task.Regular, func(ctx context.Context) error {
			told = ctx
			<-ctx.Done()
			return nil
		}))))

		assert.Equal(t, context.DeadlineExceeded, n.wait())
		_, ok := told.Deadline()
		assert.False(t, ok)
		assert.Equal(t, "value", told.Value(contextKey{}))
		assert.Equal(t, context.Canceled, told.Err())
		assert.Equal(t, context.DeadlineExceeded, context.Cause(told))
		assert.Equal(t, 2*time.Second, n.took, "the drain delay is waited for")
	})
}

func TestRow23EndOfTheContextIsFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		n := runWith(ctx, build(t, nil, provide("test", waits("regular", task.Regular))))
		<-n.Ready()
		cancel()
		n.Stop(errBoom) // too late

		assert.NoError(t, n.wait())
		assert.Equal(t, context.Canceled, n.Status().Cause)
	})
}

func TestRow24StopWithAndWithoutACause(t *testing.T) {
	for phase, layer := range phases {
		for _, cause := range []error{nil, errBoom, context.Canceled} {
			t.Run(fmt.Sprintf("%v while %v", cause, phase), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					n := run(build(t, nil, layer()))
					time.Sleep(time.Second)
					n.Stop(cause)

					assert.Equal(t, cause, n.wait())
					if cause == nil {
						cause = service.ErrStopRequested
					}
					assert.Equal(t, cause, n.Status().Cause)
					assert.Equal(t, time.Second, n.took)
				})
			})
		}
	}
}

func TestRow25StopBeforeRun(t *testing.T) {
	type before struct {
		name string
		stop func(s *service.Service) context.Context
		want error
	}
	tests := []before{
		{"Stop without a cause", func(s *service.Service) context.Context { s.Stop(nil); return context.Background() }, nil},
		{"Stop with a cause", func(s *service.Service) context.Context { s.Stop(errBoom); return context.Background() }, errBoom},
	}
	for _, end := range ends {
		want := end.cause
		if !end.fails {
			want = nil
		}
		tests = append(tests, before{"context " + end.name, func(*service.Service) context.Context { return end.ctx(0) }, want})
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				constructed := false
				tr := newTrace()
				s := build(t, options{service.Observe(tr.observe)}, layer("test", func(r *wiring.Registry) {
					r.Invoke(func() { constructed = true })
					r.ProvideTask(func(h *wiring.ShutdownHooks) task.Task {
						constructed = true
						return waits("regular", task.Regular)
					})
				}))
				ctx := tt.stop(s)
				assert.Equal(t, service.PhaseBuilt, s.Status().Phase)

				assert.Equal(t, tt.want, s.Run(ctx))
				assert.False(t, constructed)
				assert.False(t, isReady(s))
				status := s.Status()
				assert.Empty(t, status.Tasks)
				assert.Equal(t, []string{
					"0s layer test",
					"0s stop: " + status.Cause.Error(),
					"0s phase built -> stopping",
					"0s phase stopping -> stopped",
				}, tr.all())
			})
		})
	}
}

func TestRow28StopManyTimes(t *testing.T) {
	many(t, func(t *testing.T) {
		n := run(build(t, nil, provide("test", waits("regular", task.Regular))))
		<-n.Ready()
		var wg sync.WaitGroup
		for i := range 10 {
			wg.Go(func() {
				jitter()
				n.Stop(fmt.Errorf("cause %d", i))
				n.Stop(nil)
			})
		}
		wg.Wait()

		err := n.wait()
		require.Len(t, messages(err), 1)
		require.Regexp(t, `^cause \d$`, err.Error())
		require.Equal(t, err, n.Status().Cause)
		n.Stop(errBoom)
		require.Equal(t, err, n.Status().Cause)
	})
}

func TestRow28FirstCauseCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		n := run(build(t, nil, provide("test", lingers("regular", task.Regular, time.Second, nil))))
		<-n.Ready()
		n.Stop(errBoom)
		n.Stop(nil)
		n.Stop(errors.New("other"))
		assert.Zero(t, time.Since(began), "it does not wait")

		assert.Equal(t, errBoom, n.wait())
	})
}

func TestRow29RunTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := build(t, nil, provide("test", waits("regular", task.Regular)))
		results := make(chan error, 10)
		for range cap(results) {
			go func() { results <- s.Run(context.Background()) }()
		}
		for range cap(results) - 1 {
			assert.Equal(t, service.ErrAlreadyRun, <-results)
		}
		synctest.Wait()
		assert.True(t, s.Status().Ready(), "the first is undisturbed")
		ended, cancel := context.WithCancel(context.Background())
		cancel()
		assert.Equal(t, service.ErrAlreadyRun, s.Run(ended))
		synctest.Wait()
		assert.True(t, s.Status().Ready())

		s.Stop(nil)
		assert.NoError(t, <-results)
		assert.Equal(t, service.ErrAlreadyRun, s.Run(context.Background()))
	})
}

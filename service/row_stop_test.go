package service_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
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

// everyMethod calls what anybody may call at any time.
func everyMethod(s *service.Service) error {
	s.Stop(nil)
	s.Stop(errBoom)
	s.Status()
	s.Graph()
	s.Warnings()
	s.Ready()
	return s.Run(context.Background())
}

func TestRow27StopFromWithin(t *testing.T) {
	tests := []struct {
		name string
		node func(call func()) wiring.Layer
		took time.Duration
	}{
		{"a constructor", func(call func()) wiring.Layer {
			return layer("test", func(r *wiring.Registry) {
				r.ProvideTask(func() task.Task { call(); return waits("regular", task.Regular) })
			})
		}, 0},
		{"an invoke", func(call func()) wiring.Layer {
			return layer("test", func(r *wiring.Registry) {
				r.Invoke(call)
				r.ProvideTask(func() task.Task { return waits("regular", task.Regular) })
			})
		}, 0},
		{"a task", func(call func()) wiring.Layer {
			return provide("test", waits("other", task.Regular), task.New("stops", task.Regular, func(ctx context.Context) error {
				time.Sleep(time.Second)
				call()
				<-ctx.Done()
				return ctx.Err()
			}))
		}, time.Second},
		{"a hook", func(call func()) wiring.Layer {
			return layer("test", func(r *wiring.Registry) {
				r.ProvideTask(func(h *wiring.ShutdownHooks) task.Task {
					h.Add("stops", func(context.Context) error { call(); return nil })
					return lasts("oneshot", task.Oneshot, time.Second, nil)
				})
			})
		}, time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				calls := 0
				var s *service.Service
				s = build(t, nil, tt.node(func() {
					calls++
					assert.Equal(t, service.ErrAlreadyRun, everyMethod(s))
				}))
				n := run(s)

				require.NoError(t, n.wait())
				assert.Equal(t, 1, calls)
				assert.Equal(t, tt.took, n.took)
			})
		})
	}
}

// eventful returns layers that make every event happen.
func eventful(t testing.TB, broken bool) []wiring.Layer {
	return []wiring.Layer{layer("eventful", func(r *wiring.Registry) {
		r.Provide(func(h *wiring.ShutdownHooks) int {
			h.Add("hook", func(context.Context) error { return nil })
			time.Sleep(15 * time.Second)
			return 1
		})
		r.Invoke(func(int) error {
			if broken {
				return errBoom
			}
			return nil
		})
	}), provide("tasks",
		lasts("check", task.Precondition, 15*time.Second, nil),
		hangs(t, "hung", task.Unconstrained),
		lasts("regular", task.Regular, time.Second, nil),
	)}
}

func TestRow27StopFromWithinAnObserver(t *testing.T) {
	events := []service.Event{
		service.PhaseChanged{}, service.ConstructorStarted{}, service.ConstructorFinished{}, service.ConstructorSlow{},
		service.ConstructorFailed{}, service.TaskChanged{}, service.TaskAbandoned{}, service.GateWaiting{},
		service.GateOpened{}, service.StopRequested{}, service.HookStarted{}, service.HookFinished{},
	}
	for _, event := range events {
		t.Run(fmt.Sprintf("%T", event), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				_, broken := event.(service.ConstructorFailed)
				calls := 0
				var s *service.Service
				s = build(t, options{service.Observe(func(ev service.Event) {
					if s != nil && reflect.TypeOf(ev) == reflect.TypeOf(event) {
						calls++
						assert.Equal(t, service.ErrAlreadyRun, everyMethod(s))
					}
				})}, eventful(t, broken)...)
				n := run(s)

				_ = n.wait()
				assert.Positive(t, calls)
				assert.LessOrEqual(t, n.took, time.Minute)
				assert.Equal(t, service.PhaseStopped, s.Status().Phase)
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

package service_test

import (
	"context"
	"fmt"
	"reflect"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

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

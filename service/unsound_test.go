package service_test

import (
	"context"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

// wrapper is an error whose nil pointer, returned as an error, is not nil and panics
// when it is asked.
type wrapper struct{ inner error }

func (w *wrapper) Error() string { return "wrapper" }
func (w *wrapper) Unwrap() error { return w.inner }

// unsound is the commonest mistake with errors.
func unsound() error {
	var w *wrapper
	return w
}

func TestAnErrorThatPanicsIsThePanicOfWhoReturnedIt(t *testing.T) {
	tests := []struct {
		name string
		run  func(t *testing.T) error
		want string
	}{
		{"a task", func(t *testing.T) error {
			return build(t, nil, provide("test", lasts("bad", task.Regular, time.Second, unsound()))).Run(t.Context())
		}, `task "bad" (layer "test"): panic: `},
		{"a task after the stop", func(t *testing.T) error {
			s := build(t, nil, provide("test", lingers("bad", task.Regular, 0, unsound())))
			time.AfterFunc(time.Second, func() { s.Stop(nil) })
			return s.Run(t.Context())
		}, `task "bad" (layer "test"): panic: `},
		{"a hook", func(t *testing.T) error {
			return build(t, nil, provide("test", lasts("one", task.Oneshot, 0, nil)), layer("hooks", func(r *wiring.Registry) {
				r.Invoke(func(h *wiring.ShutdownHooks) { h.Add("bad", func(context.Context) error { return unsound() }) })
			})).Run(t.Context())
		}, `shutdown hook "bad" (layer "hooks"): panic: `},
		{"a panic", func(t *testing.T) error {
			return build(t, nil, layer("test", func(r *wiring.Registry) {
				r.ProvideTask(func() task.Task {
					return task.New("bad", task.Regular, func(context.Context) error { panic(unsound()) })
				})
			})).Run(t.Context())
		}, `task "bad" (layer "test"): panic: wrapper (*service_test.wrapper)`},
		{"a panic in a constructor", func(t *testing.T) error {
			return build(t, nil, layer("test", func(r *wiring.Registry) {
				r.ProvideTask(func() task.Task { panic(unsound()) })
			})).Run(t.Context())
		}, `panic: wrapper (*service_test.wrapper)`},
		{"a constructor", func(t *testing.T) error {
			return build(t, nil, layer("test", func(r *wiring.Registry) {
				r.ProvideTask(func() (task.Task, error) { return nil, unsound() })
			})).Run(t.Context())
		}, `panic: `},
		{"the cause of a stop", func(t *testing.T) error {
			s := build(t, nil, provide("test", waits("one", task.Regular)))
			time.AfterFunc(time.Second, func() { s.Stop(unsound()) })
			return s.Run(t.Context())
		}, `panic: `},
		{"the cause of the context", func(t *testing.T) error {
			ctx, cancel := context.WithCancelCause(t.Context())
			time.AfterFunc(time.Second, func() { cancel(unsound()) })
			return build(t, nil, provide("test", waits("one", task.Regular))).Run(ctx)
		}, `panic: `},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				err := tt.run(t)

				var p *service.PanicError
				require.ErrorAs(t, err, &p)
				assert.Contains(t, err.Error(), tt.want)
				var b strings.Builder
				service.WriteError(&b, "node", err)
				assert.Contains(t, b.String(), "unsound_test.go:")
			})
		})
	}
}

func TestAnObserverThatExitsItsGoroutineSilencesNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var heard []string
		observe := service.Observe(func(e service.Event) {
			switch e := e.(type) {
			case service.ConstructorStarted:
				runtime.Goexit() // as t.FailNow does, here on the goroutine of the constructors
			case service.PhaseChanged:
				heard = append(heard, e.To.String())
			}
		})
		s := build(t, options{observe}, provide("test", lasts("one", task.Oneshot, 0, nil)))

		_ = s.Run(t.Context())

		assert.Equal(t, []string{"wiring", "stopping", "stopped"}, heard)
	})
}

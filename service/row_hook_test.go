package service_test

import (
	"context"
	"errors"
	"fmt"
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

// hooked returns a layer with hooks and a oneshot that takes a second.
func hooked(add func(h *wiring.ShutdownHooks)) wiring.Layer {
	return layer("hooked", func(r *wiring.Registry) {
		r.ProvideTask(func(h *wiring.ShutdownHooks) task.Task {
			add(h)
			return lasts("oneshot", task.Oneshot, time.Second, nil)
		})
	})
}

func TestRow32HooksRunAfterTheTasksLastBuiltFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := newTrace()
		takes := func(d time.Duration) func(context.Context) error {
			return func(context.Context) error { time.Sleep(d); return nil }
		}
		n := run(build(t, options{service.Observe(tr.observe), service.StopTimeout(2 * time.Second)}, layer("server", func(r *wiring.Registry) {
			r.ProvideTask(func(_ *client, h *wiring.ShutdownHooks) []task.Task {
				h.Add("server-1", takes(time.Second))
				h.Add("server-2", takes(time.Second))
				return []task.Task{
					hangs(t, "hung", task.Regular),
					task.New("adds", task.Daemon, func(ctx context.Context) error {
						<-ctx.Done()
						h.Add("by-a-task", func(context.Context) error {
							h.Add("by-a-hook", takes(0))
							return nil
						})
						return nil
					}),
				}
			})
		}), layer("client", func(r *wiring.Registry) {
			r.Provide(func(h *wiring.ShutdownHooks) *client {
				h.Add("client", takes(time.Second))
				return new(client)
			})
		})))
		<-n.Ready()
		synctest.Wait()
		before := len(tr.all())
		n.Stop(nil)

		require.Error(t, n.wait())
		const hung = `task "hung" (layer "server"): did not stop in time: still running 2s after it was told (StopTimeout)`
		assert.Equal(t, []string{
			"0s stop: stop requested",
			"0s phase running -> stopping",
			"0s hung running -> stopping",
			"2s hung stopping -> abandoned: " + hung,
			"2s hung abandoned: " + hung,
			"2s adds running -> stopping",
			"2s adds stopping -> done",
			"2s hook by-a-task of server started",
			"2s hook by-a-task of server finished after 0s: <nil>",
			"2s hook by-a-hook of server started",
			"2s hook by-a-hook of server finished after 0s: <nil>",
			"2s hook server-2 of server started",
			"3s hook server-2 of server finished after 1s: <nil>",
			"3s hook server-1 of server started",
			"4s hook server-1 of server finished after 1s: <nil>",
			"4s hook client of client started",
			"5s hook client of client finished after 1s: <nil>",
			"5s phase stopping -> stopped",
		}, tr.all()[before:])
	})
}

func TestRow32HookHasAFreshBoundedContext(t *testing.T) {
	for _, cause := range []error{nil, errBoom} {
		t.Run(fmt.Sprintf("Run's context ends with %v", cause), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				hooks := 0
				ctx, cancel := context.WithCancelCause(context.WithValue(context.Background(), contextKey{}, "value"))
				var ofConstructors context.Context
				n := runWith(ctx, build(t, options{service.HookTimeout(3 * time.Second)}, layer("test", func(r *wiring.Registry) {
					r.ProvideTask(func(ctx context.Context, h *wiring.ShutdownHooks) task.Task {
						ofConstructors = ctx
						for range 2 {
							h.Add("hook", func(ctx context.Context) error {
								hooks++
								assert.NoError(t, ctx.Err())
								assert.NoError(t, ofConstructors.Err(), "it lives until the last hook has ended")
								deadline, ok := ctx.Deadline()
								assert.True(t, ok)
								assert.Equal(t, 3*time.Second, time.Until(deadline))
								assert.Equal(t, "value", ctx.Value(contextKey{}))
								time.Sleep(time.Second)
								return nil
							})
						}
						return waits("regular", task.Regular)
					})
				})))
				<-n.Ready()
				cancel(cause)

				assert.Equal(t, cause, n.wait())
				assert.Equal(t, 2, hooks)
				assert.Error(t, ofConstructors.Err())
				assert.Equal(t, "value", ofConstructors.Value(contextKey{}))
			})
		})
	}
}

func TestRow33HookFails(t *testing.T) {
	tests := []struct {
		name  string
		hook  func(over <-chan struct{}) error
		text  string
		is    error
		took  time.Duration
		stack bool
	}{
		{"an error", func(<-chan struct{}) error { return errBoom }, "boom", errBoom, 0, false},
		{"a panic", func(<-chan struct{}) error { panic(errBoom) }, "panic: boom", errBoom, 0, true},
		{"Goexit", func(<-chan struct{}) error { runtime.Goexit(); return nil }, "runtime.Goexit called", task.ErrGoexit, 0, true},
		{
			"it hangs", func(over <-chan struct{}) error { <-over; return nil },
			"did not stop in time: still running after 5s (HookTimeout): context deadline exceeded", service.ErrStopTimeout, 5 * time.Second, true,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				over := untilEnd(t)
				var hooks []string
				log, lines := newLog()
				n := run(build(t, options{log}, hooked(func(h *wiring.ShutdownHooks) {
					h.Add("next", note(&hooks, "next"))
					h.Add("bad", func(context.Context) error { return tt.hook(over) })
					h.Add("first", note(&hooks, "first"))
				})))

				err := n.wait()
				assert.Equal(t, []string{`shutdown hook "bad" (layer "hooked"): ` + tt.text}, messages(err))
				failure, ok := errors.AsType[*service.HookError](err)
				require.True(t, ok)
				assert.Equal(t, "bad", failure.Name)
				assert.Equal(t, "hooked", failure.Layer)
				assert.ErrorIs(t, err, tt.is)
				assert.Equal(t, []string{"first", "next"}, hooks)
				assert.Equal(t, time.Second+tt.took, n.took)
				assert.Equal(t, []string{"oneshot done"}, tasks(n.Status()))
				assert.Contains(t, strings.Join(lines(), "\n"), `level=ERROR msg="hook failed" hook=bad layer=hooked error=`)
				assert.Equal(t, tt.stack, strings.Contains(fmt.Sprintf("%+v", failure), "service_test.TestRow33"))
			})
		})
	}
}

func TestRow33ErrorsOfTasksAndHooks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := run(build(t, nil, hooked(func(h *wiring.ShutdownHooks) {
			h.Add("one", func(context.Context) error { return errors.New("one") })
			h.Add("two", func(context.Context) error { return errors.New("two") })
		}), provide("bad", lasts("bad", task.Regular, time.Millisecond, errBoom))))

		assert.Equal(t, []string{
			`task "bad" (layer "bad"): boom`,
			`shutdown hook "two" (layer "hooked"): two`,
			`shutdown hook "one" (layer "hooked"): one`,
		}, messages(n.wait()))
	})
}

// A hook that nobody will run is told at least.
func TestLateHookIsLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, lines := newLog()
		var hooks *wiring.ShutdownHooks
		n := run(build(t, options{log}, hooked(func(h *wiring.ShutdownHooks) { hooks = h })))
		require.NoError(t, n.wait())
		ran := false
		hooks.Add("late", func(context.Context) error { ran = true; return nil })

		synctest.Wait()
		assert.False(t, ran)
		assert.Equal(t, `level=ERROR msg="shutdown hook was added too late, and is not run" hook=late layer=hooked`, lines()[len(lines())-1])
	})
}

package service_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

type (
	database struct{}
	client   struct{}
	server   struct{}
)

// note returns a constructor's way to note that its hook has run.
func note(list *[]string, what string) func(context.Context) error {
	return func(context.Context) error {
		*list = append(*list, what)
		return nil
	}
}

func TestRow26StopDuringWiring(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := newTrace()
		var hooks []string
		var cause error
		entered, further := false, false
		s := build(t, options{service.Observe(tr.observe)}, layer("database", func(r *wiring.Registry) {
			r.Provide(func(h *wiring.ShutdownHooks) *database {
				h.Add("database", note(&hooks, "database"))
				return new(database)
			})
		}), layer("client", func(r *wiring.Registry) {
			r.Provide(func(ctx context.Context, _ *database, h *wiring.ShutdownHooks) (*client, error) {
				h.Add("client", note(&hooks, "client"))
				<-ctx.Done()
				cause = context.Cause(ctx)
				time.Sleep(time.Second)
				return nil, ctx.Err()
			})
		}), layer("tasks", func(r *wiring.Registry) {
			r.ProvideTask(func(*database) task.Task {
				return task.New("early", task.Unconstrained, func(context.Context) error { entered = true; return nil })
			})
			r.ProvideTask(func(*client) task.Task { further = true; return waits("late", task.Regular) })
		}))
		n := run(s)
		time.Sleep(time.Second)
		n.Stop(nil)

		require.NoError(t, n.wait(), "an interrupted constructor has not failed")
		assert.Equal(t, service.ErrStopRequested, cause)
		assert.False(t, entered)
		assert.False(t, further)
		assert.Equal(t, []string{"client", "database"}, hooks)
		assert.Empty(t, s.Status().Tasks)
		assert.False(t, isReady(s))
		assert.Equal(t, []string{
			"0s layer database",
			"0s layer client",
			"0s layer tasks",
			"0s phase built -> wiring",
			"0s database: constructor started",
			"0s database: constructor finished after 0s",
			"0s tasks: constructor started",
			"0s tasks: constructor finished after 0s",
			"0s client: constructor started",
			"1s stop: stop requested",
			"1s phase wiring -> stopping",
			"2s client: constructor failed after 2s: context canceled",
			"2s hook client of client started",
			"2s hook client of client finished after 0s: <nil>",
			"2s hook database of database started",
			"2s hook database of database finished after 0s: <nil>",
			"2s phase stopping -> stopped",
		}, tr.all())
	})
}

func TestRow26ErrorsOfAnInterruptedConstructor(t *testing.T) {
	errStop := errors.New("why")
	tests := []struct {
		name string
		err  func(ctx context.Context) error
		want []string
	}{
		{"the error of its context", context.Context.Err, []string{}},
		{"the cause", context.Cause, []string{}},
		{"an error that wraps the cancellation", func(ctx context.Context) error { return fmt.Errorf("dial: %w", ctx.Err()) }, []string{}},
		{"an error of its own", func(context.Context) error { return errBoom }, []string{"boom"}},
		{"nil", func(context.Context) error { return nil }, []string{}},
	}
	for _, tt := range tests {
		for _, cause := range []error{nil, errStop} {
			t.Run(fmt.Sprintf("%s, stop with %v", tt.name, cause), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					n := run(build(t, nil, layer("test", func(r *wiring.Registry) {
						r.ProvideTask(func(ctx context.Context) (task.Task, error) {
							<-ctx.Done()
							return waits("regular", task.Regular), tt.err(ctx)
						})
					})))
					time.Sleep(time.Second)
					n.Stop(cause)

					err := n.wait()
					failure, failed := findConstructor(err)
					assert.Equal(t, len(tt.want) > 0, failed)
					if failed {
						assert.Equal(t, errBoom, failure.Err)
					}
					assert.Equal(t, cause != nil, errors.Is(err, errStop))
				})
			})
		}
	}
}

// The last constructor asks for the stop and returns: there is nothing to wait for
// any more, and it is never pretended.
func TestRow26StopByTheLastConstructor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for range times {
			tr, v := newTrace(), newVisits()
			s := build(t, options{service.Observe(tr.observe)}, layer("test", func(r *wiring.Registry) {
				r.ProvideTask(func(h service.Handle) (all []task.Task) {
					time.Sleep(time.Second) // while the service looks for slow ones
					h.Stop(nil)
					for _, kind := range kinds {
						all = append(all, v.watch(waits(task.ID(kind.String()), kind)))
					}
					return all
				})
			}))

			require.NoError(t, s.Run(context.Background()))
			require.Empty(t, v.all())
			require.NotContains(t, tr.all(), "1s phase wiring -> waiting")
			require.Contains(t, tr.all(), "1s phase wiring -> stopping")
		}
	})
}

// stopping is a task that stops the service when it is asked for its kind, which is
// after all constructors have run.
type stopping struct {
	task.Task
	stop func(error)
}

func (s stopping) Kind() task.Kind {
	s.stop(nil)
	return s.Task.Kind()
}

func TestRow26StopWhenEverythingIsBuilt(t *testing.T) {
	for _, kind := range kinds {
		t.Run(kind.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				v := newVisits()
				require.NoError(t, build(t, nil, layer("test", func(r *wiring.Registry) {
					r.ProvideTask(func(h service.Handle) []task.Task {
						return []task.Task{
							v.watch(waits("first", kind)),
							v.watch(waits("check", task.Precondition)),
							stopping{v.watch(waits("last", kind)), h.Stop},
						}
					})
				})).Run(context.Background()))
				assert.Empty(t, v.all())
			})
		})
	}
}

func TestRow26StopBeforeTheFirstConstructor(t *testing.T) {
	many(t, func(t *testing.T) {
		constructed := false
		var s *service.Service
		s = build(t, options{service.Observe(func(ev service.Event) {
			if ev == (service.PhaseChanged{From: service.PhaseBuilt, To: service.PhaseWiring}) {
				s.Stop(nil)
			}
		})}, layer("test", func(r *wiring.Registry) {
			r.ProvideTask(func() task.Task { constructed = true; return waits("regular", task.Regular) })
		}))

		require.NoError(t, s.Run(context.Background()))
		require.False(t, constructed)
	})
}

func TestRow34ConstructorFails(t *testing.T) {
	tests := []struct {
		name string
		fail func() error
		text string
		is   error
	}{
		{"an error", func() error { return errBoom }, "boom", errBoom},
		{"a panic", func() error { panic(errBoom) }, "panic: boom", errBoom},
		{"Goexit", func() error { runtime.Goexit(); return nil }, "runtime.Goexit called", task.ErrGoexit},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var hooks []string
				others, entered := 0, false
				s := build(t, nil, layer("database", func(r *wiring.Registry) {
					r.Provide(func(h *wiring.ShutdownHooks) *database {
						h.Add("database", note(&hooks, "database"))
						return new(database)
					})
				}), layer("client", func(r *wiring.Registry) {
					r.Provide(func(_ *database, h *wiring.ShutdownHooks) (*client, error) {
						h.Add("client", note(&hooks, "client"))
						return nil, tt.fail()
					})
				}), layer("tasks", func(r *wiring.Registry) {
					r.ProvideTask(func(*client) task.Task { others++; return waits("blocked", task.Regular) })
					r.ProvideTask(func() task.Task {
						others += 10
						return task.New("good", task.Unconstrained, func(context.Context) error { entered = true; return nil })
					})
				}))
				n := run(s)

				err := n.wait()
				failure, ok := findConstructor(err)
				require.True(t, ok)
				assert.Equal(t, "client", failure.Layer)
				assert.EqualError(t, failure.Err, tt.text)
				assert.ErrorIs(t, err, tt.is)
				_, panicked := errors.AsType[*service.PanicError](err)
				assert.Equal(t, tt.name != "an error", panicked)
				require.Len(t, failure.Blocks, 1)
				assert.Equal(t, "tasks", failure.Blocks[0].Layer)
				assert.Equal(t, 10, others, "what does not need it is still built")
				assert.False(t, entered)
				assert.Equal(t, []string{"client", "database"}, hooks, "also of the constructor that failed")
				assert.Equal(t, err, n.Status().Cause)
				assert.Equal(t, service.PhaseStopped, n.Status().Phase)
				assert.Zero(t, n.took)
			})
		})
	}
}

func TestRow35OneFailureUnderManyDependants(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dependant := func(name string) wiring.Layer {
			return layer(name, func(r *wiring.Registry) {
				r.ProvideTask(func(*client) task.Task { return waits(task.ID(name), task.Regular) })
			})
		}
		err := build(t, nil, layer("client", func(r *wiring.Registry) {
			r.Provide(func() (*client, error) { return nil, errBoom })
		}), dependant("fees"), dependant("fetch"), dependant("keeper")).Run(context.Background())

		failure, ok := findConstructor(err)
		require.True(t, ok)
		var blocked []string
		for _, b := range failure.Blocks {
			blocked = append(blocked, b.Layer)
			assert.NotEmpty(t, b.Function)
		}
		assert.Equal(t, []string{"fees", "fetch", "keeper"}, blocked)
		assert.Contains(t, err.Error(), "wiring: 1 root failure blocks 3 constructors\n")
		assert.Contains(t, err.Error(), `blocks layer "fees": `)
	})
}

func TestRow36TwoConstructorsFail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		errOther := errors.New("other")
		err := build(t, nil, layer("client", func(r *wiring.Registry) {
			r.Provide(func() (*client, error) { return nil, errBoom })
			r.ProvideTask(func(*client) task.Task { return waits("client", task.Regular) })
		}), layer("server", func(r *wiring.Registry) {
			r.Provide(func() (*server, error) { panic(errOther) })
			r.ProvideTask(func(*server) task.Task { return waits("server", task.Regular) })
		})).Run(context.Background())

		assert.ErrorIs(t, err, errBoom)
		assert.ErrorIs(t, err, errOther)
		assert.Contains(t, err.Error(), "wiring: 2 root failures block 2 constructors\n")
	})
}

func TestRow37TwoTasksWithOneID(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVisits()
		var hooks []string
		s := build(t, nil, provide("first", v.watch(waits("same", task.Regular))), layer("second", func(r *wiring.Registry) {
			r.ProvideTask(func(h *wiring.ShutdownHooks) task.Task {
				h.Add("hook", note(&hooks, "hook"))
				return v.watch(waits("same", task.Daemon))
			})
		}))
		err := s.Run(context.Background())

		duplicate, ok := errors.AsType[*wiring.DuplicateTaskError](err)
		require.True(t, ok, "%v", err)
		assert.Equal(t, task.ID("same"), duplicate.ID)
		require.Len(t, duplicate.Providers, 2)
		assert.Equal(t, "first", duplicate.Providers[0].Layer)
		assert.Equal(t, "second", duplicate.Providers[1].Layer)
		assert.Contains(t, err.Error(), "wiring: ")
		assert.Empty(t, v.all(), "no task is entered")
		assert.Equal(t, []string{"hook"}, hooks)
	})
}

package proof

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/multierr"

	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

// This file: dskit, go-ethereum, fx and hive, projects whose units have a start, a run and a stop, and depend on each
// other. A start is a constructor here, a run is a task, and a stop is a shutdown hook.

// dskit services TestStopInNew: what is stopped before it has started never starts, and
// ends well.
func TestPeerDskitStopInNew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, []wiring.Layer{wiring.NewLayer("node", func(r *wiring.Registry) error {
			r.ProvideTask(func() task.Task { panic("constructed") })
			return nil
		})})
		assert.Equal(t, service.PhaseBuilt, s.Status().Phase)
		s.Stop(nil)
		s.run(t)
		require.NoError(t, s.err)
		assert.Equal(t, service.PhaseStopped, s.Status().Phase)
		assert.False(t, closed(s.Ready()))
	})
}

// dskit services TestAllFunctionality: a start, a run and a stop of a second each, of
// which any may fail or be interrupted. Two rows differ on purpose: a context error
// after the stop is no failure here, and of two errors both are kept.
func TestPeerDskitAllFunctionality(t *testing.T) {
	errStart, errRun, errStop := errors.New("start failed"), errors.New("run failed"), errors.New("stop failed")
	const cancelInStart, stopInStart, cancelInRun = "cancel in start", "stop in start", "cancel in run"
	tests := []struct {
		name                    string
		interrupt               string
		start, run, stop        error // what they return, interrupted or not
		startHeeds, runHeeds    bool  // they return the error of the context if it ends
		want                    []error
		ready, entered, stopped bool
		took                    time.Duration
	}{
		{
			name: "normal flow",
			took: 3 * time.Second, ready: true, entered: true, stopped: true,
		},
		{
			name: "start fails", start: errStart,
			took: 2 * time.Second, want: []error{errStart}, stopped: true,
		},
		{
			name: "start is cancelled and says so", interrupt: cancelInStart, startHeeds: true,
			took: 1500 * time.Millisecond, stopped: true,
		},
		{
			name: "start is cancelled and succeeds", interrupt: cancelInStart,
			took: 1500 * time.Millisecond, stopped: true,
		},
		{
			name: "start is stopped and succeeds", interrupt: stopInStart,
			took: 1500 * time.Millisecond, stopped: true,
		},
		{
			name: "run fails", run: errRun,
			took: 3 * time.Second, want: []error{errRun}, ready: true, entered: true, stopped: true,
		},
		{
			name: "run is cancelled and says so", interrupt: cancelInRun, runHeeds: true,
			took: 2500 * time.Millisecond, ready: true, entered: true, stopped: true,
		},
		{
			name: "run and stop fail", run: errRun, stop: errStop,
			took: 3 * time.Second, want: []error{errRun, errStop}, ready: true, entered: true, stopped: true,
		},
		{
			name: "stop fails", stop: errStop,
			took: 3 * time.Second, want: []error{errStop}, ready: true, entered: true, stopped: true,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				entered, stopped := false, false
				second := func(ctx context.Context, heeds bool, err error) error {
					select {
					case <-time.After(time.Second):
					case <-ctx.Done():
						if heeds {
							return ctx.Err()
						}
					}
					return err
				}
				s := newScene(t, []wiring.Layer{wiring.NewLayer("node", func(r *wiring.Registry) error {
					r.ProvideTask(func(ctx context.Context, h *wiring.ShutdownHooks) (task.Task, error) {
						h.Add("stop", func(ctx context.Context) error {
							stopped = true
							return second(ctx, false, tt.stop)
						})
						return task.New("run", task.Regular, func(ctx context.Context) error {
							entered = true
							return second(ctx, tt.runHeeds, tt.run)
						}), second(ctx, tt.startHeeds, tt.start)
					})
					return nil
				})})
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				switch tt.interrupt {
				case cancelInStart:
					time.AfterFunc(time.Second/2, cancel)
				case stopInStart:
					s.stopAt(time.Second/2, nil)
				case cancelInRun:
					time.AfterFunc(3*time.Second/2, cancel)
				}
				err := s.Run(ctx)
				assert.Equal(t, tt.took, time.Since(s.trace.start))
				s.check(t)
				all := multierr.Errors(err)
				require.Len(t, all, len(tt.want))
				for i, want := range tt.want {
					assert.ErrorIs(t, all[i], want)
				}
				assert.Equal(t, tt.ready, closed(s.Ready()), "ready")
				assert.Equal(t, tt.entered, entered, "entered")
				assert.Equal(t, tt.stopped, stopped, "stopped")
			})
		})
	}
}

// dskit services TestFailureCaseFromRunningIsPassedToStopping: whoever stops knows why.
func TestPeerDskitFailureCaseIsPassedToStopping(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var toTask, toDaemon, toHook error
		s := newScene(t, []wiring.Layer{wiring.NewLayer("node", func(r *wiring.Registry) error {
			r.ProvideTask(func(h *wiring.ShutdownHooks, svc service.Handle) []task.Task {
				h.Add("stop", func(context.Context) error { toHook = svc.Status().Cause; return nil })
				return []task.Task{
					task.New("fails", task.Regular, after(time.Second, errBoom)),
					task.New("waits", task.Regular, func(ctx context.Context) error {
						<-ctx.Done()
						toTask = context.Cause(ctx)
						return toTask
					}),
					task.New("daemon", task.Daemon, func(ctx context.Context) error {
						<-ctx.Done()
						toDaemon = context.Cause(ctx)
						return nil
					}),
				}
			})
			return nil
		})})
		s.run(t)
		for _, cause := range []error{s.err, toTask, toDaemon, toHook} {
			assert.Same(t, s.Status().Cause, cause)
			assert.ErrorIs(t, cause, errBoom)
		}
	})
}

// chain registers constructors that need each other: each takes a while, notes its
// name, and adds a hook that notes it too.
type chain struct {
	built, closed []string
	fails         map[string]error // in the constructor
	closeFails    map[string]error // in the hook
	takes         time.Duration
}

func (c *chain) construct(name string, h *wiring.ShutdownHooks) error {
	time.Sleep(c.takes)
	if err := c.fails[name]; err != nil {
		return err
	}
	c.built = append(c.built, name)
	h.Add(name, func(context.Context) error {
		c.closed = append(c.closed, name)
		return c.closeFails[name]
	})
	return nil
}

type (
	partA struct{}
	partB struct{}
	partC struct{}
)

// layers are three layers, of which each needs the one before, in any order.
func (c *chain) layers(tasks ...task.Task) []wiring.Layer {
	return []wiring.Layer{
		wiring.NewLayer("c", func(r *wiring.Registry) error {
			r.Provide(func(h *wiring.ShutdownHooks, _ *partB) (*partC, error) { return new(partC), c.construct("c", h) })
			return nil
		}),
		wiring.NewLayer("tasks", func(r *wiring.Registry) error {
			r.ProvideTask(func(*partC) []task.Task { return tasks })
			return nil
		}),
		wiring.NewLayer("a", func(r *wiring.Registry) error {
			r.Provide(func(h *wiring.ShutdownHooks) (*partA, error) { return new(partA), c.construct("a", h) })
			return nil
		}),
		wiring.NewLayer("b", func(r *wiring.Registry) error {
			r.Provide(func(h *wiring.ShutdownHooks, _ *partA) (*partB, error) { return new(partB), c.construct("b", h) })
			return nil
		}),
	}
}

// dskit services TestManagerThatFailsToStart, and go-ethereum
// TestLifecycleStartupError: if one fails to start, those that have started are
// stopped, the last first, and the others never start.
func TestPeerDskitManagerThatFailsToStart(t *testing.T) {
	for i, fails := range []string{"a", "b", "c"} {
		synctest.Test(t, func(t *testing.T) {
			c := &chain{fails: map[string]error{fails: errBoom}}
			s := newScene(t, c.layers(task.New("task", task.Unconstrained, func(context.Context) error { panic("entered") })))
			s.run(t)
			failure, ok := errors.AsType[*wiring.ConstructorError](s.err)
			require.True(t, ok)
			assert.ErrorIs(t, failure, errBoom)
			assert.Equal(t, fails, failure.Layer)
			want := []string{"a", "b", "c"}[:i]
			assert.Equal(t, want, append([]string{}, c.built...))
			slices.Reverse(c.closed)
			assert.Equal(t, want, append([]string{}, c.closed...))
		})
	}
}

// dskit modules TestModuleWaitsForAllDependencies: C needs A only through B, and waits
// for it all the same.
func TestPeerDskitModuleWaitsForAllDependencies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &chain{takes: time.Second}
		s := newScene(t, c.layers(task.New("task", task.Oneshot, after(0, nil))))
		s.run(t)
		require.NoError(t, s.err)
		assert.Equal(t, []string{"a", "b", "c"}, c.built)
		assert.Equal(t, []string{"c", "b", "a"}, c.closed)
		assert.Equal(t, 3*time.Second, s.took)
	})
}

// dskit modules ..._ShouldErrorOnCircularDependencies: direct ones, longer ones, and of
// one with itself.
func TestPeerDskitCircularDependencies(t *testing.T) {
	tests := map[string]struct {
		constructors []any
		length       int
	}{
		"itself":   {[]any{func(*partA) *partA { return nil }}, 1},
		"direct":   {[]any{func(*partB) *partA { return nil }, func(*partA) *partB { return nil }}, 2},
		"indirect": {[]any{func(*partC) *partA { return nil }, func(*partA) *partB { return nil }, func(*partB) *partC { return nil }}, 3},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			layers := node(task.New("task", task.Regular, waits))
			for i, constructor := range tt.constructors {
				layers = append(layers, wiring.NewLayer(fmt.Sprintf("l%d", i), func(r *wiring.Registry) error {
					r.Provide(constructor)
					return nil
				}))
			}
			_, err := service.NewBuilder(service.Logger(quiet)).AddLayer(layers...).Build()
			cycle, ok := errors.AsType[*wiring.CycleError](err)
			require.True(t, ok, "%v", err)
			assert.Len(t, cycle.Path, tt.length)
		})
	}
}

// dskit modules ..._ShouldErrorIfModuleDoesNotExist.
func TestPeerDskitUnknownModule(t *testing.T) {
	_, err := service.NewBuilder(service.Logger(quiet)).AddLayer(wiring.NewLayer("node", func(r *wiring.Registry) error {
		r.ProvideTask(func(*partA) task.Task { return nil })
		return nil
	})).Build()
	missing, ok := errors.AsType[*wiring.MissingError](err)
	require.True(t, ok)
	assert.Equal(t, reflect.TypeFor[*partA](), missing.Resource.Type)
}

// dskit modules once walked a diamond of dependencies path by path, of which there are
// 2^40 here. Each constructor is called once, and the hooks run in reverse.
func TestPeerDskitDiamond(t *testing.T) {
	const depth = 40
	calls := make(map[string]int)
	var added, ran []string
	resource := func(depth, side int) reflect.Type { return resourceType(2*depth + side) }
	var layers []wiring.Layer
	for i := range depth {
		layers = append(layers, wiring.NewLayer(fmt.Sprintf("l%d", i), func(r *wiring.Registry) error {
			for side := range 2 {
				name := fmt.Sprintf("%d-%d", i, side)
				in := []reflect.Type{reflect.TypeFor[*wiring.ShutdownHooks]()}
				if i > 0 {
					in = append(in, resource(i-1, 0), resource(i-1, 1))
				}
				out := resource(i, side)
				r.Provide(reflect.MakeFunc(reflect.FuncOf(in, []reflect.Type{out}, false), func(args []reflect.Value) []reflect.Value {
					calls[name]++
					added = append(added, name)
					args[0].Interface().(*wiring.ShutdownHooks).Add(name, func(context.Context) error { ran = append(ran, name); return nil })
					return []reflect.Value{reflect.New(out.Elem())}
				}).Interface())
			}
			return nil
		}))
	}
	slices.Reverse(layers) // their order does not matter
	top := []reflect.Type{resource(depth-1, 0), resource(depth-1, 1)}
	layers = append(layers, wiring.NewLayer("top", func(r *wiring.Registry) error {
		r.ProvideTask(reflect.MakeFunc(reflect.FuncOf(top, []reflect.Type{reflect.TypeFor[task.Task]()}, false), func([]reflect.Value) []reflect.Value {
			made := task.New("top", task.Oneshot, after(0, nil))
			return []reflect.Value{reflect.ValueOf(&made).Elem()}
		}).Interface())
		return nil
	}))
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, layers)
		s.run(t)
		require.NoError(t, s.err)
	})
	require.Len(t, calls, 2*depth)
	for name, n := range calls {
		assert.Equal(t, 1, n, name)
	}
	slices.Reverse(ran)
	assert.Equal(t, added, ran)
}

// go-ethereum TestLifecycleTerminationGuarantee: one that fails to stop keeps no other
// from being stopped; and fx keeps the errors of all.
func TestPeerGethTerminationGuarantee(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &chain{closeFails: map[string]error{"a": errors.New("a"), "b": errors.New("b"), "c": errors.New("c")}}
		s := newScene(t, c.layers(task.New("task", task.Oneshot, after(0, nil))))
		s.run(t)
		assert.Equal(t, []string{"c", "b", "a"}, c.closed)
		all := multierr.Errors(s.err)
		require.Len(t, all, 3)
		for i, name := range c.closed {
			failure, ok := errors.AsType[*service.HookError](all[i])
			require.True(t, ok)
			assert.Equal(t, name, failure.Name)
			assert.ErrorIs(t, failure, c.closeFails[name])
		}
	})
}

// fx: the stop hooks run after a start that took too long, of what had started.
func TestPeerFxStopHooksAfterStartTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &chain{takes: 4 * time.Second}
		s := newScene(t, c.layers(task.New("task", task.Regular, waits)))
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		require.ErrorIs(t, s.Run(ctx), context.DeadlineExceeded)
		s.check(t)
		assert.Equal(t, []string{"c", "b", "a"}, c.closed, "c was being built, did not heed its context, and is closed all the same")
	})
	synctest.Test(t, func(t *testing.T) {
		c := new(chain)
		s := newScene(t, c.layers(task.New("pre", task.Precondition, waits), task.New("task", task.Regular, waits)),
			service.PreconditionTimeout(10*time.Second))
		s.run(t)
		require.ErrorIs(t, s.err, service.ErrPreconditionTimeout)
		assert.Equal(t, []string{"c", "b", "a"}, c.closed)
		assert.Equal(t, 10*time.Second, s.took)
	})
}

// hive: jobs stop before what they use is closed.
func TestPeerHiveTasksStopBeforeResources(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := new(chain)
		uses := func(context.Context) {}
		var tasks []task.Task
		for i, k := range allKinds {
			tasks = append(tasks, task.New(task.ID(fmt.Sprint("t", i)), k, func(ctx context.Context) error {
				if k == task.Precondition {
					return nil
				}
				<-ctx.Done()
				time.Sleep(time.Duration(i) * time.Second)
				uses(ctx)
				return nil
			}))
		}
		uses = func(context.Context) { assert.Empty(t, c.closed, "a task uses what has been closed") }
		s := newScene(t, c.layers(tasks...)).stopAt(time.Second, nil)
		s.run(t)
		require.NoError(t, s.err)
		assert.Len(t, c.closed, 3)
	})
}

package proof

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"runtime/pprof"
	"slices"
	"sync"
	"sync/atomic"
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

// The tests of this file run on the real scheduler, without any time: what they look
// for is a few instructions wide. They are worth most under the race detector.

var interleaveSeed = flag.Uint64("interleave.seed", 0, "seed of the random yields of the interleavings (0 for a random one)")

// storm plays a scene thousands of times, each with another dice.
func storm(t *testing.T, scene func(t *testing.T, d *dice)) {
	times := 3000
	if raceDetector || testing.Short() {
		times = 1000
	}
	seed := *interleaveSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	watchdog := time.AfterFunc(5*time.Minute, func() {
		_ = pprof.Lookup("goroutine").WriteTo(os.Stderr, 2)
		panic("an interleaving hangs")
	})
	defer watchdog.Stop()
	for i := range times {
		scene(t, &dice{seed: seed, turn: uint64(i)})
		if t.Failed() {
			t.Fatalf("turn %d with -interleave.seed=%d", i, seed)
		}
	}
}

// dice makes goroutines wait for random moments.
type dice struct {
	seed, turn uint64
	thrown     atomic.Uint64
}

// wait yields a random number of times.
func (d *dice) wait() {
	r := rand.New(rand.NewPCG(d.seed, d.turn<<16|d.thrown.Add(1)))
	for range r.IntN(r.IntN(60) + 1) {
		runtime.Gosched()
	}
}

// Whoever calls Stop while the last precondition returns: either the gate opens, or it
// stays shut. It does not open if Stop had returned before.
func TestInterleavingStopAndLastSuccess(t *testing.T) {
	storm(t, func(t *testing.T, d *dice) {
		var stopped, stoppedBefore, entered atomic.Bool
		enter := func(ctx context.Context) error {
			entered.Store(true)
			return waits(ctx)
		}
		s := newScene(t, node(
			task.New("pre", task.Precondition, func(context.Context) error {
				d.wait()
				stoppedBefore.Store(stopped.Load())
				return nil
			}),
			task.New("regular", task.Regular, enter),
			task.New("oneshot", task.Oneshot, enter),
			task.New("daemon", task.Daemon, waits),
		))
		var wg sync.WaitGroup
		wg.Go(func() {
			d.wait()
			s.Stop(nil)
			stopped.Store(true)
			assert.False(t, s.Status().Ready(), "ready after the stop")
		})
		require.NoError(t, s.Run(t.Context()))
		wg.Wait()
		s.check(t)
		opened := happened[service.GateOpened](s.trace)
		assert.False(t, opened && stoppedBefore.Load(), "the gate opens after the stop")
		assert.False(t, entered.Load() && !opened, "a gated task is entered before the gate")
		assert.False(t, closed(s.Ready()) && !opened, "ready before the gate")
	})
}

// A failure and a stop at once: the failure is in the error whoever comes first, and the
// cause is who came first.
func TestInterleavingStopAndFailure(t *testing.T) {
	errTask, errStop := errors.New("task"), errors.New("stop")
	storm(t, func(t *testing.T, d *dice) {
		var stopped, stoppedBefore atomic.Bool
		s := newScene(t, node(
			task.New("fails", task.Oneshot, func(context.Context) error {
				d.wait()
				stoppedBefore.Store(stopped.Load())
				return errTask
			}),
			task.New("waits", task.Regular, waits),
		))
		var wg sync.WaitGroup
		wg.Go(func() {
			d.wait()
			s.Stop(errStop)
			stopped.Store(true)
		})
		err := s.Run(t.Context())
		wg.Wait()
		s.check(t)
		all := multierr.Errors(err)
		state, wired := states(s.Status())["fails"]
		switch {
		case !wired || state == service.StateSkipped:
			assert.Equal(t, []error{errStop}, all)
		case same(s.Status().Cause, errStop):
			require.Len(t, all, 2)
			assert.Equal(t, errStop, all[0])
			assert.ErrorIs(t, all[1], errTask)
		default:
			require.Len(t, all, 1, "the second cause does not count")
			assert.ErrorIs(t, err, errTask)
			assert.False(t, stoppedBefore.Load(), "the stop came first, and is not the cause")
		}
	})
}

func states(status service.Status) map[task.ID]service.State {
	states := make(map[task.ID]service.State)
	for _, t := range status.Tasks {
		states[t.ID] = t.State
	}
	return states
}

// Several failures at once: all are in the error, once each, and the cause is one of
// them and comes first.
func TestInterleavingSeveralFailures(t *testing.T) {
	storm(t, func(t *testing.T, d *dice) {
		errs := make([]error, 5)
		var tasks []task.Task
		for i := range errs {
			errs[i] = fmt.Errorf("error %d", i)
			tasks = append(tasks, task.New(task.ID(fmt.Sprint("t", i)), allKinds[i], func(context.Context) error {
				d.wait()
				if i == 3 {
					panic(errs[i])
				}
				return errs[i]
			}))
		}
		tasks[2] = task.WithKind(tasks[2], task.Daemon) // instead of a precondition, so that all may run
		s := newScene(t, node(tasks...))
		err := s.Run(t.Context())
		s.check(t)
		all := multierr.Errors(err)
		require.Len(t, all, len(errs))
		assert.Same(t, s.Status().Cause, all[0])
		for i, st := range s.Status().Tasks {
			assert.Equal(t, service.StateFailed, st.State)
			assert.ErrorIs(t, err, errs[i])
		}
	})
}

// A stop during the wiring: hardly another constructor is called, no task is entered if
// the stop came before the end, and each hook that was added runs, in its turn.
func TestInterleavingStopInWiring(t *testing.T) {
	type (
		a struct{}
		b struct{}
		c struct{}
	)
	storm(t, func(t *testing.T, d *dice) {
		var mu sync.Mutex // protects following fields
		var added, ran []string
		calledAfter, stopped, stoppedBefore, entered := 0, false, false, false
		construct := func(name string, h *wiring.ShutdownHooks) {
			mu.Lock()
			if stopped {
				calledAfter++
			}
			added = append(added, name)
			mu.Unlock()
			h.Add(name, func(context.Context) error {
				mu.Lock()
				defer mu.Unlock()
				ran = append(ran, name)
				return nil
			})
			d.wait()
		}
		s := newScene(t, []wiring.Layer{wiring.NewLayer("node", func(r *wiring.Registry) error {
			r.Provide(func(h *wiring.ShutdownHooks) *a { construct("a", h); return new(a) })
			r.Provide(func(h *wiring.ShutdownHooks, _ *a) *b { construct("b", h); return new(b) })
			r.Provide(func(h *wiring.ShutdownHooks, _ *b) *c { construct("c", h); return new(c) })
			r.ProvideTask(func(h *wiring.ShutdownHooks, _ *c) task.Task {
				construct("task", h)
				mu.Lock()
				defer mu.Unlock()
				stoppedBefore = stopped
				return task.New("task", task.Unconstrained, func(ctx context.Context) error {
					mu.Lock()
					entered = true
					mu.Unlock()
					return waits(ctx)
				})
			})
			return nil
		})})
		var wg sync.WaitGroup
		wg.Go(func() {
			d.wait()
			d.wait()
			s.Stop(nil)
			mu.Lock()
			defer mu.Unlock()
			stopped = true
		})
		require.NoError(t, s.Run(t.Context()))
		wg.Wait()
		s.check(t)
		slices.Reverse(ran)
		assert.Equal(t, added, ran)
		// One may have been on its way.
		assert.LessOrEqual(t, calledAfter, 1)
		assert.False(t, entered && stoppedBefore, "a task is entered after a stop during the wiring")
	})
}

// Stops while hooks run change nothing.
func TestInterleavingStopInHooks(t *testing.T) {
	storm(t, func(t *testing.T, d *dice) {
		var hooks, running atomic.Int32
		var s *scene
		stop := make(chan struct{})
		s = newScene(t, []wiring.Layer{wiring.NewLayer("node", func(r *wiring.Registry) error {
			r.ProvideTask(func(h *wiring.ShutdownHooks) task.Task {
				for i := range 3 {
					h.Add(fmt.Sprint("hook", i), func(context.Context) error {
						assert.EqualValues(t, 1, running.Add(1), "two hooks at once")
						defer running.Add(-1)
						if hooks.Add(1) == 1 {
							close(stop)
						}
						d.wait()
						s.Stop(errors.New("from a hook"))
						return nil
					})
				}
				return task.New("task", task.Regular, func(context.Context) error { return nil })
			})
			return nil
		})})
		var wg sync.WaitGroup
		wg.Go(func() {
			<-stop
			d.wait()
			s.Stop(errors.New("from outside"))
		})
		require.NoError(t, s.Run(t.Context()), "the first cause counts")
		wg.Wait()
		s.check(t)
		assert.EqualValues(t, 3, hooks.Load())
	})
}

// Many call Stop at once: one of the causes counts, everybody sees the same, and from
// then on the service is not ready.
func TestInterleavingManyStops(t *testing.T) {
	storm(t, func(t *testing.T, d *dice) {
		seen := make([]error, 3)
		look := func(i int) func(context.Context) error {
			return func(ctx context.Context) error {
				<-ctx.Done()
				seen[i] = context.Cause(ctx)
				return seen[i]
			}
		}
		s := newScene(t, node(
			task.New("regular", task.Regular, look(0)),
			task.New("unconstrained", task.Unconstrained, look(1)),
			task.New("daemon", task.Daemon, look(2)),
		))
		causes := make([]error, 6)
		ctx, cancel := context.WithCancelCause(t.Context())
		defer cancel(nil)
		var wg sync.WaitGroup
		for i := range causes {
			causes[i] = fmt.Errorf("cause %d", i)
			wg.Go(func() {
				d.wait()
				if i == 0 {
					cancel(causes[i])
				} else {
					s.Stop(causes[i])
				}
				if i > 0 { // the service may not know of the context yet
					assert.Error(t, s.Status().Cause)
					assert.False(t, s.Status().Ready())
				}
			})
		}
		err := s.Run(ctx)
		wg.Wait()
		s.check(t)
		assert.Contains(t, causes, err)
		assert.Equal(t, err, s.Status().Cause)
		for i, st := range s.Status().Tasks {
			if st.State == service.StateDone {
				assert.Equal(t, err, seen[i])
			} else {
				assert.Equal(t, service.StateSkipped, st.State)
			}
		}
	})
}

// Run is called by several at once: one runs, the others are refused.
func TestInterleavingRunTwice(t *testing.T) {
	storm(t, func(t *testing.T, d *dice) {
		var entries, refused atomic.Int32
		s := newScene(t, node(task.New("task", task.Oneshot, func(context.Context) error {
			entries.Add(1)
			d.wait()
			return nil
		})))
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				d.wait()
				if err := s.Run(t.Context()); err != nil {
					assert.Equal(t, service.ErrAlreadyRun, err)
					refused.Add(1)
				}
			})
		}
		wg.Wait()
		s.check(t)
		assert.EqualValues(t, 3, refused.Load())
		assert.EqualValues(t, 1, entries.Load())
	})
}

// Whoever looks at the status sees phases in their order, a cause from the first moment
// of the stop and not before, and no task that goes back.
func TestInterleavingStatus(t *testing.T) {
	storm(t, func(t *testing.T, d *dice) {
		s := newScene(t, node(
			task.New("pre", task.Precondition, func(context.Context) error { d.wait(); return nil }),
			task.New("oneshot", task.Oneshot, func(context.Context) error { d.wait(); return nil }),
			task.New("regular", task.Regular, func(context.Context) error { d.wait(); d.wait(); return nil }),
			task.New("daemon", task.Daemon, waits),
		))
		over := make(chan struct{})
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() {
				var last service.Status
				for !closed(over) && !t.Failed() {
					ready := closed(s.Ready())
					status := s.Status()
					assert.GreaterOrEqual(t, status.Phase, last.Phase)
					assert.Equal(t, status.Phase >= service.PhaseStopping, status.Cause != nil, "phase %v, cause %v", status.Phase, status.Cause)
					if ready {
						assert.GreaterOrEqual(t, status.Phase, service.PhaseRunning)
					}
					for i := range last.Tasks {
						assert.GreaterOrEqual(t, status.Tasks[i].State, last.Tasks[i].State)
					}
					last = status
					runtime.Gosched()
				}
			})
		}
		require.NoError(t, s.Run(t.Context()))
		close(over)
		wg.Wait()
		s.check(t)
	})
}

// Hooks that tasks add at any time: those that were added before the tasks were over run
// once.
func TestInterleavingHooksFromTasks(t *testing.T) {
	storm(t, func(t *testing.T, d *dice) {
		var added, ran atomic.Int32
		var hooks *wiring.ShutdownHooks
		add := func(ctx context.Context) error {
			for range 3 {
				d.wait()
				added.Add(1)
				hooks.Add("hook", func(context.Context) error { ran.Add(1); return nil })
			}
			return ctx.Err()
		}
		s := newScene(t, []wiring.Layer{wiring.NewLayer("node", func(r *wiring.Registry) error {
			r.ProvideTask(func(h *wiring.ShutdownHooks) []task.Task {
				hooks = h
				return []task.Task{
					task.New("regular", task.Regular, add), task.New("oneshot", task.Oneshot, add), task.New("daemon", task.Daemon, add),
				}
			})
			return nil
		})})
		require.NoError(t, s.Run(t.Context()))
		s.check(t)
		assert.Equal(t, added.Load(), ran.Load())
	})
}

// A task with a stop timeout of its own is entered while the service begins to stop. It
// uses its drain, so it has a moment to return when that ends, and is not given up.
// Time is virtual here.
func TestInterleavingStopAndOwnTimeout(t *testing.T) {
	storm(t, func(t *testing.T, d *dice) {
		synctest.Test(t, func(t *testing.T) {
			var s *scene
			s = newScene(t, node(
				task.New("stops", task.Unconstrained, func(ctx context.Context) error {
					s.Stop(nil)
					return nil
				}),
				task.WithStopTimeout(task.New("drains", task.Unconstrained, func(ctx context.Context) error {
					<-ctx.Done()
					<-task.Drain(ctx).Done()
					return nil
				}), time.Second),
			), service.Observe(func(ev service.Event) {
				if _, ok := ev.(service.StopRequested); ok {
					d.wait() // so that the task comes between the request and the broadcast
				}
			}))
			require.NoError(t, s.Run(t.Context()))
			s.check(t)
		})
	})
}

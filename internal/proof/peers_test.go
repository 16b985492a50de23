package proof

import (
	"context"
	"errors"
	"fmt"
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

// The tests TestPeer... say in the terms of this framework what the test suites of
// comparable projects assert. Each names where it comes from: the idea, never the text.
// This file: oklog/run and suture, which run things and stop them together, and the
// framework of ZK Stack nodes, from which the kinds of tasks come.

var errBoom = errors.New("boom")

// scene is a service with its recorded events.
type scene struct {
	*service.Service
	trace *trace
	err   error // of Run
	took  time.Duration
}

func newScene(t *testing.T, layers []wiring.Layer, opts ...service.Option) *scene {
	t.Helper()
	s := &scene{trace: &trace{start: time.Now()}}
	opts = append(opts, service.Logger(quiet), service.Observe(s.trace.observe))
	svc, err := service.NewBuilder(opts...).AddLayer(layers...).Build()
	require.NoError(t, err)
	s.Service = svc
	return s
}

// run runs the service and checks the order of its events.
func (s *scene) run(t *testing.T) {
	t.Helper()
	s.err = s.Run(t.Context())
	s.took = time.Since(s.trace.start)
	s.check(t)
}

// stopAt has somebody ask for the stop later.
func (s *scene) stopAt(after time.Duration, cause error) *scene {
	time.AfterFunc(after, func() { s.Stop(cause) })
	return s
}

// check looks at a service that has been run.
func (s *scene) check(t *testing.T) {
	t.Helper()
	if problems := checkTrace(s.trace, s.Status().Tasks); len(problems) > 0 {
		t.Errorf("%s\nevents:\n%v", lines(problems), s.trace)
	}
}

// states returns the last states of the tasks, in their order.
func (s *scene) states() []string {
	var all []string
	for _, t := range s.Status().Tasks {
		all = append(all, fmt.Sprintf("%s %v", t.ID, t.State))
	}
	return all
}

// node is a layer of tasks.
func node(tasks ...task.Task) []wiring.Layer {
	return []wiring.Layer{wiring.NewLayer("node", func(r *wiring.Registry) error {
		r.ProvideTask(func() []task.Task { return tasks })
		return nil
	})}
}

// waits is the Run of a task that waits for the stop.
func waits(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

// after returns the Run of a task that ends by itself after d, or at the stop.
func after(d time.Duration, err error) func(context.Context) error {
	return func(ctx context.Context) error {
		select {
		case <-time.After(d):
			return err
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// lingers returns the Run of a task that takes d to stop.
func lingers(d time.Duration, err error) func(context.Context) error {
	return func(ctx context.Context) error {
		<-ctx.Done()
		time.Sleep(d)
		return err
	}
}

// notes is what tasks write down, in the order in which they do.
type notes struct {
	mu    sync.Mutex // protects following fields
	lines []string
}

func (n *notes) add(line string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.lines = append(n.lines, line)
}

func (n *notes) all() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.lines)
}

// oklog/run TestZero: a group without actors returns at once. Here it is a mistake that
// Build reports; and if it shows only when the tasks are made, Run does.
func TestPeerRunZero(t *testing.T) {
	_, err := service.NewBuilder(service.Logger(quiet)).Build()
	require.ErrorIs(t, err, service.ErrNoTasks)

	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, node())
		s.run(t)
		require.ErrorIs(t, s.err, service.ErrNoTasks)
		assert.Zero(t, s.took)
	})
}

// oklog/run TestOne: the error of the only actor is the result.
func TestPeerRunOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, node(task.New("one", task.Regular, after(0, errBoom))))
		s.run(t)
		require.ErrorIs(t, s.err, errBoom)
		assert.Equal(t, []string{"one failed"}, s.states())
	})
}

// oklog/run TestMany: the first actor to return interrupts the others, and its error is
// the result.
func TestPeerRunMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, node(
			task.New("waits", task.Regular, waits),
			task.New("fails", task.Regular, after(time.Second, errBoom)),
			task.New("returns nil", task.Unconstrained, func(ctx context.Context) error { _ = waits(ctx); return nil }),
		))
		s.run(t)
		assert.ErrorIs(t, s.err, errBoom)
		assert.Len(t, multierr.Errors(s.err), 1)
		assert.Equal(t, []string{"waits done", "fails failed", "returns nil done"}, s.states())
		assert.Equal(t, time.Second, s.took)
	})
}

// oklog/run TestNilInterrupt, and its contract that interrupting an actor that has
// finished does no harm: what has ended is not told to stop.
func TestPeerRunInterruptOfAFinishedActor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var finished context.Context
		s := newScene(t, node(
			task.New("finished", task.Oneshot, func(ctx context.Context) error { finished = ctx; return nil }),
			task.New("waits", task.Regular, waits),
		)).stopAt(5*time.Second, nil)
		s.run(t)
		require.NoError(t, s.err)
		assert.ErrorIs(t, finished.Err(), context.Canceled, "what it has left behind sees the stop")
		for _, e := range s.trace.all() {
			if ev, ok := e.ev.(service.TaskChanged); ok && ev.ID == "finished" {
				assert.NotEqual(t, service.StateStopping, ev.To)
				assert.Zero(t, e.at)
			}
		}
	})
}

// suture TestServiceReport: the report names exactly the services that did not stop.
func TestPeerSutureServiceReport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		hang := func(context.Context) error { <-release; return nil }
		s := newScene(t, node(
			task.New("good", task.Regular, waits),
			task.New("hung", task.Regular, hang),
			task.New("hung-too", task.Oneshot, hang),
		)).stopAt(time.Second, nil)
		s.run(t)
		var named []string
		for _, err := range multierr.Errors(s.err) {
			failure, ok := errors.AsType[*service.TaskError](err)
			require.True(t, ok)
			assert.ErrorIs(t, failure, service.ErrStopTimeout)
			assert.Contains(t, failure.Stack, "TestPeerSutureServiceReport")
			named = append(named, string(failure.ID))
		}
		assert.Equal(t, []string{"hung", "hung-too"}, named)
		assert.Equal(t, []string{"good done", "hung abandoned", "hung-too abandoned"}, s.states())
		close(release)
	})
}

// suture TestStoppingStillWorksWithHungServices.
func TestPeerSutureStoppingStillWorksWithHungServices(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		var hooked bool
		s := newScene(t, []wiring.Layer{wiring.NewLayer("node", func(r *wiring.Registry) error {
			r.ProvideTask(func(h *wiring.ShutdownHooks) task.Task {
				h.Add("close", func(context.Context) error { hooked = true; return nil })
				return task.New("hung", task.Regular, func(context.Context) error { <-release; return nil })
			})
			return nil
		})}).stopAt(time.Second, nil)
		s.run(t)
		require.ErrorIs(t, s.err, service.ErrStopTimeout)
		assert.Equal(t, 21*time.Second, s.took)
		assert.True(t, hooked)
		close(release)
	})
}

// suture TestIssue77: a context error of some other context is a failure like any other.
func TestPeerSutureIssue77(t *testing.T) {
	for _, foreign := range []error{context.Canceled, context.DeadlineExceeded} {
		synctest.Test(t, func(t *testing.T) {
			s := newScene(t, node(
				task.New("client", task.Regular, after(time.Second, fmt.Errorf("asking the server: %w", foreign))),
				task.New("waits", task.Regular, waits),
			))
			s.run(t)
			require.ErrorIs(t, s.err, foreign)
			assert.Equal(t, []string{"client failed", "waits done"}, s.states())
		})
	}
}

// suture TestSupervisorManagementIssue35: a stop right after the start, a hundred times,
// never hangs. Outside a bubble, because it is about the real scheduler.
func TestPeerSutureManagementIssue35(t *testing.T) {
	for range 100 {
		s := newScene(t, node(task.New("one", task.Regular, waits), task.New("two", task.Daemon, waits)))
		done := make(chan error)
		go func() { done <- s.Run(t.Context()) }()
		s.Stop(nil)
		require.NoError(t, <-done)
	}
}

// suture TestAddAfterStopping, and hive, where adding a job to a group that has stopped
// is refused: what comes too late is refused, and hangs nobody.
func TestPeerSutureAddAfterStopping(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var registry *wiring.Registry
		var hooks *wiring.ShutdownHooks
		s := newScene(t, []wiring.Layer{wiring.NewLayer("node", func(r *wiring.Registry) error {
			registry = r
			r.ProvideTask(func(h *wiring.ShutdownHooks) task.Task {
				hooks = h
				return task.New("one", task.Oneshot, after(0, nil))
			})
			return nil
		})})
		s.run(t)
		require.NoError(t, s.err)
		assert.Panics(t, func() { registry.ProvideTask(func() task.Task { return nil }) })
		hooks.Add("late", func(context.Context) error { panic("a late hook runs") })
		assert.Equal(t, service.ErrAlreadyRun, s.Run(t.Context()))
	})
}

// suture TestEverMultistarted: nothing is ever started twice.
func TestPeerSutureEverMultistarted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		entries := make([]atomic.Int32, 60)
		var tasks []task.Task
		for i := range entries {
			tasks = append(tasks, task.New(task.ID(fmt.Sprint("t", i)), allKinds[i%len(allKinds)], func(ctx context.Context) error {
				entries[i].Add(1)
				if allKinds[i%len(allKinds)] == task.Precondition {
					return nil
				}
				return waits(ctx)
			}))
		}
		s := newScene(t, node(tasks...)).stopAt(time.Minute, nil)
		time.AfterFunc(time.Second, func() { assert.Equal(t, service.ErrAlreadyRun, s.Run(t.Context())) })
		s.run(t)
		require.NoError(t, s.err)
		for i := range entries {
			assert.EqualValues(t, 1, entries[i].Load(), i)
		}
	})
}

// suture TestRunningAlreadyRunning, and controller-runtime, whose manager refuses a
// second start: the first is undisturbed.
func TestPeerSutureRunningAlreadyRunning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, node(task.New("one", task.Regular, waits))).stopAt(time.Minute, nil)
		time.AfterFunc(time.Second, func() {
			assert.Equal(t, service.ErrAlreadyRun, s.Run(t.Context()))
			assert.Equal(t, service.PhaseRunning, s.Status().Phase)
		})
		s.run(t)
		require.NoError(t, s.err)
		assert.Equal(t, time.Minute, s.took)
	})
}

// suture TestStoppingSupervisorStopsServices.
func TestPeerSutureStoppingStopsServices(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tasks []task.Task
		for i, k := range allKinds {
			tasks = append(tasks, task.New(task.ID(fmt.Sprint("t", i)), k, waits))
		}
		s := newScene(t, node(tasks...)).stopAt(time.Second, nil)
		s.run(t)
		require.NoError(t, s.err)
		assert.Equal(t, []string{"t0 skipped", "t1 skipped", "t2 done", "t3 done", "t4 done", "t5 done"}, s.states())
	})
}

// ZK Stack test_run_with_no_tasks is TestPeerRunZero. This is test_run_with_error_tasks:
// a layer that cannot be wired. Build reports it, before anything runs.
func TestPeerZkStackWiringError(t *testing.T) {
	_, err := service.NewBuilder(service.Logger(quiet)).AddLayer(
		wiring.NewLayer("broken", func(*wiring.Registry) error { return errBoom }),
		node(task.New("one", task.Regular, waits))[0],
	).Build()
	require.ErrorIs(t, err, errBoom)
	assert.NotErrorIs(t, err, service.ErrNoTasks)
}

// ZK Stack test_add_layer: two layers of one name are told apart or count once.
func TestPeerZkStackAddLayerTwice(t *testing.T) {
	l := node(task.New("one", task.Oneshot, after(0, nil)))[0]
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, []wiring.Layer{l, l})
		s.run(t)
		require.NoError(t, s.err)
		assert.Equal(t, []string{"one done"}, s.states())
	})
	_, err := service.NewBuilder(service.Logger(quiet)).AddLayer(l, wiring.NewLayer("node", func(*wiring.Registry) error { return nil })).Build()
	require.Error(t, err)
}

// ZK Stack test_run_with_failed_tasks: the error of a task is the result.
func TestPeerZkStackFailedTask(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, node(task.New("fails", task.Regular, after(time.Second, errBoom)), task.New("waits", task.Regular, waits)))
		s.run(t)
		failure, ok := errors.AsType[*service.TaskError](s.err)
		require.True(t, ok)
		assert.Equal(t, service.TaskError{ID: "fails", Kind: task.Regular, Layer: "node", Err: errBoom}, *failure)
	})
}

// ZK Stack test_task_run: when a task finishes the service stops, and lets the others
// finish their work.
func TestPeerZkStackTaskRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ran, finished := false, false
		s := newScene(t, node(
			task.New("successful", task.Regular, func(context.Context) error { ran = true; return nil }),
			task.New("remaining", task.Regular, func(ctx context.Context) error {
				_ = waits(ctx)
				time.Sleep(time.Second)
				finished = true
				return nil
			}),
		))
		s.run(t)
		require.NoError(t, s.err)
		assert.True(t, ran)
		assert.True(t, finished)
		assert.ErrorContains(t, s.Status().Cause, `"successful"`)
	})
}

// ZK Stack: the end of a oneshot does not stop the service.
func TestPeerZkStackOneshotDoesNotStop(t *testing.T) {
	for _, kind := range []task.Kind{task.Oneshot, task.UnconstrainedOneshot, task.Precondition} {
		synctest.Test(t, func(t *testing.T) {
			s := newScene(t, node(task.New("once", kind, after(time.Second, nil)), task.New("waits", task.Regular, waits))).
				stopAt(time.Minute, nil)
			s.run(t)
			require.NoError(t, s.err)
			assert.Equal(t, time.Minute, s.took)
		})
	}
}

// ZK Stack: a panic of a task fails the service; the others get their normal stop.
func TestPeerZkStackPanic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, node(
			task.New("panics", task.Regular, func(context.Context) error { panic(errBoom) }),
			task.New("lingers", task.Unconstrained, lingers(3*time.Second, nil)),
		))
		s.run(t)
		p, ok := errors.AsType[*service.PanicError](s.err)
		require.True(t, ok)
		assert.Equal(t, errBoom, p.Value)
		assert.Contains(t, string(p.Stack), "TestPeerZkStackPanic")
		assert.Equal(t, 3*time.Second, s.took)
		assert.Equal(t, []string{"panics failed", "lingers done"}, s.states())
	})
}

// ZK Stack: a precondition that fails fails the service, and what waits behind the
// barrier never runs.
func TestPeerZkStackFailingPrecondition(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		never := func(context.Context) error { panic("entered") }
		s := newScene(t, node(
			task.New("pre", task.Precondition, after(time.Second, errBoom)),
			task.New("good", task.Precondition, after(0, nil)),
			task.New("regular", task.Regular, never),
			task.New("once", task.Oneshot, never),
			task.New("unconstrained", task.Unconstrained, waits),
		))
		s.run(t)
		require.ErrorIs(t, s.err, errBoom)
		assert.Equal(t, []string{"pre failed", "good done", "regular skipped", "once skipped", "unconstrained done"}, s.states())
		assert.False(t, closed(s.Ready()))
	})
}

// ZK Stack: preconditions gate.
func TestPeerZkStackPreconditionGates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var order notes
		did := func(what string, d time.Duration) func(context.Context) error {
			return func(context.Context) error {
				time.Sleep(d)
				order.add(what)
				return nil
			}
		}
		s := newScene(t, node(
			task.New("regular", task.Regular, did("regular", time.Second)),
			task.New("slow", task.Precondition, did("slow", 5*time.Second)),
			task.New("quick", task.Precondition, did("quick", 2*time.Second)),
			task.New("set-up", task.UnconstrainedOneshot, did("set-up", time.Second)),
		))
		s.run(t)
		require.NoError(t, s.err)
		assert.Equal(t, []string{"set-up", "quick", "slow", "regular"}, order.all())
		_, opened := first[service.GateOpened](s.trace)
		assert.Equal(t, 5*time.Second, opened)
	})
}

// ZK Stack, a defect: a stop let the tasks behind the barrier go on, and they ran with
// nothing ready. Here the stop and the last success come from one place, in this order,
// and the gate stays shut.
func TestPeerZkStackStopAgainstBarrier(t *testing.T) {
	for _, ask := range []string{"Stop", "ctx"} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			var s *scene
			s = newScene(t, node(
				task.New("pre", task.Precondition, func(context.Context) error {
					if ask == "Stop" {
						s.Stop(nil)
					} else {
						cancel()
					}
					return nil
				}),
				task.New("regular", task.Regular, func(context.Context) error { panic("entered") }),
				task.New("once", task.Oneshot, func(context.Context) error { panic("entered") }),
			))
			require.NoError(t, s.Run(ctx))
			s.check(t)
			assert.Equal(t, []string{"pre done", "regular skipped", "once skipped"}, s.states())
			assert.False(t, slices.ContainsFunc(s.trace.all(), func(e traced) bool { _, ok := e.ev.(service.GateOpened); return ok }))
		})
	}
}

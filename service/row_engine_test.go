package service_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"runtime/pprof"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

// fickle has another kind each time somebody asks.
type fickle struct {
	task.Task
	asked int
}

func (f *fickle) Kind() task.Kind {
	f.asked++
	return kinds[(f.asked-1)%len(kinds)]
}

func TestRow38KindIsReadOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVisits()
		changes := &fickle{Task: v.watch(waits("changes", task.Daemon))}
		n := run(build(t, nil, provide("test", changes, lasts("check", task.Precondition, time.Second, nil))))
		<-n.Ready()
		synctest.Wait()

		assert.Equal(t, 1, changes.asked)
		assert.Equal(t, task.Regular, n.Status().Tasks[0].Kind)
		assert.Equal(t, map[string]time.Duration{"changes": time.Second}, v.all(), "as a regular task")
		assert.Equal(t, "task", n.Graph().Tasks[0].Kind)
		n.Stop(nil)
		require.NoError(t, n.wait())
		assert.Equal(t, 1, changes.asked)
	})
}

func TestRow40TasksAreInRegistrationOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var layers []wiring.Layer
		var ids []string
		for l := range 5 {
			var all []task.Task
			for i, kind := range kinds {
				id := fmt.Sprintf("task-%d-%d", l, i)
				ids = append(ids, id)
				if kind == task.Precondition {
					all = append(all, lasts(task.ID(id), kind, time.Second, nil))
				} else {
					all = append(all, waits(task.ID(id), kind))
				}
			}
			layers = append(layers, provide(fmt.Sprintf("layer-%d", l), all...))
		}
		var started, listed, graphed []string
		n := run(build(t, options{service.Observe(func(ev service.Event) {
			if ev, ok := ev.(service.TaskChanged); ok && ev.To == service.StateRunning {
				started = append(started, string(ev.ID))
			}
		})}, layers...))
		<-n.Ready()
		synctest.Wait()

		gatedOf := func(gated bool) (matching []string) {
			for i, id := range ids {
				if kind := kinds[i%len(kinds)]; (kind == task.Regular || kind == task.Oneshot) == gated {
					matching = append(matching, id)
				}
			}
			return matching
		}
		assert.Equal(t, append(gatedOf(false), gatedOf(true)...), started)
		for _, s := range n.Status().Tasks {
			listed = append(listed, string(s.ID))
		}
		assert.Equal(t, ids, listed)
		for _, g := range n.Graph().Tasks {
			graphed = append(graphed, g.ID)
		}
		assert.Equal(t, ids, graphed)
		n.Stop(nil)
		require.NoError(t, n.wait())
	})
}

func TestRow41NoGoroutineIsLeft(t *testing.T) {
	before := goleak.IgnoreCurrent()
	entered, over := make(chan struct{}), make(chan struct{})
	var all []task.Task
	for _, kind := range kinds {
		all = append(all, task.New(task.ID("good-"+kind.String()), kind, func(ctx context.Context) error {
			if kind == task.Precondition {
				return nil
			}
			<-ctx.Done()
			_ = task.Drain(ctx)
			return ctx.Err()
		}))
	}
	all = append(all, task.New("hung", task.Regular, func(context.Context) error {
		close(entered)
		<-over
		return nil
	}))
	s := build(t, options{service.StopTimeout(time.Millisecond), service.Observe(func(service.Event) {})}, provide("test", all...), layer("hooks", func(r *wiring.Registry) {
		r.Invoke(func(_ context.Context, h *wiring.ShutdownHooks) {
			h.Add("hook", func(context.Context) error { return nil })
		})
		r.Invoke(func() {})
	}))
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-entered
		cancel()
	}()
	require.ErrorIs(t, s.Run(ctx), service.ErrStopTimeout)

	err := goleak.Find(before)
	require.Error(t, err, "the abandoned task is still there")
	assert.Equal(t, 1, strings.Count(err.Error(), "[Goroutine "), err.Error())
	assert.Contains(t, err.Error(), "TestRow41")
	close(over)
	assert.NoError(t, goleak.Find(before))
}

// allocations counts those of one run of n tasks, from Run to its return.
func allocations(t *testing.T, n int, newTask func(id task.ID) task.Task) uint64 {
	t.Helper()
	all := []task.Task{lasts("stops", task.Oneshot, time.Minute, errBoom)}
	for i := range n {
		all = append(all, newTask(task.ID(fmt.Sprintf("task-%06d", i))))
	}
	s := build(t, nil, provide("test", all...))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	require.ErrorIs(t, s.Run(context.Background()), errBoom)
	runtime.ReadMemStats(&after)
	time.Sleep(2 * time.Hour) // until those that hang have ended
	return after.Mallocs - before.Mallocs
}

func TestRow42CostIsLinear(t *testing.T) {
	tests := []struct {
		name string
		make func(id task.ID) task.Task
	}{
		{"regular", func(id task.ID) task.Task { return waits(id, task.Regular) }},
		{"daemons", func(id task.ID) task.Task { return waits(id, task.Daemon) }},
		{"preconditions", func(id task.ID) task.Task { return lasts(id, task.Precondition, 0, nil) }},
		{"with a timeout of their own", func(id task.ID) task.Task { return task.WithStopTimeout(waits(id, task.Regular), time.Second) }},
		{"hung", func(id task.ID) task.Task { return lingers(id, task.Regular, time.Hour, nil) }},
		{"hung, with a timeout of their own", func(id task.ID) task.Task {
			return task.WithStopTimeout(lingers(id, task.Regular, time.Hour, nil), time.Second)
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const n = 300
				few, many := allocations(t, n, tt.make), allocations(t, 10*n, tt.make)
				// Ten times as many if it is linear, a hundred times if it is quadratic.
				assert.Less(t, float64(many)/float64(few), 20.0, "%d allocations for %d tasks, %d for %d", few, n, many, 10*n)
			})
		})
	}
}

func TestRow42HundredThousandTasks(t *testing.T) {
	const n = 100_000
	all := make([]task.Task, 0, n+1)
	for i := range n {
		all = append(all, waits(task.ID(fmt.Sprintf("task-%06d", i)), task.Regular))
	}
	waiting, release := make(chan struct{}), make(chan struct{})
	all = append(all, task.New("check", task.Precondition, func(context.Context) error {
		close(waiting)
		<-release
		return nil
	}))
	s := build(t, options{service.StopTimeout(time.Hour), service.ShutdownTimeout(time.Hour)}, provide("test", all...))
	node := run(s)
	<-waiting
	assert.Less(t, runtime.NumGoroutine(), 1000, "a task that waits for the gate has no goroutine")
	close(release)
	<-s.Ready()
	s.Stop(nil)
	require.NoError(t, node.wait())
}

// Ready is closed when every gated task has been started, and not a moment before.
func TestReadyComesAfterTheStartOfAllTasks(t *testing.T) {
	const many = 2000
	all := make([]task.Task, many)
	for i := range all {
		all[i] = waits(task.ID(strconv.Itoa(i)), task.Regular)
	}
	s := build(t, nil, provide("test", all...))
	n := run(s)
	<-s.Ready()
	assert.GreaterOrEqual(t, runtime.NumGoroutine(), many)
	s.Stop(nil)
	require.NoError(t, n.wait())
}

// A service that a task runs, with a context of its own, takes nothing from it.
func TestRow43ATaskThatRunsAServiceKeepsItsLabels(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := run(build(t, nil, provide("outer", task.New("runner", task.Regular, func(ctx context.Context) error {
			inner := build(t, nil, provide("inner", lasts("inner", task.Oneshot, 0, nil)))
			if err := inner.Run(context.Background()); err != nil {
				return err
			}
			hangItself(ctx.Done())
			return nil
		}))))
		synctest.Wait()

		var profile bytes.Buffer
		require.NoError(t, pprof.Lookup("goroutine").WriteTo(&profile, 1))
		assert.Contains(t, profile.String(), "service_test.hangItself")
		for block := range strings.SplitSeq(profile.String(), "\n\n") {
			if strings.Contains(block, "service_test.hangItself") {
				assert.Contains(t, block, `# labels: {"layer":"outer", "task":"runner"}`)
			}
		}
		n.Stop(nil)
		require.NoError(t, n.wait())
	})
}

func TestRow43GoroutinesCarryLabels(t *testing.T) {
	for _, kind := range kinds {
		t.Run(kind.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				labels := map[string]string{}
				labelled := pprof.WithLabels(context.Background(), pprof.Labels("node", "one"))
				n := runWith(labelled, build(t, nil, provide("storage", task.New("sealer", kind, func(ctx context.Context) error {
					pprof.ForLabels(ctx, func(key, value string) bool {
						labels[key] = value
						return true
					})
					go func() { hangElsewhere(ctx.Done()) }()
					hangItself(ctx.Done())
					return nil
				})), provide("other", waits("keeper", task.Unconstrained))))
				synctest.Wait()

				assert.Equal(t, map[string]string{"task": "sealer", "layer": "storage", "node": "one"}, labels)
				var profile bytes.Buffer
				require.NoError(t, pprof.Lookup("goroutine").WriteTo(&profile, 1))
				for block := range strings.SplitSeq(profile.String(), "\n\n") {
					if strings.Contains(block, "service_test.hang") {
						assert.Contains(t, block, `# labels: {"layer":"storage", "node":"one", "task":"sealer"}`)
					}
				}
				assert.Equal(t, 1, strings.Count(profile.String(), "service_test.hangElsewhere"))
				n.Stop(nil)
				require.NoError(t, n.wait())
			})
		})
	}
}

func TestRow44ObserverPanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, lines := newLog()
		tr := newTrace()
		events := 0
		n := run(build(t, options{log, service.Observe(func(service.Event) {
			events++
			explode(events)
		}), service.Observe(tr.observe)}, eventful(t, false)...))

		_ = n.wait()
		assert.Equal(t, service.PhaseStopped, n.Status().Phase)
		assert.Equal(t, events, len(tr.all()), "the next observer gets every event")
		all := strings.Join(lines(), "\n")
		assert.Equal(t, events, strings.Count(all, `level=ERROR msg="observer panicked" panic=`))
		assert.Contains(t, all, "service_test.explode")
	})
}

// angry is a log handler that panics.
type angry struct{ slog.Handler }

func (angry) Handle(context.Context, slog.Record) error { panic("angry") }

// furious is one that panics when it is asked too.
type furious struct{ angry }

func (furious) Enabled(context.Context, slog.Level) bool { panic("furious") }

func TestRow44LogHandlerPanicsWhenItIsAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		logger := service.Logger(slog.New(furious{angry{slog.DiscardHandler}}))

		assert.NoError(t, build(t, options{logger}, provide("test", lasts("oneshot", task.Oneshot, 0, nil))).Run(t.Context()))
	})
}

func TestRow44LogHandlerPanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		logger := slog.New(angry{slog.NewTextHandler(&bytes.Buffer{}, &slog.HandlerOptions{Level: slog.LevelDebug})})
		tr := newTrace()
		n := run(build(t, options{service.Logger(logger), service.Observe(tr.observe), service.Observe(func(service.Event) { panic("too") })},
			append(eventful(t, false), layer("unused", func(r *wiring.Registry) {
				r.Provide(func() float64 { return 1 }) // a warning
				r.Invoke(func(h *wiring.ShutdownHooks) {
					time.AfterFunc(time.Hour, func() { h.Add("late", func(context.Context) error { return nil }) })
				})
			}))...))

		_ = n.wait()
		assert.Equal(t, service.PhaseStopped, n.Status().Phase)
		assert.Contains(t, tr.all(), "30s regular pending -> running")
	})
}

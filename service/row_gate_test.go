package service_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

func TestRow01NoTaskIsProvided(t *testing.T) {
	resources := layer("resources", func(r *wiring.Registry) { r.Provide(func() int { return 1 }) })
	broken := layer("broken", func(r *wiring.Registry) { r.Invoke(func(float64) {}) })

	tests := []struct {
		name   string
		layers []wiring.Layer
	}{
		{"no layer", nil},
		{"no task in any layer", []wiring.Layer{resources}},
		{"another problem too", []wiring.Layer{resources, broken}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, err := service.NewBuilder().AddLayer(tt.layers...).Build()

			assert.Nil(t, s)
			assert.ErrorIs(t, err, service.ErrNoTasks)
			_, missing := errors.AsType[*wiring.MissingError](err)
			assert.Equal(t, len(tt.layers) > 1, missing, "every problem is reported")
		})
	}
}

func TestRow01SlicesOfTasksTurnOutEmpty(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hooks := 0
		n := run(build(t, nil, layer("empty", func(r *wiring.Registry) {
			r.ProvideTask(func(h *wiring.ShutdownHooks) []task.Task {
				h.Add("hook", func(context.Context) error { hooks++; return nil })
				return nil
			})
		})))

		assert.Equal(t, service.ErrNoTasks, n.wait())
		assert.Equal(t, 1, hooks)
		assert.Equal(t, service.ErrNoTasks, n.Status().Cause)
		assert.False(t, isReady(n.Service))
	})
}

func TestRow02ServiceOfOneshotsEnds(t *testing.T) {
	oneshot := lasts("oneshot", task.Oneshot, 2*time.Second, nil)
	setup := lasts("setup", task.UnconstrainedOneshot, 3*time.Second, nil)
	check := lasts("check", task.Precondition, time.Second, nil)
	daemon := waits("daemon", task.Daemon)

	tests := []struct {
		name  string
		tasks []task.Task
		want  []string
		took  time.Duration
	}{
		{"a oneshot", []task.Task{oneshot}, []string{"oneshot done"}, 2 * time.Second},
		{"an unconstrained oneshot", []task.Task{setup}, []string{"setup done"}, 3 * time.Second},
		{"a precondition", []task.Task{check}, []string{"check done"}, time.Second},
		{"a precondition and a oneshot", []task.Task{oneshot, check}, []string{"oneshot done", "check done"}, 3 * time.Second},
		{"all of them", []task.Task{oneshot, check, setup}, []string{"oneshot done", "check done", "setup done"}, 3 * time.Second},
		{"with a daemon", []task.Task{daemon, oneshot, check}, []string{"daemon done", "oneshot done", "check done"}, 3 * time.Second},
		{"a daemon alone", []task.Task{daemon}, nil, 0}, // it may not even be entered
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := run(build(t, options{service.DrainDelay(time.Minute)}, provide("test", tt.tasks...)))

				require.NoError(t, n.wait())
				assert.Equal(t, tt.took, n.took, "nobody has asked for a stop, so nothing is drained")
				if tt.want != nil {
					assert.Equal(t, tt.want, tasks(n.Status()))
				}
				cause := "every task that keeps the service alive has returned"
				if tt.took == 0 {
					cause = "no task keeps the service alive: there are only daemons"
				}
				assert.EqualError(t, n.Status().Cause, cause)
				assert.True(t, isReady(n.Service))
			})
		})
	}
}

func TestRow03NoPreconditionsLeaveTheGateOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVisits()
		tr := newTrace()
		n := run(build(t, options{service.Observe(tr.observe)}, provide("test",
			v.watch(waits("regular", task.Regular)),
			v.watch(waits("oneshot", task.Oneshot)),
			v.watch(waits("unconstrained", task.Unconstrained)),
			v.watch(waits("setup", task.UnconstrainedOneshot)),
			v.watch(waits("daemon", task.Daemon)),
		)))
		synctest.Wait()

		assert.Equal(t, map[string]time.Duration{"regular": 0, "oneshot": 0, "unconstrained": 0, "setup": 0, "daemon": 0}, v.all())
		assert.True(t, n.Status().Ready())
		assert.Contains(t, tr.all(), "0s gate opened after 0s")

		n.Stop(nil)
		require.NoError(t, n.wait())
	})
}

func TestRow04GatedTasksStartAfterTheLastPrecondition(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVisits()
		n := run(build(t, nil, provide("test",
			v.watch(waits("regular", task.Regular)),
			v.watch(waits("oneshot", task.Oneshot)),
			v.watch(lasts("second", task.Precondition, 2*time.Second, nil)),
			v.watch(lasts("third", task.Precondition, 3*time.Second, nil)),
			v.watch(lasts("first", task.Precondition, time.Second, nil)),
			v.watch(waits("unconstrained", task.Unconstrained)),
			v.watch(waits("setup", task.UnconstrainedOneshot)),
			v.watch(waits("daemon", task.Daemon)),
			v.watch(waits("regular-2", task.Regular)),
		)))

		pending := func() []task.ID {
			synctest.Wait()
			return n.Status().Pending
		}
		assert.Equal(t, []task.ID{"second", "third", "first"}, pending())
		time.Sleep(time.Second)
		assert.Equal(t, []task.ID{"second", "third"}, pending())
		time.Sleep(time.Second)
		assert.Equal(t, []task.ID{"third"}, pending())
		time.Sleep(time.Second - 1)
		synctest.Wait()
		assert.Equal(t, service.PhaseWaiting, n.Status().Phase)
		assert.Equal(t, []string{
			"regular pending", "oneshot pending", "second done", "third running", "first done",
			"unconstrained running", "setup running", "daemon running", "regular-2 pending",
		}, tasks(n.Status()))
		<-n.Ready()
		synctest.Wait()
		assert.Empty(t, pending())
		assert.Equal(t, service.PhaseRunning, n.Status().Phase)

		assert.Equal(t, map[string]time.Duration{
			"second": 0, "third": 0, "first": 0, "unconstrained": 0, "setup": 0, "daemon": 0,
			"regular": 3 * time.Second, "oneshot": 3 * time.Second, "regular-2": 3 * time.Second,
		}, v.all())
		n.Stop(nil)
		require.NoError(t, n.wait())
	})
}

func TestRow10UnconstrainedOneshotSatisfiesAPrecondition(t *testing.T) {
	for _, setsUp := range []bool{true, false} {
		t.Run(fmt.Sprintf("this node sets up: %v", setsUp), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var migrated atomic.Bool
				migrate := task.New("migrate", task.UnconstrainedOneshot, func(context.Context) error {
					time.Sleep(2500 * time.Millisecond)
					migrated.Store(true)
					return nil
				})
				check := task.Poll("schema", time.Second, func(context.Context) (bool, error) { return migrated.Load(), nil })
				v := newVisits()
				all := []task.Task{check, v.watch(waits("regular", task.Regular))}
				if setsUp {
					all = append(all, migrate)
				} else {
					time.AfterFunc(2500*time.Millisecond, func() { migrated.Store(true) }) // another node does
				}
				n := run(build(t, nil, provide("test", all...)))

				<-n.Ready()
				synctest.Wait()
				assert.Equal(t, map[string]time.Duration{"regular": 3 * time.Second}, v.all())
				n.Stop(nil)
				require.NoError(t, n.wait())
			})
		})
	}
}

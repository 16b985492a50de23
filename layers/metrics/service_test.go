package metrics_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/layers/metrics"
	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

var errRefused = errors.New("connection refused")

func TestANodeThatWaitsAtTheGate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		open := make(chan struct{})
		n := run(t, []wiring.Layer{metrics.New(metrics.Options{}), working("worker",
			task.New("schema-current", task.Precondition, func(context.Context) error { <-open; return nil }),
			waits("work", task.Regular),
		)})

		time.Sleep(90 * time.Second)
		n.assert(`
# HELP wireframework_phase Whether the service is in this phase (1) or not (0).
# TYPE wireframework_phase gauge
wireframework_phase{phase="built"} 0
wireframework_phase{phase="running"} 0
wireframework_phase{phase="stopped"} 0
wireframework_phase{phase="stopping"} 0
wireframework_phase{phase="waiting"} 1
wireframework_phase{phase="wiring"} 0
# HELP wireframework_ready Whether the gate is open and no stop has been asked for (1) or not (0); health checks do not count.
# TYPE wireframework_ready gauge
wireframework_ready 0
# HELP wireframework_gate_wait_seconds How long the tasks have waited for the gate to open, or did wait.
# TYPE wireframework_gate_wait_seconds gauge
wireframework_gate_wait_seconds 90
# HELP wireframework_preconditions_pending How many preconditions have not succeeded yet.
# TYPE wireframework_preconditions_pending gauge
wireframework_preconditions_pending 1
# HELP wireframework_task_state The state that the task is in (1); there is no series for the others.
# TYPE wireframework_task_state gauge
wireframework_task_state{kind="precondition",layer="worker",state="running",task="schema-current"} 1
wireframework_task_state{kind="task",layer="worker",state="pending",task="work"} 1
# HELP wireframework_task_run_seconds How long the task has been running, or did run.
# TYPE wireframework_task_run_seconds gauge
wireframework_task_run_seconds{kind="precondition",layer="worker",task="schema-current"} 90
# HELP wireframework_tasks How many tasks are in this state.
# TYPE wireframework_tasks gauge
wireframework_tasks{kind="precondition",layer="worker",state="abandoned"} 0
wireframework_tasks{kind="precondition",layer="worker",state="done"} 0
wireframework_tasks{kind="precondition",layer="worker",state="failed"} 0
wireframework_tasks{kind="precondition",layer="worker",state="pending"} 0
wireframework_tasks{kind="precondition",layer="worker",state="running"} 1
wireframework_tasks{kind="precondition",layer="worker",state="skipped"} 0
wireframework_tasks{kind="precondition",layer="worker",state="stopping"} 0
wireframework_tasks{kind="task",layer="worker",state="abandoned"} 0
wireframework_tasks{kind="task",layer="worker",state="done"} 0
wireframework_tasks{kind="task",layer="worker",state="failed"} 0
wireframework_tasks{kind="task",layer="worker",state="pending"} 1
wireframework_tasks{kind="task",layer="worker",state="running"} 0
wireframework_tasks{kind="task",layer="worker",state="skipped"} 0
wireframework_tasks{kind="task",layer="worker",state="stopping"} 0
`)
		close(open)
		time.Sleep(30 * time.Second)
		n.assert(`
# HELP wireframework_ready Whether the gate is open and no stop has been asked for (1) or not (0); health checks do not count.
# TYPE wireframework_ready gauge
wireframework_ready 1
# HELP wireframework_gate_wait_seconds How long the tasks have waited for the gate to open, or did wait.
# TYPE wireframework_gate_wait_seconds gauge
wireframework_gate_wait_seconds 90
# HELP wireframework_preconditions_pending How many preconditions have not succeeded yet.
# TYPE wireframework_preconditions_pending gauge
wireframework_preconditions_pending 0
# HELP wireframework_stop_duration_seconds How long ago the stop was asked for; 0 before.
# TYPE wireframework_stop_duration_seconds gauge
wireframework_stop_duration_seconds 0
# HELP wireframework_task_run_seconds How long the task has been running, or did run.
# TYPE wireframework_task_run_seconds gauge
wireframework_task_run_seconds{kind="precondition",layer="worker",task="schema-current"} 90
wireframework_task_run_seconds{kind="task",layer="worker",task="work"} 30
`)
		require.NoError(t, n.stop())
	})
}

func TestANodeThatStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		defer close(release)
		n := run(t, []wiring.Layer{metrics.New(metrics.Options{}), working("worker",
			task.New("fetch", task.Regular, func(context.Context) error {
				time.Sleep(time.Minute)
				return errRefused
			}),
			task.New("stuck", task.Regular, func(context.Context) error { <-release; return nil }),
			task.New("stuck-too", task.Daemon, func(context.Context) error { <-release; return nil }),
			task.WithStopTimeout(task.New("slow", task.Regular, func(ctx context.Context) error {
				<-ctx.Done()
				time.Sleep(10 * time.Second)
				return nil
			}), time.Minute),
		)}, service.StopTimeout(5*time.Second), service.DrainDelay(2*time.Second))

		time.Sleep(time.Minute)
		synctest.Wait()
		assert.Zero(t, n.value("wireframework_ready"), "red at once")
		assert.EqualValues(t, 1, n.value("wireframework_phase", "phase", "stopping"))
		assert.EqualValues(t, 1, n.value("wireframework_tasks", "kind", "task", "state", "failed"))
		assert.EqualValues(t, 2, n.value("wireframework_tasks", "kind", "task", "state", "running"))

		time.Sleep(9 * time.Second)
		n.assert(`
# HELP wireframework_stop_duration_seconds How long ago the stop was asked for; 0 before.
# TYPE wireframework_stop_duration_seconds gauge
wireframework_stop_duration_seconds 9
# HELP wireframework_tasks_abandoned_total How many tasks did not stop in time and were abandoned.
# TYPE wireframework_tasks_abandoned_total counter
wireframework_tasks_abandoned_total 1
# HELP wireframework_task_state The state that the task is in (1); there is no series for the others.
# TYPE wireframework_task_state gauge
wireframework_task_state{kind="task",layer="worker",state="failed",task="fetch"} 1
wireframework_task_state{kind="daemon",layer="worker",state="running",task="stuck-too"} 1
wireframework_task_state{kind="task",layer="worker",state="abandoned",task="stuck"} 1
wireframework_task_state{kind="task",layer="worker",state="stopping",task="slow"} 1
`)
		assert.EqualValues(t, 60, n.value("wireframework_task_run_seconds", "task", "fetch"))
		assert.EqualValues(t, 69, n.value("wireframework_task_run_seconds", "task", "slow"))
		assert.EqualValues(t, 69, n.value("wireframework_task_run_seconds", "task", "stuck-too"))
		require.ErrorIs(t, <-n.ended, errRefused)
		time.Sleep(time.Hour)
		assert.EqualValues(t, 17, n.value("wireframework_stop_duration_seconds"), "what is over does not grow")
		assert.EqualValues(t, 2, n.value("wireframework_tasks_abandoned_total"))
		assert.EqualValues(t, 1, n.value("wireframework_tasks", "kind", "task", "state", "done"))
	})
}

func TestAGateThatAStopHasLeftShut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := run(t, []wiring.Layer{metrics.New(metrics.Options{}), working("worker",
			task.New("schema-current", task.Precondition, func(ctx context.Context) error {
				<-ctx.Done()
				time.Sleep(7 * time.Second)
				return nil
			}),
			waits("work", task.Regular),
		)})
		time.Sleep(5 * time.Second)
		n.Stop(nil)
		time.Sleep(3 * time.Second)

		assert.EqualValues(t, 5, n.value("wireframework_gate_wait_seconds"))
		assert.EqualValues(t, 1, n.value("wireframework_preconditions_pending"))
		assert.EqualValues(t, 1, n.value("wireframework_task_state", "task", "work", "state", "skipped"))
		require.NoError(t, <-n.ended)
	})
}

type slowResult struct{ _ int }

func newSlow() *slowResult { time.Sleep(3 * time.Second); return &slowResult{} }

func useSlow(*slowResult) { time.Sleep(time.Second) }

func TestHowLongTheWiringTook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := wiring.NewLayer("slow", func(r *wiring.Registry) error {
			r.Provide(newSlow)
			for range 2 {
				r.Invoke(useSlow)
			}
			return nil
		})
		n := run(t, []wiring.Layer{slow, metrics.New(metrics.Options{}), working("worker", waits("work", task.Regular))})
		time.Sleep(10 * time.Second)

		assert.EqualValues(t, 5, n.value("wireframework_wiring_duration_seconds"))
		assert.EqualValues(t, 5, n.value("wireframework_layer_wiring_duration_seconds", "layer", "slow"))
		assert.Zero(t, n.value("wireframework_layer_wiring_duration_seconds", "layer", "worker"))
		assert.EqualValues(t, 3, n.value("wireframework_constructor_duration_seconds", "layer", "slow", "constructor", "newSlow"))
		assert.EqualValues(t, 2, n.value("wireframework_constructor_duration_seconds", "layer", "slow", "constructor", "useSlow"),
			"what is there twice is added up")
		assert.Zero(t, n.value("wireframework_constructor_duration_seconds", "layer", "metrics", "constructor", "newRegistry"))
		require.NoError(t, n.stop())
	})
}

func TestNamesAndHelpTextsFollowTheConventions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := run(t, []wiring.Layer{metrics.New(metrics.Options{}), working("worker", waits("work", task.Regular))})
		problems, err := testutil.GatherAndLint(n.gatherer)
		require.NoError(t, err)
		families, err := n.gatherer.Gather()
		require.NoError(t, err)
		require.NoError(t, n.stop())

		assert.Empty(t, problems)
		own := 0
		for _, f := range families {
			if strings.HasPrefix(f.GetName(), "wireframework_") {
				own++
				assert.True(t, strings.HasSuffix(f.GetHelp(), "."), f.GetHelp())
			}
		}
		assert.Equal(t, 12, own, "each metric that the package comment lists")
	})
}

func TestATaskMayHaveAnyName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := run(t, []wiring.Layer{metrics.New(metrics.Options{}), working("worker", waits("a\"\n\xff", task.Regular))})
		assert.EqualValues(t, 1, n.value("wireframework_task_state", "task", "a\"\n\uFFFD"))
		require.NoError(t, n.stop())
	})
}

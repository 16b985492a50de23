package health_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/layers/health"
	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

// statuses returns the statuses of /livez, /readyz and /healthz.
func (n *node) statuses() [3]int {
	return [3]int{n.status("/livez"), n.status("/readyz"), n.status("/healthz")}
}

var (
	allGood  = [3]int{200, 200, 200}
	notReady = [3]int{200, 503, 503}
	allBad   = [3]int{503, 503, 503}
)

func TestANodeIsNotReadyWhileItWaitsAtTheGate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		open := make(chan struct{})
		n := run(t, []wiring.Layer{health.New(health.Options{}), working(
			task.New("schema-current", task.Precondition, func(context.Context) error { <-open; return nil }),
			waits("work", task.Regular),
		)})

		assert.Equal(t, notReady, n.statuses())
		_, body := n.get("/readyz?verbose")
		assert.Equal(t, lines("[-]gate failed: waiting for schema-current", "[+]shutdown ok", "readyz check failed"), body)
		_, body = n.get("/readyz")
		assert.Equal(t, lines("[-]gate failed", "readyz check failed"), body)
		report := n.report("/readyz")
		assert.Equal(t, "waiting", report.Phase)
		assert.Equal(t, []task.ID{"schema-current"}, report.Pending)
		assert.Equal(t, map[string]int{"running": 1, "pending": 1}, report.States)

		close(open)
		synctest.Wait()
		assert.Equal(t, allGood, n.statuses())
		assert.Empty(t, n.report("/readyz").Pending)
		require.NoError(t, n.stop())
	})
}

func TestReadinessIsRedFromTheFirstMomentOfAStopAndLivenessUntilTheLastTaskHasEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := run(t, []wiring.Layer{health.New(health.Options{}), working(
			task.New("work", task.Regular, func(ctx context.Context) error {
				<-ctx.Done()
				time.Sleep(2 * time.Second)
				return nil
			}),
		)}, service.DrainDelay(5*time.Second))
		require.Equal(t, allGood, n.statuses())

		n.Stop(errors.New("out of disk"))
		assert.Equal(t, notReady, n.statuses(), "before anything else has happened")

		time.Sleep(4 * time.Second) // in the drain delay
		assert.Equal(t, notReady, n.statuses())
		_, body := n.get("/readyz?verbose")
		assert.Equal(t, lines("[+]gate ok", "[-]shutdown failed: the node is stopping: out of disk", "readyz check failed"), body)
		assert.Equal(t, 200, n.status("/readyz?exclude=shutdown"))
		report := n.report("/readyz")
		assert.Equal(t, "stopping", report.Phase)
		assert.Equal(t, "out of disk", report.Cause)
		assert.Equal(t, "running", report.Tasks[0].State)

		time.Sleep(2 * time.Second) // after the broadcast
		assert.Equal(t, notReady, n.statuses())
		assert.Equal(t, "stopping", n.report("/readyz").Tasks[0].State)

		require.ErrorContains(t, <-n.ended, "out of disk")
		assert.Equal(t, allBad, n.statuses())
		_, body = n.get("/livez?verbose")
		assert.Equal(t, lines("[-]tasks failed: the node is stopped", "livez check failed"), body)
	})
}

func TestTheCauseOfAStopIsWithheldFromOtherMachines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := run(t, []wiring.Layer{health.New(health.Options{}), working(
			task.New("work", task.Regular, func(context.Context) error { return errRefused }),
			task.New("other", task.Regular, func(ctx context.Context) error {
				<-ctx.Done()
				time.Sleep(time.Second)
				return nil
			}),
		)})
		text := n.serve(remote("/readyz?verbose")).Body.String()
		report := decode(t, n.serve(remote("/readyz?format=json")))
		require.ErrorIs(t, <-n.ended, errRefused)

		assert.Equal(t, lines("[+]gate ok", "[-]shutdown failed: the node is stopping: reason withheld", "readyz check failed"), text)
		assert.Equal(t, "withheld", report.Cause)
		assert.Equal(t, []string{"withheld", ""}, []string{report.Tasks[0].Error, report.Tasks[1].Error})
	})
}

func TestATaskThatFailsAndOneThatIsAbandonedAreInTheReport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		defer close(release)
		n := run(t, []wiring.Layer{health.New(health.Options{}), working(
			task.New("fetch", task.Regular, func(context.Context) error { return errRefused }),
			task.New("stuck", task.Regular, func(context.Context) error { <-release; return nil }),
			task.WithStopTimeout(task.New("slow", task.Regular, func(ctx context.Context) error {
				<-ctx.Done()
				time.Sleep(10 * time.Second)
				return nil
			}), time.Minute),
		)}, service.StopTimeout(5*time.Second))

		time.Sleep(6 * time.Second)
		assert.Equal(t, notReady, n.statuses())
		report := n.report("/livez")
		require.Len(t, report.Tasks, 3)
		assert.Equal(t, map[string]int{"failed": 1, "abandoned": 1, "stopping": 1}, report.States)
		assert.Contains(t, report.Tasks[0].Error, "connection refused")
		assert.Contains(t, report.Tasks[1].Error, "stop")
		assert.Equal(t, "abandoned", report.Tasks[1].State)

		require.Error(t, <-n.ended)
		assert.Equal(t, allBad, n.statuses())
	})
}

func TestTheMostTellingTasksAreListedIfThereAreTooMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := func(ctx context.Context) error {
			<-ctx.Done()
			time.Sleep(time.Second)
			return nil
		}
		n := run(t, []wiring.Layer{health.New(health.Options{MaxTasks: 3}), working(
			task.New("done", task.UnconstrainedOneshot, func(context.Context) error { return nil }),
			waits("skipped", task.Regular),
			task.New("stopping", task.Unconstrained, slow),
			task.New("never", task.Precondition, slow),
			task.New("failed", task.Unconstrained, func(context.Context) error { return errRefused }),
		)})
		report := n.report("/readyz")
		require.ErrorIs(t, <-n.ended, errRefused)

		var listed []string
		for _, task := range report.Tasks {
			listed = append(listed, string(task.ID))
		}
		assert.Equal(t, []string{"failed", "stopping", "never"}, listed)
		assert.Equal(t, 2, report.Omitted)
		assert.Equal(t, map[string]int{"done": 1, "skipped": 1, "stopping": 2, "failed": 1}, report.States)
	})
}

func TestANodeIsAliveNoMoreWhenItsLastTaskHasEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slowHook := wiring.NewLayer("pool", func(r *wiring.Registry) error {
			r.Invoke(func(hooks *wiring.ShutdownHooks) {
				hooks.Add("close-pool", func(context.Context) error { time.Sleep(time.Second); return nil })
			})
			return nil
		})
		n := run(t, []wiring.Layer{health.New(health.Options{}), slowHook, working(waits("work", task.Regular))})
		n.Stop(nil)
		synctest.Wait() // in the hook

		assert.Equal(t, allBad, n.statuses())
		_, body := n.get("/livez?verbose")
		assert.Equal(t, lines("[-]tasks failed: the last has ended", "livez check failed"), body)
		require.NoError(t, <-n.ended)
	})
}

func TestAStopBeforeTheGateHasOpenedLeavesItShut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := run(t, []wiring.Layer{health.New(health.Options{}), working(
			task.New("schema-current", task.Precondition, func(ctx context.Context) error {
				<-ctx.Done()
				time.Sleep(time.Second)
				return nil
			}),
			waits("work", task.Regular),
		)})
		n.Stop(nil)
		synctest.Wait()

		_, body := n.get("/readyz?verbose")
		require.NoError(t, <-n.ended)
		assert.Equal(t, lines("[-]gate failed: the stop came before",
			"[-]shutdown failed: the node is stopping: "+service.ErrStopRequested.Error(), "readyz check failed"), body)
	})
}

func TestAnswersAreBoundedWithAHundredThousandTasks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const many = 100_000
		tasks := make([]task.Task, 0, many)
		for i := range many / 2 {
			tasks = append(tasks, waits(task.ID(fmt.Sprintf("waits-%d", i)), task.Regular))
		}
		for i := range many/2 - 1 {
			tasks = append(tasks, waits(task.ID(fmt.Sprintf("precondition-%d", i)), task.Precondition))
		}
		fail := make(chan struct{})
		tasks = append(tasks, task.New("fetch", task.Unconstrained, func(context.Context) error { <-fail; return errRefused }))
		n := run(t, []wiring.Layer{health.New(health.Options{}), working(tasks...)}, service.DrainDelay(time.Second))

		_, body := n.get("/readyz?verbose")
		assert.Equal(t, lines("[-]gate failed: waiting for precondition-0, precondition-1, precondition-2, precondition-3, precondition-4, "+
			"precondition-5, precondition-6, precondition-7, precondition-8, precondition-9 and 49989 more",
			"[+]shutdown ok", "readyz check failed"), body)
		w := n.serve(local("/readyz?format=json"))
		assert.Less(t, w.Body.Len(), 30_000)
		report := decode(t, w)
		assert.Equal(t, map[string]int{"running": many / 2, "pending": many / 2}, report.States)
		assert.Len(t, report.Pending, 100)
		assert.Len(t, report.Tasks, 100)
		assert.Equal(t, many-100, report.Omitted)
		for i, task := range report.Tasks {
			assert.Equal(t, fmt.Sprintf("waits-%d", i), string(task.ID), "what runs is not listed")
		}

		close(fail)
		synctest.Wait()
		report = n.report("/readyz")
		assert.Equal(t, "fetch", string(report.Tasks[0].ID), "the one that matters comes first")
		require.ErrorIs(t, <-n.ended, errRefused)
	})
}

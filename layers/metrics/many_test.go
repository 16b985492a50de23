package metrics_test

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/layers/httpserver"
	"github.com/wireframework/wireframework/layers/metrics"
	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/service/servicetest"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

// many returns that many tasks.
func many(count int, run func(context.Context) error) []task.Task {
	tasks := make([]task.Task, count)
	for i := range tasks {
		tasks[i] = task.New(task.ID(fmt.Sprintf("work-%d", i)), task.Oneshot, run)
	}
	return tasks
}

func waitForStop(ctx context.Context) error {
	<-ctx.Done()
	return nil
}

func TestTasksHaveSeriesOfTheirOwnUpToTheLimit(t *testing.T) {
	for _, c := range []struct{ limit, tasks, series int }{
		{0, 1000, 1000},
		{0, 1001, 0},
		{0, 10_000, 0},
		{10_000, 10_000, 10_000},
		{5, 5, 5},
		{5, 6, 0},
	} {
		t.Run(fmt.Sprintf("limit %d, %d tasks", c.limit, c.tasks), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := run(t, []wiring.Layer{
					metrics.New(metrics.Options{MaxTasks: c.limit}),
					working("worker", many(c.tasks, waitForStop)...),
				})
				time.Sleep(time.Second)

				assert.Equal(t, c.series, n.series("wireframework_task_state"))
				assert.Equal(t, c.series, n.series("wireframework_task_run_seconds"))
				assert.Equal(t, 7, n.series("wireframework_tasks"), "one of each state")
				assert.EqualValues(t, c.tasks, n.value("wireframework_tasks", "layer", "worker", "state", "running"))
				require.NoError(t, n.stop())
			})
		})
	}
}

func TestLayersAndConstructorsHaveSeriesOfTheirOwnUpToTheLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		layers := []wiring.Layer{metrics.New(metrics.Options{MaxTasks: 20})}
		for i := range 21 {
			layers = append(layers, working(fmt.Sprintf("worker-%d", i), waits(task.ID(fmt.Sprintf("work-%d", i)), task.Regular)))
		}
		n := run(t, layers)

		assert.Equal(t, 7, n.series("wireframework_tasks"))
		assert.EqualValues(t, 21, n.value("wireframework_tasks", "layer", "", "state", "running"))
		assert.Zero(t, n.series("wireframework_layer_wiring_duration_seconds"))
		assert.Zero(t, n.series("wireframework_constructor_duration_seconds"))
		assert.Equal(t, 1, n.series("wireframework_wiring_duration_seconds"))
		require.NoError(t, n.stop())
	})
}

func TestTheObserverForgetsTasksBeyondTheLimit(t *testing.T) {
	var observers []service.Observer
	n := servicetest.Start(t, service.NewBuilder().AddLayer(metrics.New(metrics.Options{})),
		servicetest.Supply(new(httpserver.Server), "ops"),
		servicetest.PopulateGroup(&observers, "observers"),
	)
	require.Len(t, observers, 1)
	events := make([]service.Event, 10_000)
	for i := range events {
		events[i] = service.TaskChanged{ID: task.ID(fmt.Sprintf("work-%d", i)), To: service.StateRunning}
	}
	for _, e := range events[:2000] {
		observers[0](e)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for _, e := range events[2000:] {
		observers[0](e)
	}
	runtime.ReadMemStats(&after)
	require.NoError(t, n.Stop())

	assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(50_000), "8000 names and times are more than that")
}

func TestScrapesWhileTenThousandTasksStartAndStop(t *testing.T) {
	const count = 10_000
	var started sync.WaitGroup
	started.Add(count)
	first := make(chan struct{})
	n := servicetest.Build(t, service.NewBuilder().AddLayer(
		metrics.New(metrics.Options{MaxTasks: 2 * count}),
		scraping(t, 2, count+3, sync.OnceFunc(func() { close(first) })),
		working("worker", many(count, func(ctx context.Context) error {
			started.Done()
			return waitForStop(ctx)
		})...),
		working("gate", task.New("first-scrape", task.Precondition, func(context.Context) error { <-first; return nil })),
	), servicetest.Supply(new(httpserver.Server), "ops"))
	ended := make(chan error, 1)
	go func() { ended <- n.Run(t.Context()) }()
	started.Wait()
	n.Stop(nil)
	require.NoError(t, <-ended)
}

// scraping is a layer with daemons that look at the metrics all the time and expect
// that many tasks in them.
func scraping(t *testing.T, daemons, tasks int, done func()) wiring.Layer {
	return wiring.NewLayer("scraper", func(r *wiring.Registry) error {
		r.ProvideTask(func(g prometheus.Gatherer) []task.Task {
			all := make([]task.Task, daemons)
			for i := range all {
				all[i] = task.New(task.ID(fmt.Sprintf("scrape-%d", i)), task.Daemon, func(ctx context.Context) error {
					for ctx.Err() == nil {
						families, err := g.Gather()
						if err != nil {
							return err
						}
						assert.EqualValues(t, tasks, sum(families, "wireframework_tasks"), "each task is in one state")
						assert.EqualValues(t, tasks, sum(families, "wireframework_task_state"))
						done()
					}
					return nil
				})
			}
			return all
		})
		return nil
	})
}

func sum(families []*dto.MetricFamily, name string) (total float64) {
	for _, f := range families {
		if f.GetName() == name {
			for _, m := range f.GetMetric() {
				total += m.GetGauge().GetValue()
			}
		}
	}
	return total
}

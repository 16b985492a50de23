package metrics_test

import (
	"context"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/wireframework/wireframework/layers/httpserver"
	"github.com/wireframework/wireframework/layers/metrics"
	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

// A layer counts, and Prometheus finds it at /metrics; the task looks at the same.
func Example() {
	ledger := wiring.NewLayer("ledger", func(r *wiring.Registry) error {
		r.Provide(func() prometheus.Counter {
			return prometheus.NewCounter(prometheus.CounterOpts{Name: "ledger_blocks_total", Help: "Sealed blocks."})
		})
		r.Provide(func(blocks prometheus.Counter) prometheus.Collector { return blocks }, wiring.Group("metrics"))
		r.ProvideTask(func(blocks prometheus.Counter, all prometheus.Gatherer, node service.Handle) task.Task {
			return task.New("seal", task.Oneshot, func(context.Context) error {
				blocks.Add(3)
				<-node.Ready() // until the others have been started too
				families, err := all.Gather()
				for _, f := range families {
					if f.GetName() == "ledger_blocks_total" || f.GetName() == "wireframework_ready" {
						m := f.GetMetric()[0]
						fmt.Println(f.GetName(), m.GetCounter().GetValue()+m.GetGauge().GetValue())
					}
				}
				return err
			})
		})
		return nil
	})
	svc, err := service.NewBuilder().AddLayer(
		httpserver.Ops(httpserver.Options{Listen: "127.0.0.1:0"}),
		metrics.New(metrics.Options{}),
		ledger,
	).Build()
	if err == nil {
		err = svc.Run(context.Background())
	}
	fmt.Println(err)
	// Output:
	// ledger_blocks_total 3
	// wireframework_ready 1
	// <nil>
}

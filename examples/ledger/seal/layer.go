package seal

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/wireframework/wireframework/examples/ledger/ledger"
	"github.com/wireframework/wireframework/layers/leader"
	"github.com/wireframework/wireframework/layers/retry"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

// Ledger is what the sealer needs of a ledger. Package store documents the errors.
type Ledger interface {
	Seal(ctx context.Context, token int64, limit int) (h ledger.Header, sealed bool, err error)
}

// Options configures the sealer.
type Options struct {
	// Interval is the time between two blocks. Optional; defaults to 250ms.
	Interval time.Duration `help:"Time between two blocks." default:"250ms"`

	// Limit is how many transfers a block holds at most. Optional; defaults to 1000.
	Limit int `help:"Transfers in a block, at most." default:"1000"`

	// Timeout bounds the time for one block. Optional; defaults to 10s.
	Timeout time.Duration `help:"Time for one block." default:"10s"`
}

func (o Options) check() error {
	var problems []error
	negative := func(name string, value any) {
		problems = append(problems, fmt.Errorf("option %s %v is negative (give a positive one, or 0 for the default)", name, value))
	}
	if o.Interval < 0 {
		negative("Interval", o.Interval)
	}
	if o.Limit < 0 {
		negative("Limit", o.Limit)
	}
	if o.Timeout < 0 {
		negative("Timeout", o.Timeout)
	}
	return errors.Join(problems...)
}

func (o Options) withDefaults() Options {
	if o.Interval == 0 {
		o.Interval = 250 * time.Millisecond
	}
	if o.Limit == 0 {
		o.Limit = 1000
	}
	if o.Timeout == 0 {
		o.Timeout = 10 * time.Second
	}
	return o
}

// retries are around the election, so that after a failure another node may lead.
var retries = retry.Options{InitialWait: 200 * time.Millisecond, MaxWait: 5 * time.Second}

// New returns the layer "sealer". It needs a [Ledger] and a [leader.Elector].
func New(o Options) wiring.Layer { return layer{o} }

type layer struct{ options Options }

func (layer) Name() string { return "sealer" }

func (l layer) Wire(r *wiring.Registry) error {
	if err := l.options.check(); err != nil {
		return err
	}
	r.Provide(newMetrics)
	r.ProvideTask(l.newTask)
	return nil
}

func (l layer) newTask(ledger Ledger, elector leader.Elector, m *metrics) task.Task {
	s := &sealer{ledger: ledger, options: l.options.withDefaults(), metrics: m}
	return retry.Task(leader.Only(elector, task.Periodic("sealer", s.options.Interval, s.tick)), retries)
}

// metrics are the figures of the sealer.
type metrics struct {
	height  prometheus.Gauge
	sealed  prometheus.Counter
	refused prometheus.Counter
	failed  prometheus.Counter
}

type metricsOut struct {
	wiring.Out
	Metrics    *metrics
	Collectors []prometheus.Collector `group:"metrics,flatten"`
}

func newMetrics() metricsOut {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
	}
	m := &metrics{
		height: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "ledger_sealed_height", Help: "Height of the last block that this node has sealed.",
		}),
		sealed:  counter("ledger_blocks_sealed_total", "Blocks that this node has sealed."),
		refused: counter("ledger_blocks_refused_total", "Blocks that were refused because the term of this node was over."),
		failed:  counter("ledger_blocks_failed_total", "Blocks that could not be sealed for another reason."),
	}
	return metricsOut{Metrics: m, Collectors: []prometheus.Collector{m.height, m.sealed, m.refused, m.failed}}
}

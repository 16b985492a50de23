package audit

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/wireframework/wireframework/examples/ledger/ledger"
	"github.com/wireframework/wireframework/layers/health"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

// Ledger is what the auditor needs of a ledger.
type Ledger interface {
	Blocks(ctx context.Context, above int64, limit int) ([]ledger.Block, error)
	Sum(ctx context.Context) (ledger.Amount, error)
	Snapshot(ctx context.Context, above int64) (ledger.Snapshot, error)
}

// Options configures the auditor.
type Options struct {
	// Interval is the time between two looks at what is new. Optional; defaults to 2s.
	Interval time.Duration `help:"Time between two looks at new blocks." default:"2s"`

	// Full is the time between two audits of the whole chain. Optional; defaults to 10m.
	Full time.Duration `help:"Time between two audits of the whole chain." default:"10m"`

	// Batch is how many blocks are read at once. Optional; defaults to 100.
	Batch int `help:"Blocks that are read at once." default:"100"`
}

func (o Options) check() error {
	var problems []error
	negative := func(name string, value any) {
		problems = append(problems, fmt.Errorf("option %s %v is negative (give a positive one, or 0 for the default)", name, value))
	}
	if o.Interval < 0 {
		negative("Interval", o.Interval)
	}
	if o.Full < 0 {
		negative("Full", o.Full)
	}
	if o.Batch < 0 {
		negative("Batch", o.Batch)
	}
	return errors.Join(problems...)
}

func (o Options) withDefaults() Options {
	if o.Interval == 0 {
		o.Interval = 2 * time.Second
	}
	if o.Full == 0 {
		o.Full = 10 * time.Minute
	}
	if o.Batch == 0 {
		o.Batch = 100
	}
	return o
}

// New returns the layer "auditor". It needs a [Ledger].
func New(o Options) wiring.Layer { return layer{o} }

type layer struct{ options Options }

func (layer) Name() string { return "auditor" }

func (l layer) Wire(r *wiring.Registry) error {
	if err := l.options.check(); err != nil {
		return err
	}
	r.Provide(l.newAuditor)
	r.Provide(newCheck, wiring.Group("health"))
	r.ProvideTask(newTask)
	return nil
}

type result struct {
	wiring.Out
	Auditor    *auditor
	Collectors []prometheus.Collector `group:"metrics,flatten"`
}

func (l layer) newAuditor(ledger Ledger) result {
	a := &auditor{
		ledger:  ledger,
		options: l.options.withDefaults(),
		height: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "ledger_audited_height", Help: "Height of the last block that the auditor has verified.",
		}),
		audits: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "ledger_audits_total", Help: "Audits by what they have found: passed, violation, or unreadable.",
		}, []string{"result"}),
	}
	return result{Auditor: a, Collectors: []prometheus.Collector{a.height, a.audits}}
}

func newCheck(a *auditor) health.Check { return health.Check{Name: "auditor", Check: a.health} }

func newTask(a *auditor) task.Task {
	return task.Periodic("auditor", a.options.Interval, a.tick)
}

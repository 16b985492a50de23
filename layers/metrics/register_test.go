package metrics_test

import (
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promauto"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/layers/httpserver"
	"github.com/wireframework/wireframework/layers/metrics"
	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/service/servicetest"
	"github.com/wireframework/wireframework/wiring"
)

// measuring is a layer of that name with collectors.
func measuring(name string, all ...prometheus.Collector) wiring.Layer {
	return wiring.NewLayer(name, func(r *wiring.Registry) error {
		for _, c := range all {
			r.Provide(func() prometheus.Collector { return c }, wiring.Group("metrics"))
		}
		return nil
	})
}

func gauge(name, help string) prometheus.Gauge {
	return prometheus.NewGauge(prometheus.GaugeOpts{Name: name, Help: help})
}

// wire runs a node that fails while it is wired, and returns the text of the error.
func wire(t *testing.T, layers ...wiring.Layer) string {
	t.Helper()
	var gatherer prometheus.Gatherer
	svc := servicetest.Build(t, service.NewBuilder().AddLayer(append(layers, metrics.New(metrics.Options{}))...),
		servicetest.Supply(new(httpserver.Server), "ops"),
		servicetest.Populate(&gatherer),
	)
	err := svc.Run(t.Context())
	var failed *wiring.ConstructorError
	require.ErrorAs(t, err, &failed)
	assert.Equal(t, "metrics", failed.Layer)
	return failed.Err.Error()
}

func TestCollectorsThatClashAreErrorsThatNameThem(t *testing.T) {
	blocks := gauge("ledger_blocks", "How many.")
	several := wiring.NewLayer("several", func(r *wiring.Registry) error {
		r.Supply([]prometheus.Collector{gauge("a", "a"), gauge("a", "a")}, wiring.Group("metrics,flatten"))
		return nil
	})
	for name, c := range map[string]struct {
		layers []wiring.Layer
		want   string
	}{
		"the same one twice": {
			[]wiring.Layer{measuring("first", gauge("x", "x")), measuring("ledger", blocks), measuring("api", blocks)},
			`collector "ledger_blocks" of layer "api" is registered already (by layer "ledger"; each metric belongs to one collector)`,
		},
		"an equal one": {
			[]wiring.Layer{measuring("ledger", gauge("x", "x"), blocks, gauge("ledger_blocks", "How many."))},
			`collector "ledger_blocks" of layer "ledger" is registered already (by layer "ledger"; each metric belongs to one collector)`,
		},
		"one with another help text": {
			[]wiring.Layer{measuring("ledger", blocks), measuring("api", gauge("ledger_blocks", "Blocks."))},
			`collector "ledger_blocks" of layer "api": a previously registered descriptor with the same fully-qualified name as ` +
				`Desc{fqName: "ledger_blocks", help: "Blocks.", unit: "", constLabels: {}, variableLabels: {}} has different label names or a different help string` +
				` (by layer "ledger"; each metric belongs to one collector)`,
		},
		"one that this layer has": {
			[]wiring.Layer{measuring("own", collectors.NewBuildInfoCollector())},
			`collector "go_build_info" of layer "metrics" is registered already (by layer "own"; each metric belongs to one collector)`,
		},
		"one without a valid name": {
			[]wiring.Layer{measuring("ledger", gauge("", "No name."))},
			`collector "" of layer "ledger": descriptor Desc{fqName: "", help: "No name.", unit: "", constLabels: {}, variableLabels: {}} is invalid: "" is not a valid metric name`,
		},
		"nil": {
			[]wiring.Layer{measuring("ledger", nil)},
			`a collector of layer "ledger" is nil`,
		},
		"one of a nil pointer": {
			[]wiring.Layer{measuring("ledger", (*broken)(nil))},
			`collector *metrics_test.broken of layer "ledger": Describe panics: runtime error: invalid memory address or nil pointer dereference`,
		},
		"members of unknown layers": {
			[]wiring.Layer{several},
			`collector "a" is registered already`,
		},
		"all at once": {
			[]wiring.Layer{measuring("ledger", blocks, nil), measuring("api", blocks)},
			`a collector of layer "ledger" is nil
collector "ledger_blocks" of layer "api" is registered already (by layer "ledger"; each metric belongs to one collector)`,
		},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, c.want, wire(t, c.layers...)) })
	}
}

type broken struct{ desc *prometheus.Desc }

func (b *broken) Describe(ch chan<- *prometheus.Desc) { ch <- b.desc }
func (*broken) Collect(chan<- prometheus.Metric)      {}

func TestALayerMayRegisterByItself(t *testing.T) {
	var gatherer prometheus.Gatherer
	byItself := wiring.NewLayer("ledger", func(r *wiring.Registry) error {
		r.Invoke(func(r prometheus.Registerer) { promauto.With(r).NewGauge(prometheus.GaugeOpts{Name: "blocks"}).Set(3) })
		r.Provide(func(r *prometheus.Registry) prometheus.Collector {
			r.MustRegister(gauge("transfers", "By a constructor of a member."))
			return gauge("accounts", "By the group.")
		}, wiring.Group("metrics"))
		return nil
	})
	n := servicetest.Start(t, service.NewBuilder().AddLayer(metrics.New(metrics.Options{}), byItself),
		servicetest.Supply(new(httpserver.Server), "ops"),
		servicetest.Populate(&gatherer),
	)
	families, err := gatherer.Gather()
	require.NoError(t, err)
	require.NoError(t, n.Stop())

	names := make(map[string]bool)
	for _, f := range families {
		names[f.GetName()] = true
	}
	for _, want := range []string{"blocks", "transfers", "accounts", "go_goroutines", "process_cpu_seconds_total", "go_build_info"} {
		assert.True(t, names[want], want)
	}
}

func TestOptionsAreVerified(t *testing.T) {
	_, err := service.NewBuilder().AddLayer(metrics.New(metrics.Options{MaxTasks: -1})).Build()

	var failed *wiring.LayerError
	require.ErrorAs(t, err, &failed)
	assert.EqualError(t, failed.Err, "option MaxTasks -1 is negative (give a number, or 0 for the default)")
}

func TestANodeWithoutTheServerOpsDoesNotVerify(t *testing.T) {
	_, err := service.NewBuilder().AddLayer(metrics.New(metrics.Options{}), working("worker")).Build()

	var missing *wiring.MissingError
	require.ErrorAs(t, err, &missing)
	assert.Contains(t, err.Error(), `*httpserver.Server "ops"`)
}

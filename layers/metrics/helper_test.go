package metrics_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	dto "github.com/prometheus/client_model/go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/layers/httpserver"
	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/service/servicetest"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

// node is a node with the layer "metrics" that is scraped without a server, so that it
// can live in a bubble.
type node struct {
	*service.Service
	t        *testing.T
	gatherer prometheus.Gatherer
	ended    chan error // takes what Run returns
}

// run starts the node and waits until every goroutine of it waits.
func run(t *testing.T, layers []wiring.Layer, opts ...service.Option) *node {
	t.Helper()
	n := &node{t: t, ended: make(chan error, 1)}
	n.Service = servicetest.Build(t, service.NewBuilder(opts...).AddLayer(layers...),
		servicetest.Supply(new(httpserver.Server), "ops"),
		servicetest.Populate(&n.gatherer),
	)
	go func() { n.ended <- n.Run(t.Context()) }()
	synctest.Wait()
	return n
}

// stop stops the node and returns what Run returns.
func (n *node) stop() error {
	n.Stop(nil)
	return <-n.ended
}

// assert requires that the metrics of the names in want are exactly these.
func (n *node) assert(want string) {
	n.t.Helper()
	var names []string
	for line := range strings.Lines(want) {
		if name, ok := strings.CutPrefix(line, "# TYPE "); ok {
			name, _, _ = strings.Cut(name, " ")
			names = append(names, name)
		}
	}
	require.NotEmpty(n.t, names)
	assert.NoError(n.t, testutil.GatherAndCompare(n.gatherer, strings.NewReader(want), names...))
}

// series returns how many series of that name there are.
func (n *node) series(name string) int {
	n.t.Helper()
	count, err := testutil.GatherAndCount(n.gatherer, name)
	require.NoError(n.t, err)
	return count
}

// value returns the only series of that name with these labels.
func (n *node) value(name string, labels ...string) float64 {
	n.t.Helper()
	families, err := n.gatherer.Gather()
	require.NoError(n.t, err)
	for _, f := range families {
		if f.GetName() != name {
			continue
		}
		for _, m := range f.GetMetric() {
			if hasLabels(m, labels) {
				return m.GetGauge().GetValue() + m.GetCounter().GetValue()
			}
		}
	}
	require.Fail(n.t, "no such series", "%s%v", name, labels)
	return 0
}

// hasLabels reports whether a series has labels, given as names and values in turn.
func hasLabels(m *dto.Metric, labels []string) bool {
	has := make(map[string]string)
	for _, l := range m.GetLabel() {
		has[l.GetName()] = l.GetValue()
	}
	for i := 0; i < len(labels); i += 2 {
		if has[labels[i]] != labels[i+1] {
			return false
		}
	}
	return true
}

// working is a layer with tasks.
func working(name string, tasks ...task.Task) wiring.Layer {
	return wiring.NewLayer(name, func(r *wiring.Registry) error {
		r.ProvideTask(func() []task.Task { return tasks })
		return nil
	})
}

// waits is a task that does nothing until the stop.
func waits(id task.ID, kind task.Kind) task.Task {
	return task.New(id, kind, func(ctx context.Context) error {
		<-ctx.Done()
		return nil
	})
}

package metrics_test

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/layers/httpserver"
	"github.com/wireframework/wireframework/layers/metrics"
	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/service/servicetest"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
	"github.com/wireframework/wireframework/wiring/layertest"
)

func TestTheLayerAlone(t *testing.T) {
	var (
		registry   *prometheus.Registry
		registerer prometheus.Registerer
		gatherer   prometheus.Gatherer
		routes     []httpserver.Route
	)
	layertest.Run(t, metrics.New(metrics.Options{}),
		servicetest.Supply(new(httpserver.Server), "ops"),
		servicetest.Populate(&registry),
		servicetest.Populate(&registerer),
		servicetest.Populate(&gatherer),
		servicetest.PopulateGroup(&routes, "http-routes"),
	)
	assert.Same(t, registry, registerer)
	assert.Same(t, registry, gatherer)
	assert.Len(t, routes, 1)
}

// request asks the server of a node, over the network. Headers are names and values in
// turn.
func request(t *testing.T, method string, ops *httpserver.Server, headers ...string) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, "http://"+ops.Addr().String()+"/metrics", http.NoBody)
	require.NoError(t, err)
	req.Close = true // leaves no goroutine behind
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	t.Cleanup(func() { resp.Body.Close() })
	return resp
}

// scrape does what Prometheus does.
func scrape(t *testing.T, ops *httpserver.Server) map[string]*dto.MetricFamily {
	t.Helper()
	resp := request(t, http.MethodGet, ops)
	require.Equal(t, http.StatusOK, resp.StatusCode)
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(resp.Body)
	require.NoError(t, err)
	return families
}

// gaugeOf returns the series of a metric with that value of a label.
func gaugeOf(t *testing.T, families map[string]*dto.MetricFamily, name string, labels ...string) float64 {
	t.Helper()
	for _, m := range families[name].GetMetric() {
		if hasLabels(m, labels) {
			return m.GetGauge().GetValue()
		}
	}
	require.Fail(t, "no such series", "%s%v", name, labels)
	return 0
}

func TestAServerIsScrapedInEveryPhase(t *testing.T) {
	open, waiting, end, stopping := make(chan struct{}), make(chan struct{}), make(chan struct{}), make(chan struct{})
	var ops *httpserver.Server
	svc := servicetest.Build(t, service.NewBuilder().AddLayer(
		httpserver.Ops(httpserver.Options{Listen: "127.0.0.1:0"}),
		metrics.New(metrics.Options{}),
		measuring("ledger", gauge("ledger_blocks", "How many.")),
		working("worker",
			task.New("schema-current", task.Precondition, func(context.Context) error { close(waiting); <-open; return nil }),
			task.New("work", task.Regular, func(ctx context.Context) error { <-ctx.Done(); close(stopping); <-end; return nil }),
		),
	), servicetest.Populate(&ops, "ops"))
	ended := make(chan error, 1)
	go func() { ended <- svc.Run(t.Context()) }()

	<-waiting
	families := scrape(t, ops)
	assert.EqualValues(t, 1, gaugeOf(t, families, "wireframework_phase", "phase", "waiting"))
	assert.EqualValues(t, 1, gaugeOf(t, families, "wireframework_preconditions_pending"))
	assert.EqualValues(t, 1, gaugeOf(t, families, "wireframework_task_state", "task", "work", "state", "pending"))
	assert.EqualValues(t, 1, gaugeOf(t, families, "wireframework_task_state", "task", "http-ops", "state", "running", "kind", "daemon"))
	assert.Positive(t, gaugeOf(t, families, "wireframework_gate_wait_seconds"))
	assert.Contains(t, families, "ledger_blocks")
	assert.Contains(t, families, "go_goroutines")
	assert.Contains(t, families, "process_start_time_seconds")

	close(open)
	<-svc.Ready()
	families = scrape(t, ops)
	assert.EqualValues(t, 1, gaugeOf(t, families, "wireframework_ready"))
	assert.Zero(t, gaugeOf(t, families, "wireframework_stop_duration_seconds"))

	svc.Stop(nil)
	<-stopping
	families = scrape(t, ops)
	assert.Zero(t, gaugeOf(t, families, "wireframework_ready"))
	assert.EqualValues(t, 1, gaugeOf(t, families, "wireframework_phase", "phase", "stopping"))
	assert.EqualValues(t, 1, gaugeOf(t, families, "wireframework_task_state", "task", "work", "state", "stopping"))
	assert.Positive(t, gaugeOf(t, families, "wireframework_stop_duration_seconds"))

	close(end)
	require.NoError(t, <-ended)
}

// serve runs a node with a server and one more layer.
func serve(t *testing.T, o metrics.Options, server httpserver.Options, more ...wiring.Layer) *httpserver.Server {
	t.Helper()
	var ops *httpserver.Server
	server.Listen = "127.0.0.1:0"
	servicetest.Start(t, service.NewBuilder().
		AddLayer(httpserver.Ops(server), metrics.New(o), working("worker", waits("work", task.Regular))).
		AddLayer(more...), servicetest.Populate(&ops, "ops"))
	return ops
}

func TestAnswersAreCompressedForClientsThatWantIt(t *testing.T) {
	ops := serve(t, metrics.Options{}, httpserver.Options{})
	resp := request(t, http.MethodGet, ops, "Accept-Encoding", "gzip")
	require.Equal(t, "gzip", resp.Header.Get("Content-Encoding"))
	plain, err := gzip.NewReader(resp.Body)
	require.NoError(t, err)
	text, err := io.ReadAll(plain)
	require.NoError(t, err)
	assert.Contains(t, string(text), "\nwireframework_ready 1\n")
}

func TestOpenMetricsAreForClientsThatWantThem(t *testing.T) {
	ops := serve(t, metrics.Options{}, httpserver.Options{})
	resp := request(t, http.MethodGet, ops, "Accept", "application/openmetrics-text;version=1.0.0")
	assert.Contains(t, resp.Header.Get("Content-Type"), "application/openmetrics-text")
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	assert.True(t, strings.HasSuffix(string(text), "# EOF\n"))
}

func TestMetricsAreForGETAndHEAD(t *testing.T) {
	ops := serve(t, metrics.Options{}, httpserver.Options{})
	assert.Equal(t, http.StatusOK, request(t, http.MethodHead, ops).StatusCode)
	assert.Equal(t, http.StatusMethodNotAllowed, request(t, http.MethodPost, ops).StatusCode)
}

func TestPrivateMetricsNeedTheTokenOfTheServer(t *testing.T) {
	ops := serve(t, metrics.Options{Private: true}, httpserver.Options{Token: "secret"})
	assert.Equal(t, http.StatusUnauthorized, request(t, http.MethodGet, ops).StatusCode)
	assert.Equal(t, http.StatusOK, request(t, http.MethodGet, ops, "Authorization", "Bearer secret").StatusCode)
}

// failing is a collector that cannot collect.
type failing struct{ desc *prometheus.Desc }

func (f failing) Describe(ch chan<- *prometheus.Desc) { ch <- f.desc }
func (f failing) Collect(ch chan<- prometheus.Metric) {
	ch <- prometheus.NewInvalidMetric(f.desc, errors.New("no connection"))
}

func TestACollectorThatFailsDoesNotTakeTheOthersWithIt(t *testing.T) {
	ops := serve(t, metrics.Options{}, httpserver.Options{},
		measuring("broken", failing{prometheus.NewDesc("broken", "Broken.", nil, nil)}))
	scrape(t, ops)
	families := scrape(t, ops)
	assert.EqualValues(t, 1, gaugeOf(t, families, "wireframework_ready"))
	for _, m := range families["promhttp_metric_handler_errors_total"].GetMetric() {
		if hasLabels(m, []string{"cause", "gathering"}) {
			assert.EqualValues(t, 1, m.GetCounter().GetValue(), "that of the scrape before")
		}
	}
}

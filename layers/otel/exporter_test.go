package otel_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/wireframework/wireframework/layers/otel"
	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

// receiver is a collector that takes OTLP over HTTP.
type receiver struct {
	*httptest.Server
	mu       sync.Mutex
	requests []*http.Request
	spans    []string          // names
	resource map[string]string // of the last spans
	bad      []error
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{resource: make(map[string]string)}
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	body, err := io.ReadAll(req.Body)
	var export collector.ExportTraceServiceRequest
	if err == nil {
		err = proto.Unmarshal(body, &export)
	}
	if err != nil {
		r.bad = append(r.bad, err)
	}
	r.requests = append(r.requests, req)
	for _, of := range export.GetResourceSpans() {
		for _, a := range of.GetResource().GetAttributes() {
			r.resource[a.GetKey()] = a.GetValue().GetStringValue()
		}
		for _, scope := range of.GetScopeSpans() {
			for _, s := range scope.GetSpans() {
				r.spans = append(r.spans, s.GetName())
			}
		}
	}
	w.Header().Set("Content-Type", "application/x-protobuf")
}

// transfer is a layer with a task that traces its work with the provider of the graph.
var transfer = wiring.NewLayer("transfer", func(r *wiring.Registry) error {
	r.ProvideTask(func(p trace.TracerProvider) task.Task {
		return task.New("transfer", task.Oneshot, func(ctx context.Context) error {
			_, span := p.Tracer("transfer").Start(ctx, "transfer 1")
			span.End()
			return nil
		})
	})
	return nil
})

func TestSpansReachACollector(t *testing.T) {
	r := newReceiver(t)

	require.NoError(t, runFor(t, time.Minute, transfer, otel.New(otel.Options{
		Endpoint:       r.URL,
		Headers:        map[string]string{"Authorization": "Bearer token"},
		ServiceName:    "ledger",
		ServiceVersion: "v1.2.3",
	})))

	require.Empty(t, r.bad)
	assert.Subset(t, r.spans, []string{"wiring", "startup", "transfer 1", "shutdown"})
	assert.Equal(t, "ledger", r.resource["service.name"])
	assert.Equal(t, "v1.2.3", r.resource["service.version"])
	assert.NotEmpty(t, r.resource["service.instance.id"])
	assert.Equal(t, "/v1/traces", r.requests[0].URL.Path)
	assert.Equal(t, "Bearer token", r.requests[0].Header.Get("Authorization"))
}

func TestTheStandardVariablesNameTheCollector(t *testing.T) {
	r := newReceiver(t)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", r.URL+"/base")
	t.Setenv("OTEL_SERVICE_NAME", "from-environment")
	t.Setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment=test")

	require.NoError(t, runFor(t, time.Minute, transfer, otel.New(otel.Options{})))

	assert.Contains(t, r.spans, "transfer 1")
	assert.Equal(t, "/base/v1/traces", r.requests[0].URL.Path)
	assert.Equal(t, "from-environment", r.resource["service.name"])
	assert.Equal(t, "test", r.resource["deployment.environment"])
}

func TestAnEndpointWithAPathIsTakenAsItIs(t *testing.T) {
	r := newReceiver(t)

	require.NoError(t, runFor(t, time.Minute, transfer, otel.New(otel.Options{Endpoint: r.URL + "/traces"})))

	assert.Equal(t, "/traces", r.requests[0].URL.Path)
}

// runLogged runs the node of a layer and returns what it logged.
func runLogged(t *testing.T, layers ...wiring.Layer) (log string) {
	t.Helper()
	text := &logs{}
	s, err := service.NewBuilder(text.option()).AddLayer(layers...).Build()
	require.NoError(t, err)
	require.NoError(t, s.Run(t.Context()), "traces that are lost are no failure")
	return text.String()
}

func TestACollectorThatIsNotThere(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, listener.Close())

	log := runLogged(t, transfer, otel.New(otel.Options{
		Endpoint: "http://" + listener.Addr().String(), FlushTimeout: 200 * time.Millisecond,
	}))

	assert.Equal(t, 1, strings.Count(log, "traces cannot be exported"), log)
	assert.Regexp(t, `traces were lost" spans=\d+`, log)
}

func TestACollectorThatDoesNotAnswer(t *testing.T) {
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(release) })

	log := runLogged(t, transfer, otel.New(otel.Options{Endpoint: server.URL, FlushTimeout: 200 * time.Millisecond}))

	assert.Equal(t, 1, strings.Count(log, "traces cannot be exported"), log)
}

func TestACollectorThatIsOverloaded(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusServiceUnavailable) // the exporter tries again and again
	}))
	t.Cleanup(server.Close)

	log := runLogged(t, transfer, otel.New(otel.Options{Endpoint: server.URL, FlushTimeout: 200 * time.Millisecond}))

	assert.Equal(t, 1, strings.Count(log, "traces cannot be exported"), log)
}

// script is an exporter that does what the test says.
type script struct {
	export func(context.Context) error
}

func (s script) ExportSpans(ctx context.Context, _ []sdktrace.ReadOnlySpan) error {
	return s.export(ctx)
}

func (script) Shutdown(context.Context) error { return nil }

func TestTheFlushIsBounded(t *testing.T) {
	hangs := script{func(ctx context.Context) error {
		<-ctx.Done()
		return ctx.Err()
	}}
	tests := []struct {
		name   string
		flush  time.Duration
		option service.Option
		want   time.Duration
	}{
		{"by its default", 0, nil, 3 * time.Second},
		{"by its option", time.Second, nil, time.Second},
		{"by the hook timeout", time.Minute, service.HookTimeout(2 * time.Second), 1800 * time.Millisecond},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, err := service.NewBuilder(quiet, tt.option).AddLayer(
					otel.New(otel.Options{SpanExporter: hangs, FlushTimeout: tt.flush}), transfer).Build()
				require.NoError(t, err)
				start := time.Now()

				require.NoError(t, s.Run(t.Context()))

				assert.Equal(t, tt.want, time.Since(start))
			})
		})
	}
}

func TestAnExporterThatDoesNotHeedItsContextIsLeftBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		deaf := script{func(context.Context) error { <-release; return nil }}

		start := time.Now()

		log := runLogged(t, exporting(deaf), transfer)

		assert.Equal(t, 3*time.Second, time.Since(start))
		assert.Equal(t, 1, strings.Count(log, "traces cannot be exported"), log)
		close(release)
		synctest.Wait()
	})
}

func TestTheLogSaysWhenExportsFailAndWhenTheyWorkAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		exports := 0
		flaky := script{func(context.Context) error {
			if exports++; exports <= 2 {
				return errors.New("connection refused")
			}
			return nil
		}}
		spans := wiring.NewLayer("spans", func(r *wiring.Registry) error {
			r.ProvideTask(func(p trace.TracerProvider) task.Task {
				return task.New("spans", task.Oneshot, func(ctx context.Context) error {
					for range 3 {
						_, span := p.Tracer("").Start(ctx, "span")
						span.End()
						time.Sleep(10 * time.Second) // longer than spans are collected
					}
					return nil
				})
			})
			return nil
		})

		log := runLogged(t, exporting(flaky), spans)

		assert.Equal(t, []string{
			`level=WARN msg="traces cannot be exported" error="connection refused"`,
			`level=INFO msg="traces are exported again"`,
		}, lines(log, "traces are", "traces cannot"))
		assert.Regexp(t, `level=WARN msg="traces were lost" spans=[1-9]`, log)
	})
}

// lines returns the lines of a log with one of the words.
func lines(log string, words ...string) []string {
	var found []string
	for line := range strings.Lines(log) {
		for _, word := range words {
			if strings.Contains(line, word) {
				found = append(found, strings.TrimSpace(line))
			}
		}
	}
	return found
}

func TestStdout(t *testing.T) {
	var out bytes.Buffer

	require.NoError(t, runFor(t, time.Minute, transfer, otel.New(otel.Options{Exporter: otel.ExporterStdout, Stdout: &out})))

	assert.Contains(t, out.String(), `"Name":"transfer 1"`)
	assert.Contains(t, out.String(), `"Name":"shutdown"`)
}

package otel

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"sync"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/exporters/stdout/stdouttrace"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// exporter keeps the trouble of another exporter from the node: it counts what is lost,
// and says so in the log instead of returning errors.
type exporter struct {
	sdktrace.SpanExporter

	logger *slog.Logger
	life   context.Context // ends when exports are given up
	cancel context.CancelFunc

	mu      sync.Mutex // protects following fields
	failing bool       // the last export has failed
	lost    int        // spans
}

// newExporter returns nil if spans are not recorded.
func newExporter(ctx context.Context, o Options, logger *slog.Logger) (*exporter, error) {
	inner := o.SpanExporter
	var err error
	switch {
	case inner != nil:
	case o.Exporter == ExporterOTLP:
		inner, err = otlptracehttp.New(ctx, otlpOptions(o)...)
	case o.Exporter == ExporterStdout:
		inner, err = stdouttrace.New(stdouttrace.WithWriter(o.Stdout))
	default:
		return nil, nil //nolint:nilnil // see above
	}
	if err != nil {
		return nil, fmt.Errorf("exporter %s: %w", o.Exporter, err)
	}
	e := &exporter{SpanExporter: inner, logger: logger}
	e.life, e.cancel = context.WithCancel(context.WithoutCancel(ctx))
	return e, nil
}

func otlpOptions(o Options) []otlptracehttp.Option {
	var opts []otlptracehttp.Option
	if u, err := url.Parse(o.Endpoint); err == nil && o.Endpoint != "" {
		if u.Path == "" || u.Path == "/" {
			u.Path = "/v1/traces"
		}
		opts = append(opts, otlptracehttp.WithEndpointURL(u.String()))
	}
	if len(o.Headers) > 0 {
		opts = append(opts, otlptracehttp.WithHeaders(o.Headers))
	}
	return opts
}

// ExportSpans is part of sdktrace.SpanExporter. It returns nil.
func (e *exporter) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(e.life, cancel)()
	if err := e.SpanExporter.ExportSpans(ctx, spans); err != nil {
		e.failed(len(spans), err)
		return nil
	}
	e.mu.Lock()
	recovered := e.failing
	e.failing = false
	e.mu.Unlock()
	if recovered {
		e.logger.Info("traces are exported again")
	}
	return nil
}

// failed counts spans as lost, and logs the first failure of a row.
func (e *exporter) failed(spans int, err error) {
	e.mu.Lock()
	first := !e.failing
	e.failing = true
	e.lost += spans
	e.mu.Unlock()
	if first {
		e.logger.Warn("traces cannot be exported", "error", err.Error())
	}
}

// close gives up what is not exported when ctx ends.
func (e *exporter) close(ctx context.Context) { context.AfterFunc(ctx, e.cancel) }

// report logs what was lost over time.
func (e *exporter) report() {
	e.mu.Lock()
	lost := e.lost
	e.mu.Unlock()
	if lost > 0 {
		e.logger.Warn("traces were lost", "spans", lost)
	}
}

package otel

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	otelapi "go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/wireframework/wireframework/wiring"
)

// scope is the name of the tracer of the node's own traces.
const scope = "github.com/wireframework/wireframework/layers/otel"

// telemetry owns the exporter and what leads to it.
type telemetry struct {
	options  Options
	exporter *exporter // nil if spans are not recorded
	provider *sdktrace.TracerProvider
	own      *sdktrace.TracerProvider // for the traces of the node, which are always recorded
	life     *life
}

func (l layer) newTelemetry(ctx context.Context, logger *slog.Logger, hooks *wiring.ShutdownHooks) (*telemetry, error) {
	t := &telemetry{options: l.options.withDefaults()}
	res, err := newResource(ctx, t.options)
	if err != nil {
		return nil, err
	}
	if t.exporter, err = newExporter(ctx, t.options, logger); err != nil {
		return nil, err
	}
	t.provider, t.own = t.newProviders(res)
	t.life = newLife(t.own.Tracer(scope))
	if t.options.Global {
		otelapi.SetTracerProvider(t.provider)
		otelapi.SetTextMapPropagator(propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{}))
	}
	hooks.Add(flushHook, t.flush)
	return t, nil
}

// newProviders returns two providers that share one way out. They differ in what they
// record.
func (t *telemetry) newProviders(res *resource.Resource) (provider, own *sdktrace.TracerProvider) {
	opts := []sdktrace.TracerProviderOption{sdktrace.WithResource(res)}
	if t.exporter == nil {
		opts = append(opts, sdktrace.WithSampler(sdktrace.NeverSample()))
		return sdktrace.NewTracerProvider(opts...), sdktrace.NewTracerProvider(opts...)
	}
	opts = append(opts, sdktrace.WithSpanProcessor(sdktrace.NewBatchSpanProcessor(t.exporter)))
	own = sdktrace.NewTracerProvider(append(opts, sdktrace.WithSampler(sdktrace.AlwaysSample()))...)
	if t.options.Ratio > 0 {
		opts = append(opts, sdktrace.WithSampler(sdktrace.ParentBased(sdktrace.TraceIDRatioBased(t.options.Ratio))))
	}
	return sdktrace.NewTracerProvider(opts...), own
}

// flush ends the trace of the shutdown and sends what is left. It returns nil: traces
// that are lost do not make a stop unclean.
func (t *telemetry) flush(ctx context.Context) error {
	t.life.end()
	if t.exporter == nil {
		return nil
	}
	limit := t.options.FlushTimeout
	if deadline, ok := ctx.Deadline(); ok {
		limit = min(limit, time.Until(deadline)*9/10) // so that the hook is never late
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	t.exporter.close(ctx)
	// The providers share a processor, which is shut down once; an exporter that does not
	// heed its context is left behind.
	if err := errors.Join(t.own.Shutdown(ctx), t.provider.Shutdown(ctx)); err != nil {
		t.exporter.failed(0, err)
	}
	t.exporter.report()
	return nil
}

// newResource describes the node.
func newResource(ctx context.Context, o Options) (*resource.Resource, error) {
	defaults := []attribute.KeyValue{
		attribute.String("service.name", filepath.Base(os.Args[0])),
		attribute.String("service.instance.id", rand.Text()),
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		defaults = append(defaults, attribute.String("service.version", info.Main.Version))
	}
	var chosen []attribute.KeyValue
	if o.ServiceName != "" {
		chosen = append(chosen, attribute.String("service.name", o.ServiceName))
	}
	if o.ServiceVersion != "" {
		chosen = append(chosen, attribute.String("service.version", o.ServiceVersion))
	}
	return resource.New(ctx,
		resource.WithTelemetrySDK(),
		resource.WithAttributes(defaults...),
		resource.WithFromEnv(),
		resource.WithAttributes(chosen...),
	)
}

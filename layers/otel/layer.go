package otel

import (
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/wiring"
)

// New returns the layer "otel". It provides *sdktrace.TracerProvider and
// trace.TracerProvider, which are the same.
func New(o Options) wiring.Layer { return layer{o} }

type layer struct{ options Options }

// Name is part of wiring.Layer.
func (layer) Name() string { return "otel" }

// Wire is part of wiring.Layer.
func (l layer) Wire(r *wiring.Registry) error {
	if err := l.options.verify(); err != nil {
		return err
	}
	r.Provide(l.newTelemetry)
	r.Provide(newProvider)
	r.Provide(newInterface)
	r.Provide(newObserver, wiring.Group("observers"))
	return nil
}

func newProvider(t *telemetry) *sdktrace.TracerProvider { return t.provider }

func newInterface(p *sdktrace.TracerProvider) trace.TracerProvider { return p }

// newObserver asks for the provider too, so that a node without spans of its own is not
// warned of a provider that nobody needs.
func newObserver(t *telemetry, _ trace.TracerProvider, node service.Handle) service.Observer {
	t.life.begin(node.Status().Since)
	return t.life.observe
}

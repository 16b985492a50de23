package otel_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	otelapi "go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/wireframework/wireframework/layers/otel"
	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/service/servicetest"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
	"github.com/wireframework/wireframework/wiring/layertest"
)

func TestLayer(t *testing.T) {
	var (
		concrete *sdktrace.TracerProvider
		provider trace.TracerProvider
	)
	layertest.Run(t, exporting(newMemory()), servicetest.Populate(&concrete), servicetest.Populate(&provider))

	assert.Same(t, concrete, provider)
}

func TestANodeWithoutSpansOfItsOwnIsNotWarned(t *testing.T) {
	s, err := service.NewBuilder().AddLayer(otel.New(otel.Options{}), tasks()).Build()

	require.NoError(t, err)
	assert.Empty(t, s.Warnings())
}

func TestMistakesInOptions(t *testing.T) {
	tests := []struct {
		options otel.Options
		want    string
	}{
		{otel.Options{Exporter: "jaeger"}, `option Exporter is "jaeger" (known: auto, otlp, stdout, none)`},
		{otel.Options{Endpoint: "localhost:4318"}, `option Endpoint is "localhost:4318" (a URL such as http://127.0.0.1:4318 is accepted)`},
		{otel.Options{Endpoint: "http://"}, `option Endpoint is "http://"`},
		{otel.Options{Ratio: 1.5}, `option Ratio is 1.5 (numbers above 0 and up to 1 are accepted)`},
		{otel.Options{Ratio: -1}, `option Ratio is -1`},
		{otel.Options{FlushTimeout: -1}, `option FlushTimeout is negative: -1ns`},
	}
	for _, tt := range tests {
		t.Run(tt.want, func(t *testing.T) {
			_, err := service.NewBuilder().AddLayer(otel.New(tt.options), transfer).Build()

			assert.ErrorContains(t, err, tt.want)
		})
	}
}

// traced is a layer with a task that starts spans, and counts those that are recorded.
func traced(n int, recorded *int) wiring.Layer {
	return wiring.NewLayer("traced", func(r *wiring.Registry) error {
		r.ProvideTask(func(p trace.TracerProvider) task.Task {
			return task.New("traced", task.Oneshot, func(ctx context.Context) error {
				for range n {
					_, span := p.Tracer("").Start(ctx, "span")
					if span.IsRecording() {
						*recorded++
					}
					span.End()
				}
				return nil
			})
		})
		return nil
	})
}

func TestWithoutAnEndpointNothingIsRecorded(t *testing.T) {
	recorded := 0

	require.NoError(t, runFor(t, time.Minute, otel.New(otel.Options{}), traced(10, &recorded)))

	assert.Zero(t, recorded)
}

func TestARatioLeavesTheTracesOfTheNodeAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		spans, recorded := newMemory(), 0

		require.NoError(t, runFor(t, time.Minute, otel.New(otel.Options{SpanExporter: spans, Ratio: 0.25}), traced(1000, &recorded)))

		assert.InDelta(t, 250, recorded, 100)
		for _, name := range []string{"wiring", "startup", "shutdown"} {
			spans.span(t, name)
		}
	})
}

func TestTheSamplerOfTheEnvironmentCountsWithoutARatio(t *testing.T) {
	t.Setenv("OTEL_TRACES_SAMPLER", "always_off")
	recorded := 0

	require.NoError(t, runFor(t, time.Minute, exporting(newMemory()), traced(10, &recorded)))

	assert.Zero(t, recorded)
}

func TestTheGlobalProviderIsSetOnDemand(t *testing.T) {
	provider, propagator := otelapi.GetTracerProvider(), otelapi.GetTextMapPropagator()
	t.Cleanup(func() {
		otelapi.SetTracerProvider(noop.NewTracerProvider())
		otelapi.SetTextMapPropagator(propagation.NewCompositeTextMapPropagator())
	})

	require.NoError(t, runFor(t, time.Minute, exporting(newMemory()), transfer))
	assert.Equal(t, provider, otelapi.GetTracerProvider())
	assert.Equal(t, propagator, otelapi.GetTextMapPropagator())

	require.NoError(t, runFor(t, time.Minute, otel.New(otel.Options{SpanExporter: newMemory(), Global: true}), transfer))
	assert.IsType(t, &sdktrace.TracerProvider{}, otelapi.GetTracerProvider())
	assert.Contains(t, otelapi.GetTextMapPropagator().Fields(), "traceparent")
}

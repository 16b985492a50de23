package otel_test

import (
	"context"
	"fmt"
	"log/slog"

	"go.opentelemetry.io/otel/trace"

	"github.com/wireframework/wireframework/layers/otel"
	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

func Example() {
	sealer := wiring.NewLayer("sealer", func(r *wiring.Registry) error {
		r.ProvideTask(func(p trace.TracerProvider) task.Task {
			tracer := p.Tracer("sealer")
			return task.New("sealer", task.Oneshot, func(ctx context.Context) error {
				_, span := tracer.Start(ctx, "seal block 1")
				defer span.End()
				return nil
			})
		})
		return nil
	})
	spans := newMemory() // in place of otel.Options{Endpoint: "http://127.0.0.1:4318"}
	node, err := service.NewBuilder(service.Logger(slog.New(slog.DiscardHandler))).
		AddLayer(otel.New(otel.Options{SpanExporter: spans}), sealer).
		Build()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(node.Run(context.Background()))
	for _, s := range spans.GetSpans() {
		if !s.Parent.IsValid() {
			fmt.Println(s.Name)
		}
	}

	// Unordered output:
	// <nil>
	// wiring
	// startup
	// seal block 1
	// shutdown
}

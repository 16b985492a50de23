package otel

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
)

// maxChildren is how many spans a trace has below its first one. More would not fit into
// the queue of a node that stops thousands of tasks at once.
const maxChildren = 1000

// stage is a span that is open.
type stage struct {
	trace.Span
	ctx      context.Context //nolint:containedctx // it is what children are made of
	parent   *stage
	children int // those that were left out too
}

// start starts a span, below the parent if there is one. The span records nothing if the
// parent has too many.
func (l *life) start(parent *stage, name string, opts ...trace.SpanStartOption) *stage {
	ctx := context.Background()
	if parent != nil {
		ctx = parent.ctx
		if parent.children++; parent.children > maxChildren {
			return &stage{Span: noop.Span{}, ctx: ctx, parent: parent}
		}
	}
	ctx, span := l.tracer.Start(ctx, name, opts...)
	return &stage{Span: span, ctx: ctx, parent: parent}
}

// fail marks a span as failed, and the one above it.
func (s *stage) fail(err error) {
	if err == nil {
		return
	}
	s.RecordError(err)
	s.SetStatus(codes.Error, err.Error())
	if s.parent != nil {
		s.parent.SetStatus(codes.Error, err.Error())
	}
}

// finish ends the span that a variable holds, if it does.
func finish(s **stage) {
	if *s == nil {
		return
	}
	if omitted := (*s).children - maxChildren; omitted > 0 {
		(*s).SetAttributes(attribute.Int("omitted", omitted))
	}
	(*s).End()
	*s = nil
}

// Package otel is a layer that traces a node with OpenTelemetry.
//
// # What it is
//
// The layer provides a [trace.TracerProvider], which is a [*sdktrace.TracerProvider],
// and traces the life of the node itself: each of these is a trace of its own.
//
//	wiring                          from the first constructor to the last
//	  construct newPool             a constructor, with its layer, location and error
//	startup                         until the gate has opened and the gated tasks are started
//	  precondition schema-current   from its start to its success or error
//	shutdown                        from the stop request, with its cause
//	  stop sealer                   a task that was told to stop, until it has ended
//	  hook close-pool               a shutdown hook
//
// What failed has the status error and the error as an event, and the trace it is part of
// has the status too. A trace has up to 1000 such spans; its attribute "omitted" is the
// number of the others.
//
// # Usage
//
//	service.NewBuilder().AddLayer(otel.New(otel.Options{Endpoint: "http://127.0.0.1:4318"}), ...)
//
// A constructor asks for trace.TracerProvider and makes its tracer from it. The provider
// of the package go.opentelemetry.io/otel is set only if [Options].Global says so.
//
// Where spans go, [Options].Exporter decides. The default is OTLP over HTTP if there is
// an endpoint, in the options or in the standard variables OTEL_EXPORTER_OTLP_ENDPOINT
// and OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, and nowhere otherwise. The other standard
// variables of the SDK count for what the options leave open, among them
// OTEL_EXPORTER_OTLP_HEADERS, OTEL_RESOURCE_ATTRIBUTES, OTEL_SERVICE_NAME,
// OTEL_TRACES_SAMPLER and OTEL_BSP_SCHEDULE_DELAY. The traces of the node itself are
// always recorded, whatever the ratio.
//
// # Lifecycle
//
// Spans are collected and sent in the background. As an observer of the service, the
// layer is built before the others, so that its shutdown hook runs after theirs: it ends
// the trace of the shutdown and sends what is left. What happens later is not part of
// any trace: the hooks of what was built even before (a logger, other observers) and the
// end of the process.
//
// # Concurrency
//
// The provider and its tracers are safe for concurrent use.
//
// # Errors
//
// A collector that does not answer never fails the node, nor does it keep it: sending is
// given up when [Options].FlushTimeout is over. The log says when sending begins to fail,
// when it works again, and at the end how many spans were lost.
//
// # Testing
//
// [Options].SpanExporter takes the place of the exporter, for example by the one of
// go.opentelemetry.io/otel/sdk/trace/tracetest. That one forgets its spans when it is
// shut down, which the end of a node does.
package otel

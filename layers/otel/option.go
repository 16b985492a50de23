package otel

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// Values of [Options].Exporter.
const (
	ExporterAuto   = "auto"   // ExporterOTLP if there is an endpoint, otherwise ExporterNone
	ExporterOTLP   = "otlp"   // OTLP over HTTP, in protobuf
	ExporterStdout = "stdout" // JSON on standard output
	ExporterNone   = "none"   // spans are not recorded
)

// Options configure the layer. The zero value exports if the environment names an
// endpoint.
type Options struct {
	// Exporter says where spans go. Optional; defaults to ExporterAuto.
	Exporter string `default:"auto" enum:"auto,otlp,stdout,none" help:"Where traces go: ${enum}. auto is otlp if there is an endpoint."`

	// Endpoint is the URL of the collector, such as http://127.0.0.1:4318. Without a
	// path, that of the protocol is added: /v1/traces. Optional; defaults to what the
	// standard environment variables say, and then to https://localhost:4318.
	Endpoint string `placeholder:"URL" help:"URL of the OTLP/HTTP collector. Defaults to the standard OTEL_EXPORTER_OTLP variables."`

	// Headers are sent to the collector with each request. Optional; defaults to none.
	Headers map[string]string `placeholder:"KEY=VALUE" help:"Headers of requests to the collector."`

	// Ratio is the part of traces that are recorded, above 0 and up to 1. Optional;
	// defaults to OTEL_TRACES_SAMPLER, and then to all.
	Ratio float64 `placeholder:"RATIO" help:"Part of traces that are recorded, up to 1. Defaults to OTEL_TRACES_SAMPLER, then all."`

	// ServiceName is the attribute service.name. Optional; defaults to
	// OTEL_SERVICE_NAME, and then to the name of the program.
	ServiceName string `placeholder:"NAME" help:"Name of the service. Defaults to OTEL_SERVICE_NAME, then to the program."`

	// ServiceVersion is the attribute service.version. Optional; defaults to the
	// version in the build information of the binary.
	ServiceVersion string `placeholder:"VERSION" help:"Version of the service. Defaults to that of the binary."`

	// FlushTimeout bounds how long the last spans may take to be sent when the node
	// stops. It is cut to what the HookTimeout of the service leaves. Optional;
	// defaults to 3 s.
	FlushTimeout time.Duration `default:"3s" help:"How long the last traces may take to be sent."`

	// Global makes the provider, and the propagator of the W3C headers, those of the
	// package go.opentelemetry.io/otel, for libraries that use these. Optional;
	// defaults to false.
	Global bool `help:"Set the global tracer provider and propagator too."`

	// SpanExporter is where spans go instead. Exporter does not count then. Optional;
	// defaults to nil.
	SpanExporter sdktrace.SpanExporter `kong:"-"`

	// Stdout is the standard output of ExporterStdout. Optional; defaults to
	// [os.Stdout].
	Stdout io.Writer `kong:"-"`
}

// withDefaults fills in what is not set.
func (o Options) withDefaults() Options {
	if o.Exporter == "" {
		o.Exporter = ExporterAuto
	}
	if o.Exporter == ExporterAuto {
		o.Exporter = ExporterNone
		if o.Endpoint != "" || os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT") != "" || os.Getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") != "" {
			o.Exporter = ExporterOTLP
		}
	}
	if o.FlushTimeout == 0 {
		o.FlushTimeout = 3 * time.Second
	}
	if o.Stdout == nil {
		o.Stdout = os.Stdout
	}
	return o
}

// verify finds mistakes.
func (o Options) verify() error {
	var problems []error
	if known := []string{"", ExporterAuto, ExporterOTLP, ExporterStdout, ExporterNone}; !slices.Contains(known, o.Exporter) {
		problems = append(problems, fmt.Errorf("option Exporter is %q (known: %s)", o.Exporter, strings.Join(known[1:], ", ")))
	}
	if u, err := url.Parse(o.Endpoint); o.Endpoint != "" && (err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "") {
		problems = append(problems, fmt.Errorf("option Endpoint is %q (a URL such as http://127.0.0.1:4318 is accepted)", o.Endpoint))
	}
	if !(0 <= o.Ratio && o.Ratio <= 1) { // not a number is neither
		problems = append(problems, fmt.Errorf("option Ratio is %v (numbers above 0 and up to 1 are accepted)", o.Ratio))
	}
	if o.FlushTimeout < 0 {
		problems = append(problems, fmt.Errorf("option FlushTimeout is negative: %v", o.FlushTimeout))
	}
	return errors.Join(problems...)
}

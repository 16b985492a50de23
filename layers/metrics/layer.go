package metrics

import (
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/wireframework/wireframework/layers/httpserver"
	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/wiring"
)

// Options configure the layer. The zero value works.
type Options struct {
	// MaxTasks is up to how many tasks each has series of its own; a node with more
	// tells of their number in each state only. The same holds for constructors.
	// Optional; defaults to 1000.
	MaxTasks int `help:"Up to how many tasks each has metrics of its own." default:"1000"`

	// Private is set if /metrics is for clients only that may use the private routes of
	// the server "ops". Optional; defaults to false.
	Private bool `help:"Protect the metrics like a private route."`
}

// New returns the layer "metrics". It needs the server "ops" of the package httpserver,
// takes the members of the group "metrics", each a [prometheus.Collector], and
// provides the *[prometheus.Registry], also as [prometheus.Registerer], and a
// [prometheus.Gatherer].
func New(o Options) wiring.Layer { return layer{options: o} }

type layer struct{ options Options }

func (layer) Name() string { return "metrics" }

func (l layer) Wire(r *wiring.Registry) error {
	if l.options.MaxTasks < 0 {
		return fmt.Errorf("option MaxTasks %d is negative (give a number, or 0 for the default)", l.options.MaxTasks)
	}
	if l.options.MaxTasks == 0 {
		l.options.MaxTasks = 1000
	}
	r.Provide(l.newRecorder)
	r.Provide(newObserver, wiring.Group("observers"))
	r.Provide(newRegistry)
	r.Provide(newCollectors)
	r.Provide(newGatherer)
	r.Provide(l.newRoute, wiring.Group("http-routes"))
	r.Invoke(needOps, wiring.From[*httpserver.Server]("ops"))
	return nil
}

func (l layer) newRecorder() *recorder { return newRecorder(l.options.MaxTasks, time.Now()) }

func newObserver(r *recorder) service.Observer { return r.observe }

type registry struct {
	wiring.Out

	Registry   *prometheus.Registry
	Registerer prometheus.Registerer
}

// newRegistry returns a registry without the members of the group, so that who provides
// one may ask for the registry.
func newRegistry() registry {
	r := prometheus.NewRegistry()
	return registry{Registry: r, Registerer: r}
}

// ownCollectors are what this layer adds to the group.
type ownCollectors struct {
	wiring.Out

	Service   prometheus.Collector `group:"metrics"`
	Go        prometheus.Collector `group:"metrics"`
	Process   prometheus.Collector `group:"metrics"`
	BuildInfo prometheus.Collector `group:"metrics"`
}

func newCollectors(node service.Handle, r *recorder) ownCollectors {
	return ownCollectors{
		Service:   &collector{node: node, recorder: r},
		Go:        collectors.NewGoCollector(),
		Process:   collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		BuildInfo: collectors.NewBuildInfoCollector(),
	}
}

type collectorParams struct {
	wiring.In

	Collectors []prometheus.Collector `group:"metrics"`
}

// newGatherer registers the members of the group.
func newGatherer(r *prometheus.Registry, p collectorParams, node service.Handle) (prometheus.Gatherer, error) {
	if err := register(r, p.Collectors, providers(node.Graph(), len(p.Collectors))); err != nil {
		return nil, err
	}
	return r, nil
}

func (l layer) newRoute(r *prometheus.Registry, g prometheus.Gatherer, logger *slog.Logger) httpserver.Route {
	return httpserver.Route{
		Server:  "ops",
		Pattern: "GET /metrics",
		Private: l.options.Private,
		Handler: promhttp.HandlerFor(g, promhttp.HandlerOpts{
			ErrorLog:          errorLog{logger},
			ErrorHandling:     promhttp.ContinueOnError, // all but one figure is better than none
			Registry:          r,
			EnableOpenMetrics: true,
			CoalesceGather:    true,
		}),
	}
}

// errorLog takes what goes wrong in a scrape.
type errorLog struct{ *slog.Logger }

func (l errorLog) Println(v ...any) {
	l.Warn("scrape is not complete", "error", strings.TrimSuffix(fmt.Sprintln(v...), "\n"))
}

// needOps makes it a mistake to leave out the server that the route is for.
func needOps(*httpserver.Server) {}

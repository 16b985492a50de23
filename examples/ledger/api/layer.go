package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/wireframework/wireframework/examples/ledger/ledger"
	"github.com/wireframework/wireframework/layers/httpserver"
	"github.com/wireframework/wireframework/wiring"
)

// Ledger is what the API needs of a ledger. Package store documents the errors.
type Ledger interface {
	Submit(ctx context.Context, t ledger.Transfer) (ledger.Record, error)
	Transfer(ctx context.Context, key string) (ledger.Record, error)
	Account(ctx context.Context, id ledger.AccountID) (ledger.Account, error)
	Block(ctx context.Context, height int64) (ledger.Block, error)
	LastBlock(ctx context.Context) (ledger.Block, error)
	Proof(ctx context.Context, key string) (ledger.Proof, error)
}

// Options configures the API.
type Options struct {
	// Timeout bounds the time that the ledger has for one request. Optional; defaults to
	// 5s.
	Timeout time.Duration `help:"Time that the ledger has for one request." default:"5s"`

	// Concurrency is how many requests are worked on at once; more get the answer 503.
	// Optional; defaults to 256.
	Concurrency int `help:"Requests that are worked on at once; more get the answer 503." default:"256"`
}

func (o Options) check() error {
	var problems []error
	if o.Timeout < 0 {
		problems = append(problems, fmt.Errorf("option Timeout %v is negative (give a duration, or 0 for the default)", o.Timeout))
	}
	if o.Concurrency < 0 {
		problems = append(problems, fmt.Errorf("option Concurrency %d is negative (give a number, or 0 for the default)", o.Concurrency))
	}
	return errors.Join(problems...)
}

func (o Options) withDefaults() Options {
	if o.Timeout == 0 {
		o.Timeout = 5 * time.Second
	}
	if o.Concurrency == 0 {
		o.Concurrency = 256
	}
	return o
}

// New returns the layer "ledger-api".
func New(o Options) wiring.Layer { return layer{o} }

type layer struct{ options Options }

func (layer) Name() string { return "ledger-api" }

func (l layer) Wire(r *wiring.Registry) error {
	if err := l.options.check(); err != nil {
		return err
	}
	r.Provide(l.newRoutes)
	return nil
}

type result struct {
	wiring.Out
	Routes    []httpserver.Route   `group:"http-routes,flatten"`
	Transfers prometheus.Collector `group:"metrics"`
}

type params struct {
	wiring.In
	Ledger Ledger
	Logger *slog.Logger
	Traces trace.TracerProvider `optional:"true"`
}

func (l layer) newRoutes(in params) result {
	if in.Traces == nil {
		in.Traces = noop.NewTracerProvider()
	}
	a := &api{
		ledger:  in.Ledger,
		logger:  in.Logger,
		tracer:  in.Traces.Tracer("ledger/api"),
		options: l.options.withDefaults(),
		transfers: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "ledger_transfers_total",
			Help: "Requests to transfer by their outcome.",
		}, []string{"outcome"}),
	}
	a.slots = make(chan struct{}, a.options.Concurrency)
	return result{Routes: a.routes(), Transfers: a.transfers}
}

// routes returns the routes, and for each path one that answers to all other methods.
func (a *api) routes() []httpserver.Route {
	route := func(pattern string, h http.Handler) httpserver.Route {
		return httpserver.Route{Server: "api", Pattern: pattern, Handler: h}
	}
	routes := []httpserver.Route{route("/", answer(notFound)), route("/transfers", otherMethod("POST"))}
	add := func(pattern string, f func(*http.Request) (int, any)) {
		routes = append(routes, route(pattern, a.traced(pattern, f)))
	}
	add("POST /transfers", a.submit)
	add("GET /blocks/latest", a.limited(a.lastBlock)) // its path is also one of a height
	for path, f := range map[string]func(*http.Request) (int, any){
		"/transfers/{key}":       a.transfer,
		"/transfers/{key}/proof": a.proof,
		"/accounts/{id}":         a.account,
		"/blocks/{height}":       a.block,
	} {
		add("GET "+path, a.limited(f))
		routes = append(routes, route(path, otherMethod("GET, HEAD")))
	}
	return routes
}

package health

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/wireframework/wireframework/layers/httpserver"
	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/wiring"
)

// Options configure the layer. The zero value works.
type Options struct {
	// Timeout is how long a check may take that has no Timeout of its own.
	// Optional; defaults to 2s.
	Timeout time.Duration `help:"How long a health check may take." default:"2s"`

	// Cache is how long the result of a check counts that has no Cache of its own;
	// negative, a result counts for the requests only that wait for it.
	// Optional; defaults to 1s.
	Cache time.Duration `help:"How long the result of a health check counts." default:"1s"`

	// Details says who sees error texts in verbose and JSON answers: "always" all
	// clients, "never" none, "loopback" those on this machine.
	// Optional; defaults to "loopback".
	Details string `help:"Who sees error texts (${enum})." default:"loopback" enum:"loopback,always,never"`

	// MaxTasks is how many tasks an answer lists. A node that has more shows how many
	// are in which state, and lists of those that are not running the first.
	// Optional; defaults to 100.
	MaxTasks int `help:"How many tasks a report lists." default:"100"`
}

// detailsValues are what Options.Details may be.
var detailsValues = []string{"loopback", "always", "never"}

// check returns what is wrong with the options, all at once.
func (o Options) check() error {
	var problems []error
	if o.Timeout < 0 {
		problems = append(problems, fmt.Errorf("option Timeout %v is negative (give a duration, or 0 for the default)", o.Timeout))
	}
	if o.Details != "" && !slices.Contains(detailsValues, o.Details) {
		problems = append(problems, fmt.Errorf("option Details is %q (use one of %s)", o.Details, strings.Join(detailsValues, ", ")))
	}
	if o.MaxTasks < 0 {
		problems = append(problems, fmt.Errorf("option MaxTasks %d is negative (give a number, or 0 for the default)", o.MaxTasks))
	}
	return errors.Join(problems...)
}

// withDefaults fills in what was left out.
func (o Options) withDefaults() Options {
	if o.Timeout == 0 {
		o.Timeout = 2 * time.Second
	}
	if o.Cache == 0 {
		o.Cache = time.Second
	}
	if o.Details == "" {
		o.Details = "loopback"
	}
	if o.MaxTasks == 0 {
		o.MaxTasks = 100
	}
	return o
}

// New returns the layer "health". It needs the server "ops" of the package httpserver,
// and takes the members of the group "health", each a [Check].
func New(o Options) wiring.Layer { return layer{options: o} }

type layer struct{ options Options }

func (layer) Name() string { return "health" }

func (l layer) Wire(r *wiring.Registry) error {
	if err := l.options.check(); err != nil {
		return err
	}
	l.options = l.options.withDefaults()
	r.Provide(l.newChecks)
	r.Provide(l.newRoutes)
	r.Invoke(needOps, wiring.From[*httpserver.Server]("ops"))
	return nil
}

type routes struct {
	wiring.Out

	Livez   httpserver.Route `group:"http-routes"`
	Readyz  httpserver.Route `group:"http-routes"`
	Healthz httpserver.Route `group:"http-routes"`
}

func (l layer) newRoutes(node service.Handle, c *checks) routes {
	route := func(e endpoint) httpserver.Route {
		e.node, e.checks, e.options = node, c, l.options
		return httpserver.Route{Server: "ops", Pattern: "/" + e.name, Handler: &e}
	}
	return routes{
		Livez:   route(endpoint{name: "livez", live: true}),
		Readyz:  route(endpoint{name: "readyz", ready: true}),
		Healthz: route(endpoint{name: "healthz", live: true, ready: true}),
	}
}

// needOps makes it a mistake to leave out the server that the routes are for.
func needOps(*httpserver.Server) {}

package dashboard

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/wireframework/wireframework/layers/httpserver"
	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/wiring"
)

// Options configure the layer. The zero value works.
type Options struct {
	// Title is what the page calls the node.
	// Optional; defaults to the name of the program.
	Title string `help:"What the dashboard calls the node; the name of the program by default." placeholder:"TEXT"`

	// MaxReaders is how many pages may follow the node at once; another one is
	// answered with 503. Optional; defaults to 16.
	MaxReaders int `help:"How many pages may follow the node at once." default:"16"`

	// ReaderTimeout is how long a page may take to receive an update before it is cut
	// off. Optional; defaults to 10 seconds.
	ReaderTimeout time.Duration `help:"How long a page may take to receive an update." default:"10s"`

	// MaxTasks bounds the history: how many tasks, and how many constructors, the page
	// shows. Of a node that has more, it shows the first, and as many others that fail.
	// Optional; defaults to 10 000.
	MaxTasks int `help:"How many tasks the dashboard shows." default:"10000"`

	// Hosts are the names by which the page may be asked for, besides localhost and all
	// IP addresses. Give the server "ops" the same, which guards the data of the page.
	// Optional; defaults to none.
	Hosts []string `help:"Host names by which the dashboard may be asked for." placeholder:"NAME"`
}

// check returns what is wrong with the options, all at once.
func (o Options) check() error {
	var problems []error
	problem := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	if o.MaxReaders < 0 {
		problem("option MaxReaders %d is negative (give a number, or 0 for the default)", o.MaxReaders)
	}
	if o.ReaderTimeout < 0 {
		problem("option ReaderTimeout %v is negative (give a duration, or 0 for the default)", o.ReaderTimeout)
	}
	if o.MaxTasks < 0 {
		problem("option MaxTasks %d is negative (give a number, or 0 for the default)", o.MaxTasks)
	}
	for _, host := range o.Hosts {
		if host == "" || strings.ContainsAny(host, ":/*@[] ") {
			problem("option Hosts has %q, which is no host name (such as %q, without a port)", host, "node-1.example")
		}
	}
	return errors.Join(problems...)
}

// withDefaults fills in what was left out.
func (o Options) withDefaults() Options {
	if o.Title == "" {
		o.Title = filepath.Base(os.Args[0])
	}
	if o.MaxReaders == 0 {
		o.MaxReaders = 16
	}
	if o.ReaderTimeout == 0 {
		o.ReaderTimeout = 10 * time.Second
	}
	if o.MaxTasks == 0 {
		o.MaxTasks = 10_000
	}
	return o
}

// New returns the layer "dashboard". It needs the server "ops" of the package
// httpserver.
func New(o Options) wiring.Layer { return layer{options: o} }

type layer struct{ options Options }

func (layer) Name() string { return "dashboard" }

func (l layer) Wire(r *wiring.Registry) error {
	if err := l.options.check(); err != nil {
		return err
	}
	l.options = l.options.withDefaults()
	r.Provide(l.newJournal)
	r.Provide(newObserver, wiring.Group("observers"))
	r.Provide(l.newRoutes, wiring.Group("http-routes,flatten"))
	r.Invoke(needOps, wiring.From[*httpserver.Server]("ops"))
	return nil
}

func (l layer) newJournal(node service.Handle) *journal {
	return newJournal(node, l.options.Title, l.options.MaxTasks)
}

func newObserver(j *journal) service.Observer { return j.observe }

func (l layer) newRoutes(node service.Handle, j *journal) []httpserver.Route {
	c := newCensus()
	return []httpserver.Route{
		// The page is public: a browser has no token for what the user types in. It holds
		// nothing of the node, and asks for that with the token.
		{Server: "ops", Pattern: "GET /dashboard/", Handler: newPage(l.options.Hosts)},
		data("GET /dashboard/graph.json", graphJSON(node)),
		data("GET /dashboard/graph.dot", graphDOT(node)),
		data("GET /dashboard/status.json", &statusPage{journal: j, census: c}),
		data("GET /dashboard/events", newEvents(j, c, l.options)),
		data("GET /dashboard/stacks", &stacksPage{journal: j, census: c}),
		data("GET /dashboard/trace.json", tracePage(j)),
	}
}

func data(pattern string, h http.Handler) httpserver.Route {
	return httpserver.Route{Server: "ops", Pattern: pattern, Handler: sameOrigin(h), Private: true}
}

// needOps makes it a mistake to leave out the server that the routes are for.
func needOps(*httpserver.Server) {}

package health_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/layers/health"
	"github.com/wireframework/wireframework/layers/httpserver"
	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/service/servicetest"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

// node is a node with the layer "health" whose handlers are called without a server, so
// that it can live in a bubble.
type node struct {
	*service.Service
	t      *testing.T
	routes []httpserver.Route
	ended  chan error // takes what Run returns
}

// run starts the node and waits until every goroutine of it waits.
func run(t *testing.T, layers []wiring.Layer, opts ...service.Option) *node {
	t.Helper()
	n := &node{t: t, ended: make(chan error, 1)}
	n.Service = servicetest.Build(t, service.NewBuilder(opts...).AddLayer(layers...),
		servicetest.Supply(new(httpserver.Server), "ops"),
		servicetest.PopulateGroup(&n.routes, "http-routes"),
	)
	go func() { n.ended <- n.Run(t.Context()) }()
	synctest.Wait()
	return n
}

// stop stops the node and returns what Run returns.
func (n *node) stop() error {
	n.Stop(nil)
	return <-n.ended
}

// serve answers a request as the server would.
func (n *node) serve(r *http.Request) *httptest.ResponseRecorder {
	for _, route := range n.routes {
		if route.Pattern == r.URL.Path {
			w := httptest.NewRecorder()
			route.Handler.ServeHTTP(w, r)
			return w
		}
	}
	n.t.Fatalf("no route for %s", r.URL.Path)
	return nil
}

// get returns status and body of the answer to a client on the same machine.
func (n *node) get(target string) (status int, body string) {
	w := n.serve(local(target))
	return w.Code, w.Body.String()
}

// status returns the status of the answer alone.
func (n *node) status(target string) int {
	status, _ := n.get(target)
	return status
}

// report returns the answer in JSON.
func (n *node) report(target string) health.Report {
	n.t.Helper()
	return decode(n.t, n.serve(local(target+"?format=json")))
}

func decode(t *testing.T, w *httptest.ResponseRecorder) health.Report {
	t.Helper()
	require.Equal(t, "application/json", w.Header().Get("Content-Type"))
	var r health.Report
	d := json.NewDecoder(w.Body)
	d.DisallowUnknownFields()
	require.NoError(t, d.Decode(&r))
	return r
}

// local is a request of a client on the same machine.
func local(target string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "http://localhost:8086"+target, http.NoBody)
	r.RemoteAddr = "127.0.0.1:40000"
	return r
}

// remote is a request of a client on another machine.
func remote(target string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "http://10.0.0.7:8086"+target, http.NoBody)
	r.RemoteAddr = "10.0.0.9:40000"
	return r
}

func lines(text ...string) string { return strings.Join(text, "\n") + "\n" }

// checking is a layer of that name with checks.
func checking(name string, checks ...health.Check) wiring.Layer {
	return wiring.NewLayer(name, func(r *wiring.Registry) error {
		for _, c := range checks {
			r.Supply(c, wiring.Group("health"))
		}
		return nil
	})
}

// working is a layer with tasks.
func working(tasks ...task.Task) wiring.Layer {
	return wiring.NewLayer("worker", func(r *wiring.Registry) error {
		r.ProvideTask(func() []task.Task { return tasks })
		return nil
	})
}

// waits is a task that does nothing until the stop.
func waits(id task.ID, kind task.Kind) task.Task {
	return task.New(id, kind, func(ctx context.Context) error {
		<-ctx.Done()
		return nil
	})
}

// passes is a check that passes.
func passes(context.Context) error { return nil }

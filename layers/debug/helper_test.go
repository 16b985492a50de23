package debug_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/layers/debug"
	"github.com/wireframework/wireframework/layers/httpserver"
	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/service/servicetest"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

var free = httpserver.Options{Listen: "127.0.0.1:0"}

// idle keeps a node of daemons alive.
var idle = wiring.NewLayer("idle", func(r *wiring.Registry) error {
	r.ProvideTask(func() task.Task {
		return task.New("idle", task.Regular, func(ctx context.Context) error {
			<-ctx.Done()
			return nil
		})
	})
	return nil
})

// node is a node with the layer "debug".
func node(t *testing.T, server httpserver.Options, layers ...wiring.Layer) *service.Builder {
	return service.NewBuilder(service.Logger(slog.New(slog.NewTextHandler(t.Output(), nil)))).
		AddLayer(httpserver.Ops(server), debug.New(debug.Options{})).
		AddLayer(layers...).
		AddLayer(idle)
}

// start starts a node and returns its server.
func start(t *testing.T, b *service.Builder) (*servicetest.Node, *httpserver.Server) {
	t.Helper()
	var s *httpserver.Server
	n := servicetest.Start(t, b, servicetest.Populate(&s, "ops"))
	return n, s
}

func newRequest(t *testing.T, method string, s *httpserver.Server, path string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, "http://"+s.Addr().String()+path, http.NoBody)
	require.NoError(t, err)
	r.Close = true // leaves no goroutine behind
	return r
}

// answer sends a request and returns the answer and its body.
func answer(t *testing.T, r *http.Request) (resp *http.Response, body string) {
	t.Helper()
	resp, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp, string(text)
}

func get(t *testing.T, s *httpserver.Server, path string) (resp *http.Response, body string) {
	t.Helper()
	return answer(t, newRequest(t, http.MethodGet, s, path))
}

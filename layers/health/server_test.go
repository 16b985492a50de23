package health_test

import (
	"context"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/layers/health"
	"github.com/wireframework/wireframework/layers/httpserver"
	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/service/servicetest"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
	"github.com/wireframework/wireframework/wiring/layertest"
)

// request asks a server, over the network.
func request(t *testing.T, method string, ops *httpserver.Server, target string) (status int, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, "http://"+ops.Addr().String()+target, http.NoBody)
	require.NoError(t, err)
	req.Close = true // leaves no goroutine behind
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, string(text)
}

func TestTheLayerAlone(t *testing.T) {
	var routes []httpserver.Route
	layertest.Run(t, health.New(health.Options{}),
		servicetest.Supply(new(httpserver.Server), "ops"),
		servicetest.PopulateGroup(&routes, "http-routes"),
	)
	assert.Len(t, routes, 3)
}

func TestAServerAnswersInEveryPhase(t *testing.T) {
	open, waiting, end, stopping := make(chan struct{}), make(chan struct{}), make(chan struct{}), make(chan struct{})
	var ops *httpserver.Server
	svc := servicetest.Build(t, service.NewBuilder(service.DrainDelay(time.Millisecond)).AddLayer(
		httpserver.Ops(httpserver.Options{Listen: "127.0.0.1:0"}),
		health.New(health.Options{}),
		checking("checks", health.Check{Name: "postgres", Check: passes}),
		working(
			task.New("schema-current", task.Precondition, func(context.Context) error { close(waiting); <-open; return nil }),
			task.New("work", task.Regular, func(ctx context.Context) error { <-ctx.Done(); close(stopping); <-end; return nil }),
		),
	), servicetest.Populate(&ops, "ops"))
	ended := make(chan error, 1)
	go func() { ended <- svc.Run(t.Context()) }()
	get := func(target string) (int, string) { return request(t, http.MethodGet, ops, target) }

	<-waiting
	status, body := get("/livez")
	assert.Equal(t, 200, status)
	assert.Equal(t, "ok", body)
	status, body = get("/readyz?verbose")
	assert.Equal(t, 503, status)
	assert.Equal(t, lines("[-]gate failed: waiting for schema-current", "[+]shutdown ok", "[+]postgres ok", "readyz check failed"), body)

	close(open)
	<-svc.Ready()
	status, body = get("/readyz?verbose")
	assert.Equal(t, 200, status)
	assert.Equal(t, lines("[+]gate ok", "[+]shutdown ok", "[+]postgres ok", "readyz check passed"), body)
	status, body = request(t, http.MethodHead, ops, "/readyz")
	assert.Equal(t, 200, status)
	assert.Empty(t, body)
	status, _ = request(t, http.MethodPost, ops, "/readyz")
	assert.Equal(t, 405, status)

	svc.Stop(nil)
	status, _ = get("/readyz")
	assert.Equal(t, 503, status)
	<-stopping
	status, _ = get("/livez")
	assert.Equal(t, 200, status)
	status, body = get("/readyz")
	assert.Equal(t, 503, status)
	assert.Equal(t, lines("[-]shutdown failed", "readyz check failed"), body)

	close(end)
	require.NoError(t, <-ended)
}

func TestTheStopIsNotHeldUpByAnOpenProbe(t *testing.T) {
	begun := make(chan struct{})
	var ops *httpserver.Server
	n := servicetest.Start(t, service.NewBuilder().AddLayer(
		httpserver.Ops(httpserver.Options{Listen: "127.0.0.1:0"}),
		health.New(health.Options{}),
		wiring.NewLayer("slow", func(r *wiring.Registry) error {
			r.Supply(health.Check{Name: "slow", Timeout: 50 * time.Millisecond, Check: func(ctx context.Context) error {
				close(begun)
				<-ctx.Done()
				return ctx.Err()
			}}, wiring.Group("health"))
			return nil
		}),
		working(waits("work", task.Regular)),
	), servicetest.Populate(&ops, "ops"))

	answered := make(chan int, 1)
	go func() { status, _ := request(t, http.MethodGet, ops, "/readyz"); answered <- status }()
	<-begun
	require.NoError(t, n.Stop())

	assert.Equal(t, 503, <-answered, "an open request is answered")
	assert.Zero(t, ops.Dropped())
}

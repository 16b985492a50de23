package httpserver_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/layers/httpserver"
	"github.com/wireframework/wireframework/service/servicetest"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

func TestEachServerHasItsOwnRoutes(t *testing.T) {
	var api, ops *httpserver.Server
	n := servicetest.Start(t, node(t.Output(), httpserver.New("api", free), httpserver.Ops(free), routes(
		httpserver.Route{Server: "api", Pattern: "GET /who", Handler: say("api")},
		httpserver.Route{Server: "ops", Pattern: "GET /who", Handler: say("ops")},
		httpserver.Route{Server: "api", Pattern: "POST /blocks/{height}", Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, r.PathValue("height"))
		})},
	)), servicetest.Populate(&api, "api"), servicetest.Populate(&ops, "ops"))

	answers := []struct {
		server       *httpserver.Server
		method, path string
		status       int
		body         string
	}{
		{api, "GET", "/who", 200, "api"},
		{ops, "GET", "/who", 200, "ops"},
		{api, "POST", "/blocks/12", 200, "12"},
		{api, "GET", "/blocks/12", 405, "Method Not Allowed\n"},
		{ops, "POST", "/blocks/12", 404, "404 page not found\n"},
	}
	for _, a := range answers {
		status, body := request(t, newRequest(t, a.method, a.server, a.path, http.NoBody))
		assert.Equal(t, a.status, status, "%s %s of %s", a.method, a.path, a.server.Name())
		assert.Equal(t, a.body, body, "%s %s of %s", a.method, a.path, a.server.Name())
	}
	assert.Equal(t, "api", api.Name())
	assert.NotEqual(t, api.Addr().String(), ops.Addr().String())
	assert.NotZero(t, api.Addr().(*net.TCPAddr).Port, "port 0 becomes a real one")
	require.NoError(t, n.Stop())
}

// A request carries what the context of the task carries.
func TestHandlersLogAsTheTask(t *testing.T) {
	var log buffer
	var s *httpserver.Server
	servicetest.Start(t, node(&log, httpserver.New("api", free), routes(route("/", func(_ http.ResponseWriter, r *http.Request) {
		task.Logger(r.Context()).Info("asked")
	}))), servicetest.Populate(&s, "api"))

	status, _ := get(t, s, "/")

	assert.Equal(t, http.StatusOK, status)
	assert.Contains(t, log.String(), "msg=asked task=http-api layer=http-api")
	assert.Contains(t, log.String(), "msg=listening task=http-api layer=http-api address="+s.Addr().String())
}

func TestAHandlerThatPanicsTakesItsConnectionAlone(t *testing.T) {
	var log buffer
	var s *httpserver.Server
	n := servicetest.Start(t, node(&log, httpserver.New("api", free), routes(
		route("/panic", func(http.ResponseWriter, *http.Request) { panic("out of cheese") }),
		route("/", say("fine")),
	)), servicetest.Populate(&s, "api"))

	client := dial(t, s)
	client.get(t, "/panic")
	assert.True(t, client.closed())
	status, body := get(t, s, "/")

	assert.Equal(t, http.StatusOK, status)
	assert.Equal(t, "fine", body)
	require.NoError(t, n.Stop())
	assert.Contains(t, log.String(), "level=WARN")
	assert.Contains(t, log.String(), "out of cheese")
	assert.Contains(t, log.String(), "task=http-api")
	assert.Zero(t, s.Dropped())
}

// failing is a listener that fails while the server serves.
type failing struct {
	net.Listener
	fail chan struct{}
}

var errBroken = errors.New("the network card is on fire")

func (f *failing) Accept() (net.Conn, error) {
	<-f.fail
	return nil, errBroken
}

func TestAListenerThatFailsFailsTheTask(t *testing.T) {
	working, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	listener := &failing{working, make(chan struct{})}
	n := servicetest.Start(t, node(t.Output(), httpserver.New("api", httpserver.Options{
		Listener: func(context.Context) (net.Listener, error) { return listener, nil },
	})))

	close(listener.fail)
	err = n.Wait()

	require.ErrorIs(t, err, errBroken)
	assert.ErrorContains(t, err, `task "http-api" (layer "http-api"): server "api" on `+working.Addr().String()+": ")
}

// A server waits for the gate with its port taken.
func TestAServerThatNeverRanLetsItsPortGo(t *testing.T) {
	var s *httpserver.Server
	refused := errors.New("not today")
	svc := servicetest.Build(t, node(t.Output(), httpserver.New("api", free),
		wiring.NewLayer("check", func(r *wiring.Registry) error {
			r.ProvideTask(func() task.Task {
				return task.New("check", task.Precondition, func(context.Context) error {
					dial(t, s)
					return refused
				})
			})
			return nil
		})), servicetest.Populate(&s, "api"))

	err := svc.Run(t.Context())

	require.ErrorIs(t, err, refused)
	_, err = new(net.Dialer).DialContext(t.Context(), "tcp", s.Addr().String())
	assert.ErrorContains(t, err, "connection refused")
}

func TestOnlyTheSelectedServerTakesItsPort(t *testing.T) {
	busy, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer busy.Close()
	var s *httpserver.Server
	servicetest.Start(t, node(t.Output(),
		httpserver.Ops(httpserver.Options{Listen: busy.Addr().String()}),
		httpserver.New("api", free),
		routes(route("/", say("fine")), httpserver.Route{Server: "ops", Pattern: "/", Handler: say("ops")}),
	), servicetest.Only("http-api"), servicetest.Populate(&s, "api"))

	_, body := get(t, s, "/")

	assert.Equal(t, "fine", body)
}

func TestAUnixSocketServes(t *testing.T) {
	path := t.TempDir() + "/s"
	var s *httpserver.Server
	private := route("/", say("fine"))
	private.Private = true
	n := servicetest.Start(t, node(t.Output(), routes(private), httpserver.New("api", httpserver.Options{
		Listener: func(ctx context.Context) (net.Listener, error) {
			return new(net.ListenConfig).Listen(ctx, "unix", path)
		},
	})), servicetest.Populate(&s, "api"))

	client := dial(t, s)
	client.send(t, "GET / HTTP/1.1\r\nHost: anything.example\r\n\r\n")
	status, body := client.answer(t)

	assert.Equal(t, http.StatusOK, status)
	assert.Equal(t, "fine", body)
	require.NoError(t, n.Stop())
	assert.NoFileExists(t, path)
}

func TestIPv6(t *testing.T) {
	var s *httpserver.Server
	probe, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "[::1]:0")
	if err != nil {
		t.Skipf("this machine has no IPv6: %v", err)
	}
	probe.Close()
	private := route("/", say("fine"))
	private.Private = true
	servicetest.Start(t, node(t.Output(), httpserver.New("api", httpserver.Options{Listen: "[::1]:0"}), routes(private)),
		servicetest.Populate(&s, "api"))

	status, _ := get(t, s, "/")

	assert.Equal(t, http.StatusOK, status)
	assert.True(t, strings.HasPrefix(s.Addr().String(), "[::1]:"))
}

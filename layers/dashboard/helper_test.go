package dashboard_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/layers/dashboard"
	"github.com/wireframework/wireframework/layers/httpserver"
	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/service/servicetest"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

var free = httpserver.Options{Listen: "127.0.0.1:0"}

// working is a layer with tasks.
func working(name string, tasks ...task.Task) wiring.Layer {
	return wiring.NewLayer(name, func(r *wiring.Registry) error {
		r.ProvideTask(func() []task.Task { return tasks })
		return nil
	})
}

// many are tasks that wait for the stop.
func many(n int) []task.Task {
	tasks := make([]task.Task, n)
	for i := range tasks {
		tasks[i] = task.New(task.ID(fmt.Sprintf("worker-%04d", i)), task.Regular, until)
	}
	return tasks
}

func logTo(t *testing.T) *slog.Logger { return slog.New(slog.NewTextHandler(t.Output(), nil)) }

// node is a node with the dashboard.
func node(t *testing.T, o dashboard.Options, server httpserver.Options, layers ...wiring.Layer) *service.Builder {
	return service.NewBuilder(service.Logger(logTo(t))).
		AddLayer(httpserver.Ops(server), dashboard.New(o)).
		AddLayer(layers...)
}

// start starts a node and returns its server.
func start(t *testing.T, b *service.Builder) (*servicetest.Node, *httpserver.Server) {
	t.Helper()
	var s *httpserver.Server
	n := servicetest.Start(t, b, servicetest.Populate(&s, "ops"))
	return n, s
}

// run is a node that need not get ready. It has begun to serve.
func run(t *testing.T, b *service.Builder) (svc *service.Service, s *httpserver.Server, ended <-chan error) {
	t.Helper()
	svc = servicetest.Build(t, b, servicetest.Populate(&s, "ops"))
	ctx, cancel := context.WithCancel(t.Context())
	result, done := make(chan error, 1), make(chan struct{})
	go func() {
		defer close(done)
		result <- svc.Run(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
	require.Eventually(t, func() bool { return svc.Status().Phase >= service.PhaseWaiting }, time.Minute, time.Millisecond)
	return svc, s, result
}

func address(s *httpserver.Server) string { return "http://" + s.Addr().String() + "/dashboard/" }

func newRequest(t *testing.T, s *httpserver.Server, path string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address(s)+path, http.NoBody)
	require.NoError(t, err)
	r.Close = true // leaves no goroutine behind
	return r
}

// answer sends a request and returns the answer and its body.
func answer(t *testing.T, r *http.Request) (resp *http.Response, body string) {
	t.Helper()
	resp, err := http.DefaultTransport.RoundTrip(r) // follows no redirects
	require.NoError(t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp, string(text)
}

func get(t *testing.T, s *httpserver.Server, path string) (resp *http.Response, body string) {
	t.Helper()
	return answer(t, newRequest(t, s, path))
}

// state is what the page is told of the node.
type state struct {
	Instance     string
	Version      uint64
	Title        string
	Now          float64
	Phases       []struct{ Phase string }
	Cause        string
	GateOpened   float64
	Pending      []string
	Counts       map[string]int
	Constructors []struct {
		Number                           int
		Layer, Function, Location, Error string
		Begin, End                       float64
	}
	Tasks []struct {
		ID, Kind, Layer, State, Error, Stack string
		Since, Begin, Told, End              float64
	}
	Goroutines map[string]int
}

func decode[T any](t *testing.T, body string) T {
	t.Helper()
	var v T
	require.NoError(t, json.Unmarshal([]byte(body), &v), body)
	return v
}

func statusOf(t *testing.T, s *httpserver.Server) state {
	t.Helper()
	resp, body := get(t, s, "status.json")
	require.Equal(t, http.StatusOK, resp.StatusCode, body)
	return decode[state](t, body)
}

func (s state) phase() string { return s.Phases[len(s.Phases)-1].Phase }

// states returns the state of each task.
func (s state) states() map[string]string {
	all := make(map[string]string)
	for _, t := range s.Tasks {
		all[t.ID] = t.State
	}
	return all
}

// hostileNode has names that are made to break out of where they are shown.
func hostileNode(t *testing.T) *service.Builder {
	tasks := make([]task.Task, len(hostile))
	for i, name := range hostile {
		tasks[i] = task.New(task.ID(name), task.Regular, until)
	}
	return node(t, dashboard.Options{Title: hostile[0]}, free, wiring.NewLayer("hostile", func(r *wiring.Registry) error {
		for i := range tasks {
			r.Supply(i, wiring.Name(hostile[i]))
			r.ProvideTask(func() task.Task { return tasks[i] })
		}
		return nil
	}))
}

// thousands are 2 000 tasks in 50 layers, each with a constructor of its own.
func thousands() []wiring.Layer {
	all := many(2000)
	layers := make([]wiring.Layer, 50)
	for i := range layers {
		own := all[i*40 : (i+1)*40]
		layers[i] = wiring.NewLayer(fmt.Sprintf("layer-%02d", i), func(r *wiring.Registry) error {
			for _, t := range own {
				r.ProvideTask(func(service.Handle) task.Task { return t })
			}
			return nil
		})
	}
	return layers
}

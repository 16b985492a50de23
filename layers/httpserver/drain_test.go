package httpserver_test

import (
	"context"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/layers/httpserver"
	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/service/servicetest"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

func TestARequestInFlightIsAnsweredAfterTheStop(t *testing.T) {
	entered, leave := make(chan struct{}), make(chan struct{})
	var s *httpserver.Server
	n := servicetest.Start(t, node(t.Output(), httpserver.New("api", free), routes(route("/slow", func(w http.ResponseWriter, r *http.Request) {
		close(entered)
		<-httpserver.Stopping(r.Context())
		<-leave
		say("done")(w, r)
	}))), servicetest.Populate(&s, "api"))
	idle := dial(t, s)
	idle.get(t, "/nothing")
	idle.answer(t)
	client := dial(t, s)
	client.get(t, "/slow")
	<-entered

	n.Service().Stop(nil)

	assert.True(t, idle.closed(), "a connection without a request is closed at once")
	require.Eventually(t, func() bool {
		conn, err := net.Dial("tcp", s.Addr().String())
		if err == nil {
			conn.Close()
		}
		return err != nil
	}, time.Minute, time.Millisecond, "new connections are refused")
	close(leave)
	status, body := client.answer(t)
	assert.Equal(t, http.StatusOK, status)
	assert.Equal(t, "done", body)
	assert.True(t, client.closed())
	require.NoError(t, n.Stop())
	assert.Zero(t, s.Dropped())
}

// Under load, what a handler has begun is answered to the client.
func TestDrainUnderLoad(t *testing.T) {
	var s *httpserver.Server
	var begun, answered atomic.Int64
	n := servicetest.Start(t, node(t.Output(), httpserver.New("api", free), routes(route("POST /", func(w http.ResponseWriter, r *http.Request) {
		begun.Add(1)
		time.Sleep(time.Millisecond) // the work
		say("done")(w, r)
	}))), servicetest.Populate(&s, "api"))
	var clients sync.WaitGroup
	for range 16 {
		clients.Go(func() {
			client := &http.Client{Transport: &http.Transport{}}
			defer client.CloseIdleConnections()
			for {
				resp, err := client.Post("http://"+s.Addr().String(), "text/plain", http.NoBody)
				if err != nil {
					return
				}
				if resp.StatusCode == http.StatusOK {
					answered.Add(1)
				}
				resp.Body.Close()
			}
		})
	}
	require.Eventually(t, func() bool { return answered.Load() > 200 }, time.Minute, time.Millisecond)

	require.NoError(t, n.Stop())

	clients.Wait()
	assert.Equal(t, begun.Load(), answered.Load())
	assert.Zero(t, s.Dropped())
}

// The stop may come before the server has got to accept a connection.
func TestAStopRightAfterTheStart(t *testing.T) {
	for range 30 {
		n := servicetest.Start(t, node(t.Output(), httpserver.New("api", free), httpserver.Ops(free)))
		require.NoError(t, n.Stop())
	}
}

func TestADaemonAnswersWhileOthersDrain(t *testing.T) {
	asked := make(chan struct{})
	var api, ops *httpserver.Server
	var handle service.Handle
	n := servicetest.Start(t, node(t.Output(), httpserver.Ops(free), httpserver.New("api", free),
		routes(httpserver.Route{Server: "ops", Pattern: "/phase", Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			say(handle.Status().Phase.String())(w, r)
		})}),
		wiring.NewLayer("slow", func(r *wiring.Registry) error {
			r.ProvideTask(func() task.Task {
				return task.New("slow", task.Regular, func(ctx context.Context) error {
					<-ctx.Done()
					<-asked
					return nil
				})
			})
			return nil
		}),
	), servicetest.Populate(&ops, "ops"), servicetest.Populate(&api, "api"), servicetest.Populate(&handle))
	_, before := get(t, ops, "/phase")
	n.Service().Stop(nil)
	require.Eventually(t, func() bool { return stateOf(n, "http-api") == service.StateDone }, time.Minute, time.Millisecond)

	_, meanwhile := get(t, ops, "/phase")
	close(asked)

	assert.Equal(t, "running", before)
	assert.Equal(t, "stopping", meanwhile)
	require.NoError(t, n.Stop())
	_, err := net.Dial("tcp", ops.Addr().String())
	assert.Error(t, err)
}

func stateOf(n *servicetest.Node, id task.ID) service.State {
	for _, t := range n.Service().Status().Tasks {
		if t.ID == id {
			return t.State
		}
	}
	panic("no task " + id)
}

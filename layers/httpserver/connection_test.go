package httpserver_test

import (
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/layers/httpserver"
	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/service/servicetest"
	"github.com/wireframework/wireframework/task"
)

// hold takes a connection over, and holds it until the client closes it or the server
// stops.
func hold(entered chan<- struct{}, heedsStop bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(err)
		}
		defer conn.Close()
		entered <- struct{}{}
		if heedsStop {
			<-httpserver.Stopping(r.Context())
			time.Sleep(time.Second) // the farewell
			return
		}
		_, _ = conn.Read(make([]byte, 1))
	}
}

func TestWhatBecomesOfConnectionsInADrain(t *testing.T) {
	entered := make(chan struct{}, 1)
	const timeout = 20 * time.Second
	tests := []struct {
		name    string
		handler http.HandlerFunc
		send    string
		enters  bool // the handler
		lasts   time.Duration
		dropped int
	}{
		{
			name: "one that waits for its context is cut off at the deadline",
			handler: func(_ http.ResponseWriter, r *http.Request) {
				entered <- struct{}{}
				<-r.Context().Done()
			},
			send: "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", enters: true, lasts: timeout, dropped: 1,
		},
		{
			name: "one that heeds the stop ends early",
			handler: func(_ http.ResponseWriter, r *http.Request) {
				entered <- struct{}{}
				<-httpserver.Stopping(r.Context())
			},
			send: "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", enters: true,
		},
		{
			name: "one that is slow is waited for",
			handler: func(http.ResponseWriter, *http.Request) {
				entered <- struct{}{}
				time.Sleep(timeout - time.Second)
			},
			send: "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", enters: true, lasts: timeout - time.Second,
		},
		{
			name:    "one that was taken over is cut off at the deadline",
			handler: hold(entered, false),
			send:    "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", enters: true, lasts: timeout, dropped: 1,
		},
		{
			name:    "one that was taken over and heeds the stop is waited for",
			handler: hold(entered, true),
			send:    "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", enters: true, lasts: time.Second,
		},
		{
			name: "one that was taken over by somebody who has returned is not ours",
			handler: func(w http.ResponseWriter, _ *http.Request) {
				entered <- struct{}{}
				_, _, _ = w.(http.Hijacker).Hijack()
			},
			send: "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", enters: true,
		},
		{name: "one with half a header is given up after some seconds", handler: say(""), send: "GET / HT", lasts: 6 * time.Second},
		{name: "one that has said nothing is given up after some seconds", handler: say(""), lasts: 6 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var log buffer
				var s *httpserver.Server
				network := newMemory()
				n := servicetest.Start(t, node(&log, httpserver.New("api", network.options()), routes(route("/", tt.handler))),
					servicetest.Populate(&s, "api"))
				client := network.dial(t)
				client.send(t, tt.send)
				var reading sync.WaitGroup
				defer reading.Wait()
				reading.Go(func() { _, _ = io.Copy(io.Discard, client) })
				defer client.Close()
				if tt.enters {
					<-entered
				}
				synctest.Wait()
				start := time.Now()

				require.NoError(t, n.Stop())

				assert.InDelta(t, tt.lasts, time.Since(start), float64(1100*time.Millisecond))
				assert.Equal(t, tt.dropped, s.Dropped())
				if tt.dropped > 0 {
					assert.Contains(t, log.String(), `msg="connections were closed before their request was answered" task=http-api layer=http-api dropped=1`)
				} else {
					assert.NotContains(t, log.String(), "dropped")
				}
			})
		})
	}
}

// A connection that nobody can wait for is not counted with those that are cut off.
func TestAHandlerMayGiveItsConnectionAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s *httpserver.Server
		network := newMemory()
		entered := make(chan struct{}, 2)
		given := make(chan net.Conn, 1)
		n := servicetest.Start(t, node(t.Output(), httpserver.New("api", network.options()), routes(
			route("/give", func(w http.ResponseWriter, _ *http.Request) {
				conn, _, err := http.NewResponseController(w).Hijack()
				assert.NoError(t, err)
				given <- conn
			}),
			route("/hold", hold(entered, false)),
			route("/", say("done")),
		)), servicetest.Populate(&s, "api"))
		idle := network.dial(t)
		idle.get(t, "/")
		idle.answer(t)
		other, held := network.dial(t), network.dial(t)
		other.get(t, "/give")
		conn := <-given
		defer conn.Close()
		held.get(t, "/hold")
		<-entered
		synctest.Wait()

		require.NoError(t, n.Stop())

		assert.Equal(t, 1, s.Dropped())
		assert.True(t, held.closed())
		go func() { _, _ = io.WriteString(conn, "still here\n") }()
		line, err := other.reader.ReadString('\n')
		assert.NoError(t, err)
		assert.Equal(t, "still here\n", line)
	})
}

// hang is a handler that never ends by itself.
func hang(world <-chan struct{}) { <-world }

func TestAHandlerThatHangsIsFoundByItsStack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		world := make(chan struct{})
		network := newMemory()
		svc, err := node(t.Output(), httpserver.New("api", network.options()), routes(route("/", func(http.ResponseWriter, *http.Request) {
			hang(world)
		}))).Build()
		require.NoError(t, err)
		done := make(chan error, 1)
		go func() { done <- svc.Run(t.Context()) }()
		<-svc.Ready()
		client := network.dial(t)
		client.get(t, "/")
		synctest.Wait()

		svc.Stop(nil)
		err = <-done

		require.ErrorIs(t, err, service.ErrStopTimeout)
		taskError, ok := errors.AsType[*service.TaskError](err)
		require.True(t, ok)
		assert.Equal(t, task.ID("http-api"), taskError.ID)
		assert.Contains(t, taskError.Stack, "httpserver_test.hang")
		assert.True(t, client.closed())
		close(world)
	})
}

package main

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/service/servicetest"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

// startAPI runs the API without ingest and on another store. The reports of progress
// keep the node alive, which a daemon does not.
func startAPI(t *testing.T, store Store) (url string) {
	t.Helper()
	stdout := newConsole()
	b := node(parse([]string{"-every", "1h", "-store", "file", "-dir", "/dev/null/not/opened"}), nil, stdout, nil)
	servicetest.Start(t, b, servicetest.Override(store), servicetest.Only("api", "progress"))
	return stdout.await(t, `listening on (http://\S+)`)[1]
}

func TestAnswers(t *testing.T) {
	store := newMemoryStore()
	for _, line := range []string{"disk full", "disk <fine> & well"} {
		_, err := store.Add(line)
		require.NoError(t, err)
	}
	url := startAPI(t, store)
	tests := []struct {
		name   string
		method string // GET unless it says otherwise
		path   string
		body   string
		status int
		want   string
	}{
		{
			name: "ready", path: "/ready", status: 200,
			want: `{"ready": true, "phase": "running", "tasks": {"http-server": "running", "progress": "running"}}`,
		},
		{
			name: "counts", path: "/counts", status: 200,
			want: `{"lines": 2, "words": 5, "different": 4}`,
		},
		{
			name: "a line", path: "/lines/2", status: 200,
			want: `{"number": 2, "text": "disk <fine> & well"}`,
		},
		{
			name: "a line that does not exist", path: "/lines/3", status: 404,
			want: `{"error": "line 3 does not exist, there are 2"}`,
		},
		{
			name: "a line before the first", path: "/lines/0", status: 400,
			want: `{"error": "line number \"0\" is not a whole number from 1 up"}`,
		},
		{
			name: "a line without a number", path: "/lines/one", status: 400,
			want: `{"error": "line number \"one\" is not a whole number from 1 up"}`,
		},
		{
			name: "a word", path: "/words/Disk", status: 200,
			want: `{"word": "disk", "count": 2, "lines": [1, 2]}`,
		},
		{
			name: "a word that does not occur", path: "/words/tape", status: 404,
			want: `{"error": "the word \"tape\" does not occur"}`,
		},
		{
			name: "words with a prefix", path: "/words?prefix=F", status: 200,
			want: `{"prefix": "F", "words": [{"word": "fine", "count": 1}, {"word": "full", "count": 1}]}`,
		},
		{
			name: "the most frequent word", path: "/words?limit=1", status: 200,
			want: `{"prefix": "", "words": [{"word": "disk", "count": 2}]}`,
		},
		{
			name: "no word with a prefix", path: "/words?prefix=q", status: 200,
			want: `{"prefix": "q", "words": []}`,
		},
		{
			name: "too many words", path: "/words?limit=1001", status: 400,
			want: `{"error": "limit \"1001\" is not a number from 1 to 1000"}`,
		},
		{
			name: "a limit that is no number", path: "/words?limit=", status: 400,
			want: `{"error": "limit \"\" is not a number from 1 to 1000"}`,
		},
		{
			name: "a path that does not exist", path: "/nowhere", status: 404,
			want: `{"error": "GET /nowhere: not found"}`,
		},
		{
			name: "a method that does not exist", method: "DELETE", path: "/lines/1", status: 405,
			want: `{"error": "DELETE /lines/1: method not allowed"}`,
		},
		{
			name: "adding nothing", method: "POST", path: "/lines", status: 400,
			want: `{"error": "the body has no lines"}`,
		},
		{
			name: "adding too much", method: "POST", path: "/lines", body: strings.Repeat("x", maxBody+1), status: 413,
			want: `{"error": "the body has more than 1048576 bytes"}`,
		},
		{
			name: "adding lines", method: "POST", path: "/lines", body: "one\r\ntwo", status: 201,
			want: `{"added": 2, "last": 4}`,
		},
		{
			name: "a line that was added", path: "/lines/3", status: 200,
			want: `{"number": 3, "text": "one"}`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			status, body := request(t, tt.method, url+tt.path, tt.body)

			assert.Equal(t, tt.status, status)
			assert.JSONEq(t, tt.want, body)
		})
	}
	t.Run("the root lists what there is", func(t *testing.T) {
		status, body := request(t, http.MethodGet, url, "")

		assert.Equal(t, http.StatusOK, status)
		assert.Contains(t, body, "/words?prefix=")
	})
}

func TestAStoreThatFailsIsAnErrorOfTheServer(t *testing.T) {
	url := startAPI(t, brokenStore{newMemoryStore()})

	status, body := request(t, http.MethodPost, url+"/lines", "one")

	assert.Equal(t, http.StatusInternalServerError, status)
	assert.JSONEq(t, `{"error": "disk full"}`, body)
}

func TestAnswersWhileTheNodeStartsAndStops(t *testing.T) {
	var (
		stdout   = newConsole()
		prepared = make(chan struct{}) // lets the precondition return
		told     = make(chan struct{}) // the work has been told to stop
		done     = make(chan struct{}) // lets the work return
	)
	s, err := service.NewBuilder(service.Logger(slog.New(slog.DiscardHandler))).AddLayer(
		memoryLayer{},
		apiLayer{listen: "127.0.0.1:0", stdout: stdout},
		taskLayer("preparation", task.Precondition, func(context.Context) error {
			<-prepared
			return nil
		}),
		taskLayer("work", task.Regular, func(ctx context.Context) error {
			<-ctx.Done()
			close(told)
			<-done
			return nil
		}),
	).Build()
	require.NoError(t, err)
	ended := make(chan error, 1)
	go func() { ended <- s.Run(t.Context()) }()
	url := stdout.await(t, `listening on (http://\S+)`)[1]
	get := func(path string) (status int, body string) { return request(t, http.MethodGet, url+path, "") }

	status, body := get("/ready")
	assert.Equal(t, http.StatusServiceUnavailable, status)
	assert.JSONEq(t, `{"ready": false, "phase": "waiting", "pending": ["preparation"],
		"tasks": {"http-server": "running", "preparation": "running", "work": "pending"}}`, body)
	status, body = get("/counts")
	assert.Equal(t, http.StatusServiceUnavailable, status)
	assert.JSONEq(t, `{"error": "not ready yet, see /ready"}`, body)

	close(prepared)
	<-s.Ready()
	status, _ = get("/ready")
	assert.Equal(t, http.StatusOK, status)
	status, _ = get("/counts")
	assert.Equal(t, http.StatusOK, status)

	s.Stop(nil)
	<-told
	status, body = get("/ready")
	assert.Equal(t, http.StatusServiceUnavailable, status)
	assert.Contains(t, body, `{"ready":false,"phase":"stopping","tasks":{"http-server":"running",`)
	status, _ = get("/counts")
	assert.Equal(t, http.StatusOK, status)

	close(done)
	assert.NoError(t, <-ended)
}

// taskLayer is a layer of one task that bears its name.
func taskLayer(name string, kind task.Kind, run func(context.Context) error) wiring.Layer {
	return wiring.NewLayer(name, func(r *wiring.Registry) error {
		r.ProvideTask(func() task.Task { return task.New(task.ID(name), kind, run) })
		return nil
	})
}

func TestRequestsThatOutliveTheDrainAreCutOff(t *testing.T) {
	layer := apiLayer{listen: "127.0.0.1:0", stdout: io.Discard}
	s, err := layer.newServer(t.Context(), newMemoryStore(), readyNode{}, slog.New(slog.DiscardHandler), new(wiring.ShutdownHooks))
	require.NoError(t, err)
	s.http.ReadTimeout = 0 // which would end the request as well
	served := make(chan error, 1)
	go func() { served <- s.http.Serve(s.listener) }()
	conn := hangingRequest(t, s.listener.Addr().String())
	over, cancel := context.WithCancel(t.Context())
	cancel()

	err = s.drain(over)

	assert.ErrorContains(t, err, "open requests were cut off")
	assert.ErrorIs(t, err, context.Canceled)
	assert.ErrorIs(t, <-served, http.ErrServerClosed)
	require.NoError(t, conn.SetReadDeadline(time.Now().Add(patience)))
	answer, err := io.ReadAll(conn)
	assert.Empty(t, answer)
	assert.NotErrorIs(t, err, os.ErrDeadlineExceeded, "the connection is still open")
}

// readyNode is a service.Handle of a node that is ready.
type readyNode struct{ service.Handle }

func (readyNode) Ready() <-chan struct{} {
	ready := make(chan struct{})
	close(ready)
	return ready
}

// hangingRequest is a client that has sent half of a request. It returns when the
// server is waiting for the other half, the five bytes of a line.
func hangingRequest(t *testing.T, address string) net.Conn {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	_, err = io.WriteString(conn, "POST /lines HTTP/1.1\r\nHost: quickstart\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")
	require.NoError(t, err)
	const want = "HTTP/1.1 100 Continue\r\n\r\n" // sent when the handler reads the body
	got := make([]byte, len(want))
	_, err = io.ReadFull(conn, got)
	require.NoError(t, err)
	require.Equal(t, want, string(got))
	return conn
}

package dashboard_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/layers/dashboard"
	"github.com/wireframework/wireframework/layers/httpserver"
	"github.com/wireframework/wireframework/task"
)

// reader reads the stream of events.
type reader struct {
	t    *testing.T
	resp *http.Response
	text *bufio.Reader
}

func follow(t *testing.T, s *httpserver.Server) *reader {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	resp, err := http.DefaultTransport.RoundTrip(newRequest(t, s, "events").WithContext(ctx))
	require.NoError(t, err)
	t.Cleanup(func() { resp.Body.Close() })
	require.Equal(t, http.StatusOK, resp.StatusCode)
	assert.Equal(t, "text/event-stream", resp.Header.Get("Content-Type"))
	return &reader{t: t, resp: resp, text: bufio.NewReader(resp.Body)}
}

// next returns the next event.
func (r *reader) next() (name, data string, err error) {
	for {
		line, err := r.text.ReadString('\n')
		if err != nil {
			return "", "", err
		}
		line = strings.TrimSuffix(line, "\n")
		switch {
		case strings.HasPrefix(line, "event: "):
			name = strings.TrimPrefix(line, "event: ")
		case strings.HasPrefix(line, "data: "):
			data = strings.TrimPrefix(line, "data: ")
		case line == ":":
			return "beat", "", nil
		case line == "" && name != "":
			return name, data, nil
		}
	}
}

// until returns the first state that is as wanted.
func (r *reader) until(wanted func(state) bool) state {
	r.t.Helper()
	for {
		name, data, err := r.next()
		require.NoError(r.t, err)
		if name != "state" {
			continue
		}
		var s state
		require.NoError(r.t, json.Unmarshal([]byte(data), &s))
		if wanted(s) {
			return s
		}
	}
}

func inPhase(phase string) func(state) bool {
	return func(s state) bool { return s.phase() == phase }
}

func TestEventsTellWhatChanges(t *testing.T) {
	d := newDemo("127.0.0.1:0", t.Output())
	_, s, ended := run(t, d.builder())

	r := follow(t, s)
	first := r.until(func(state) bool { return true })
	assert.Equal(t, "waiting", first.phase())
	assert.Len(t, first.Tasks, 10, "the first one is whole")
	assert.NotEmpty(t, first.Constructors)

	close(d.schema)
	running := r.until(inPhase("running"))
	assert.NotContains(t, running.states(), "peer-discovery", "only what has changed")
	assert.Empty(t, running.Constructors)
	assert.Greater(t, running.Version, first.Version)

	d.lose <- errDiskFull
	stopping := r.until(func(s state) bool { return s.states()["sealer"] == "failed" })
	assert.Equal(t, "stopping", stopping.phase())

	close(d.leave)
	last := r.until(func(s state) bool { return s.states()["ingest"] == "done" })
	assert.Equal(t, map[string]int{"failed": 1, "done": 8}, without(last.Counts, "running", "stopping"))
	for {
		name, _, err := r.next()
		require.NoError(t, err)
		if name == "end" {
			break
		}
	}
	_, _, err := r.next()
	assert.ErrorIs(t, err, io.EOF, "the stream has ended in order")
	require.ErrorIs(t, <-ended, errDiskFull)
}

// without leaves out the states in which the server itself may be.
func without(counts map[string]int, states ...string) map[string]int {
	for _, s := range states {
		delete(counts, s)
	}
	return counts
}

func TestEventsCountGoroutines(t *testing.T) {
	_, s := start(t, node(t, dashboard.Options{}, free, working("work", many(3)...)))
	r := follow(t, s)
	for {
		name, data, err := r.next()
		require.NoError(t, err)
		if name == "goroutines" {
			assert.Equal(t, 1, decode[map[string]int](t, data)["worker-0002"])
			return
		}
	}
}

// The timeouts of the server are for requests, not for a stream.
func TestEventsOutliveTheTimeoutsOfTheServer(t *testing.T) {
	server := free
	server.ReadTimeout, server.WriteTimeout = 100*time.Millisecond, 100*time.Millisecond
	_, s := start(t, node(t, dashboard.Options{}, server, working("work", many(1)...)))
	r := follow(t, s)
	for {
		name, _, err := r.next()
		require.NoError(t, err)
		if name == "beat" { // is some seconds later
			return
		}
	}
}

func TestEventsDoNotHoldUpTheStop(t *testing.T) {
	n, s := start(t, node(t, dashboard.Options{}, free, working("work", many(1)...)))
	readers := []*reader{follow(t, s), follow(t, s), follow(t, s)}

	require.NoError(t, n.Stop())

	assert.Zero(t, s.Dropped())
	for _, r := range readers {
		text, err := io.ReadAll(r.text)
		require.NoError(t, err)
		assert.Contains(t, string(text), "event: end\n")
	}
}

func TestThereIsRoomForSomeReaders(t *testing.T) {
	_, s := start(t, node(t, dashboard.Options{MaxReaders: 3}, free, working("work", many(1)...)))
	first := follow(t, s)
	follow(t, s)
	follow(t, s)

	resp, body := get(t, s, "events")
	assert.Equal(t, http.StatusServiceUnavailable, resp.StatusCode)
	assert.JSONEq(t, `{"error": "3 pages follow this node already (see the option MaxReaders)"}`, body)
	assert.Equal(t, "5", resp.Header.Get("Retry-After"))

	first.resp.Body.Close()
	require.Eventually(t, func() bool {
		return answers(t, s) == http.StatusOK
	}, time.Minute, 10*time.Millisecond, "a reader that has gone makes room")
}

// answers returns the status with which the node answers one more reader.
func answers(t *testing.T, s *httpserver.Server) int {
	t.Helper()
	resp, err := http.DefaultTransport.RoundTrip(newRequest(t, s, "events"))
	require.NoError(t, err)
	resp.Body.Close()
	return resp.StatusCode
}

// stall asks for the events and reads nothing but the first byte. The buffers are small,
// so that the node cannot get rid of what it has to say.
func stall(t *testing.T, s *httpserver.Server) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", s.Addr().String())
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	require.NoError(t, conn.(*net.TCPConn).SetReadBuffer(1024))
	_, err = io.WriteString(conn, "GET /dashboard/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
	require.NoError(t, err)
	_, err = io.ReadFull(conn, make([]byte, len("HTTP/1.1 200 OK")))
	require.NoError(t, err)
	return conn
}

// big are tasks whose state takes megabytes to tell.
func big() []task.Task {
	tasks := make([]task.Task, 4000)
	for i := range tasks {
		tasks[i] = task.New(task.ID(strings.Repeat("x", 2000)+"-"+time.Duration(i).String()), task.Regular, until)
	}
	return tasks
}

func TestSlowReadersAreCutOff(t *testing.T) {
	const readers = 8
	_, s := start(t, node(t, dashboard.Options{MaxReaders: readers, ReaderTimeout: time.Second}, free, working("work", big()...)))
	for range readers {
		stall(t, s)
	}

	require.Eventually(t, func() bool {
		return answers(t, s) == http.StatusOK
	}, time.Minute, 50*time.Millisecond, "they have lost their places")
}

func TestSlowReadersHoldUpNobodyElse(t *testing.T) {
	const readers = 4
	n, s := start(t, node(t, dashboard.Options{MaxReaders: readers + 1, ReaderTimeout: time.Hour}, free, working("work", big()...)))
	for range readers {
		stall(t, s)
	}

	r := follow(t, s) // and one that is not slow
	r.until(func(s state) bool { return len(s.Tasks) > 4000 })
	assert.Equal(t, http.StatusServiceUnavailable, answers(t, s), "they have their places")
	resp, _ := get(t, s, "stacks?task=http-ops")
	assert.Equal(t, http.StatusOK, resp.StatusCode)

	require.NoError(t, n.Stop())
	assert.Zero(t, s.Dropped())
}

package httpserver_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/layers/httpserver"
	"github.com/wireframework/wireframework/service/servicetest"
)

// dribble sends a text, its beginning at once and the rest slowly, until the server has
// closed the connection.
func (p *peer) dribble(text string, start int, pace time.Duration) error {
	_, err := io.WriteString(p, text[:start])
	for i := start; i < len(text) && err == nil; i++ {
		time.Sleep(pace)
		_, err = io.WriteString(p, text[i:i+1])
	}
	return err
}

// count answers with the size of the body.
func count(w http.ResponseWriter, r *http.Request) {
	n, err := io.Copy(io.Discard, r.Body)
	if tooBig, ok := errors.AsType[*http.MaxBytesError](err); ok {
		http.Error(w, fmt.Sprintf("more than %d", tooBig.Limit), http.StatusRequestEntityTooLarge)
		return
	}
	fmt.Fprintf(w, "%d, %v", n, err)
}

func TestBodiesAreLimited(t *testing.T) {
	limited := free
	limited.MaxBodyBytes = 10
	unlimited := free
	unlimited.MaxBodyBytes = -1
	const mega = 1 << 20
	tests := []struct {
		name    string
		options httpserver.Options
		body    io.Reader
		status  int
		answer  string
	}{
		{"up to the limit", limited, strings.NewReader("0123456789"), 200, "10, <nil>"},
		{"announced as bigger", limited, strings.NewReader("0123456789a"), 413, `{"error":"the body has more than 10 bytes"}` + "\n"},
		{"bigger without notice", limited, io.MultiReader(strings.NewReader("0123456789a")), 413, "more than 10\n"},
		{"up to a mebibyte by default", free, bytes.NewReader(make([]byte, mega)), 200, "1048576, <nil>"},
		{"bigger than that", free, bytes.NewReader(make([]byte, mega+1)), 413, `{"error":"the body has more than 1048576 bytes"}` + "\n"},
		{"unbounded", unlimited, bytes.NewReader(make([]byte, mega+1)), 200, "1048577, <nil>"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var s *httpserver.Server
			servicetest.Start(t, node(t.Output(), httpserver.New("api", tt.options), routes(route("/", count))), servicetest.Populate(&s, "api"))

			status, answer := request(t, newRequest(t, http.MethodPost, s, "/", tt.body))

			assert.Equal(t, tt.status, status)
			assert.Equal(t, tt.answer, answer)
		})
	}
}

// A client may send all before it reads.
func TestTheAnswerToAHugeBodyIsNotLost(t *testing.T) {
	var s *httpserver.Server
	servicetest.Start(t, node(t.Output(), httpserver.New("api", free), routes(route("/", count))), servicetest.Populate(&s, "api"))
	for _, header := range []string{"", "Connection: close\r\n", "Connection: keep-alive\r\n"} {
		client := dial(t, s)
		client.send(t, fmt.Sprintf("POST / HTTP/1.1\r\nHost: localhost\r\n%sContent-Length: %d\r\n\r\n", header, 16<<20))
		for range 16 {
			client.send(t, strings.Repeat("x", 1<<20))
		}

		status, body := client.answer(t)

		assert.Equal(t, http.StatusRequestEntityTooLarge, status)
		assert.JSONEq(t, `{"error": "the body has more than 1048576 bytes"}`, body)
		assert.True(t, client.closed())
	}
}

// A client that asks whether to send need not send anything.
func TestAClientThatExpectsIsTold(t *testing.T) {
	var s *httpserver.Server
	servicetest.Start(t, node(t.Output(), httpserver.New("api", free), routes(route("/", count))), servicetest.Populate(&s, "api"))
	client := dial(t, s)
	client.send(t, "POST / HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 104857600\r\n\r\n")

	status, _ := client.answer(t)

	assert.Equal(t, http.StatusRequestEntityTooLarge, status)
	assert.True(t, client.closed())
}

// A client that goes on sending is cut off in the end.
func TestAnEndlessBodyIsCutOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		net := newMemory()
		servicetest.Start(t, node(t.Output(), httpserver.New("api", net.options()), routes(route("/", count))))
		client := net.dial(t)
		var reading sync.WaitGroup
		defer reading.Wait()
		reading.Go(func() { _, _ = io.Copy(io.Discard, client.reader) })
		client.send(t, "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 104857600\r\n\r\n")
		start := time.Now()

		assert.Error(t, client.dribble(strings.Repeat("x", 60), 0, time.Second))
		assert.WithinDuration(t, start.Add(5*time.Second), time.Now(), 2*time.Second)
	})
}

// A client that goes on sending is cut off.
func TestAHugeBodyIsNotRead(t *testing.T) {
	var s *httpserver.Server
	servicetest.Start(t, node(t.Output(), httpserver.New("api", free), routes(route("/", count))), servicetest.Populate(&s, "api"))
	client := dial(t, s)
	client.send(t, "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
	chunk := fmt.Sprintf("10000\r\n%s\r\n", strings.Repeat("x", 0x10000))

	sent := 0
	for sent < 1<<30 {
		n, err := io.WriteString(client, chunk)
		sent += n
		if err != nil {
			break
		}
	}

	assert.Less(t, sent, 100<<20, "what fits into buffers of the network besides the limit")
}

func TestHugeHeadersAreRefused(t *testing.T) {
	var s *httpserver.Server
	servicetest.Start(t, node(t.Output(), httpserver.New("api", free), routes(route("/", count))), servicetest.Populate(&s, "api"))
	request := func(size int) *peer {
		client := dial(t, s)
		client.send(t, "GET / HTTP/1.1\r\nHost: localhost\r\nX-Big: "+strings.Repeat("x", size)+"\r\n\r\n")
		return client
	}

	fits, _ := request(60 << 10).answer(t)
	tooBig, _ := request(80 << 10).answer(t)

	assert.Equal(t, http.StatusOK, fits)
	assert.Equal(t, http.StatusRequestHeaderFieldsTooLarge, tooBig)
}

// A client that sends a byte from time to time does not hold its connection.
func TestASlowHeaderIsCutOff(t *testing.T) {
	options := free
	options.ReadHeaderTimeout = 50 * time.Millisecond
	var s *httpserver.Server
	servicetest.Start(t, node(t.Output(), httpserver.New("api", options), routes(route("/", count))), servicetest.Populate(&s, "api"))
	client := dial(t, s)
	client.send(t, "GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")

	assert.Error(t, client.dribble(strings.Repeat("x", 60_000), 0, time.Millisecond))
}

func TestDefaultTimeouts(t *testing.T) {
	tests := []struct {
		name    string
		pace    time.Duration // after each character
		request string
		start   int // characters that are sent at once
		want    time.Duration
	}{
		{"header", time.Second, "GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: " + strings.Repeat("x", 100), 30, 10 * time.Second},
		{"body", time.Second, "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n" + strings.Repeat("x", 100), 60, time.Minute},
		{"idle", 0, "", 0, 2 * time.Minute},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				net := newMemory()
				servicetest.Start(t, node(t.Output(), httpserver.New("api", net.options()), routes(route("/", count))))
				client := net.dial(t)
				client.get(t, "/")
				client.answer(t)
				start := time.Now()
				var sending sync.WaitGroup
				defer sending.Wait()
				sending.Go(func() { _ = client.dribble(tt.request, tt.start, tt.pace) })

				_, err := io.Copy(io.Discard, client.reader)

				require.NoError(t, err)
				assert.WithinDuration(t, start.Add(tt.want), time.Now(), time.Second)
			})
		})
	}
}

func TestAnAnswerThatTakesTooLongIsCutOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		net := newMemory()
		servicetest.Start(t, node(t.Output(), httpserver.New("api", net.options()), routes(
			route("/{seconds}", func(w http.ResponseWriter, r *http.Request) {
				d, err := time.ParseDuration(r.PathValue("seconds"))
				require.NoError(t, err)
				time.Sleep(d)
				say("done")(w, r)
			}))))

		inTime := net.dial(t)
		inTime.get(t, "/59s")
		_, body := inTime.answer(t)
		late := net.dial(t)
		late.get(t, "/61s")

		assert.Equal(t, "done", body)
		assert.True(t, late.closed())
	})
}

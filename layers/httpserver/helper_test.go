package httpserver_test

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/layers/httpserver"
	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/wiring"
)

// free listens on a free port of the machine itself.
var free = httpserver.Options{Listen: "127.0.0.1:0"}

// routes is a layer of routes.
func routes(all ...httpserver.Route) wiring.Layer {
	return wiring.NewLayer("routes", func(r *wiring.Registry) error {
		for _, route := range all {
			r.Supply(route, wiring.Group("http-routes"))
		}
		return nil
	})
}

// route is a route of the server "api".
func route(pattern string, h http.HandlerFunc) httpserver.Route {
	return httpserver.Route{Server: "api", Pattern: pattern, Handler: h}
}

func say(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) }
}

// node is a builder that logs into a buffer.
func node(log io.Writer, layers ...wiring.Layer) *service.Builder {
	return service.NewBuilder(service.Logger(slog.New(slog.NewTextHandler(log, nil)))).AddLayer(layers...)
}

// buffer takes a log.
type buffer struct {
	mu   sync.Mutex // protects following field
	text bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// request sends a request on a connection of its own and returns status and body.
func request(t *testing.T, r *http.Request) (status int, body string) {
	t.Helper()
	resp := do(t, r)
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, string(text)
}

// do sends a request on a connection of its own, which closes with the test.
func do(t *testing.T, r *http.Request) *http.Response {
	t.Helper()
	r.Close = true // leaves no goroutine behind
	resp, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	t.Cleanup(func() { _ = resp.Body.Close() })
	return resp
}

func newRequest(t *testing.T, method string, s *httpserver.Server, path string, body io.Reader) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, "http://"+s.Addr().String()+path, body)
	require.NoError(t, err)
	return r
}

func get(t *testing.T, s *httpserver.Server, path string) (status int, body string) {
	t.Helper()
	return request(t, newRequest(t, http.MethodGet, s, path, http.NoBody))
}

// dial opens a connection, which closes with the test.
func dial(t *testing.T, s *httpserver.Server) *peer {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), s.Addr().Network(), s.Addr().String())
	require.NoError(t, err)
	return newPeer(t, conn)
}

// peer is the client's end of a connection.
type peer struct {
	net.Conn
	reader *bufio.Reader
}

func newPeer(t *testing.T, conn net.Conn) *peer {
	t.Cleanup(func() { _ = conn.Close() })
	return &peer{Conn: conn, reader: bufio.NewReader(conn)}
}

func (p *peer) send(t *testing.T, text string) {
	t.Helper()
	_, err := io.WriteString(p, text)
	require.NoError(t, err)
}

func (p *peer) get(t *testing.T, path string) {
	t.Helper()
	p.send(t, "GET "+path+" HTTP/1.1\r\nHost: localhost\r\n\r\n")
}

// answer reads an answer with its body.
func (p *peer) answer(t *testing.T) (status int, body string) {
	t.Helper()
	resp, err := http.ReadResponse(p.reader, nil)
	require.NoError(t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, string(text)
}

// closed reports whether the server has closed the connection without an answer. It
// waits until it has.
func (p *peer) closed() bool {
	n, err := p.reader.Read(make([]byte, 1))
	return n == 0 && err != nil
}

// memory is a network without sockets, for bubbles.
type memory struct {
	conns chan net.Conn
	done  chan struct{}
	close func()
}

func newMemory() *memory {
	m := &memory{conns: make(chan net.Conn), done: make(chan struct{})}
	m.close = sync.OnceFunc(func() { close(m.done) })
	return m
}

func (m *memory) options() httpserver.Options {
	return httpserver.Options{Listener: func(context.Context) (net.Listener, error) { return m, nil }}
}

// dial opens a connection once the server accepts it.
func (m *memory) dial(t *testing.T) *peer {
	t.Helper()
	server, client := net.Pipe()
	select {
	case m.conns <- server:
	case <-m.done:
		t.Fatal("the listener is closed")
	}
	return newPeer(t, client)
}

func (m *memory) Accept() (net.Conn, error) {
	select {
	case c := <-m.conns:
		return c, nil
	case <-m.done:
		return nil, net.ErrClosed
	}
}

func (m *memory) Close() error {
	m.close()
	return nil
}

func (*memory) Addr() net.Addr { return &net.UnixAddr{Name: "memory", Net: "unix"} }

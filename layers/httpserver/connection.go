package httpserver

import (
	"context"
	"net"
	"net/http"
	"sync"
)

// connections keeps account of the handlers that run, and of the connections that have
// a request. A connection that a handler has taken over, which [http.Server] forgets,
// has one until the handler returns. The zero value is ready.
type connections struct {
	mu       sync.Mutex        // protects following fields
	busy     map[net.Conn]bool // whether it is taken over
	handlers int
	closed   bool          // no further handler starts
	idle     chan struct{} // not nil if somebody waits; closed when no handler is left
}

type connKey struct{}

// context remembers the connection in the context of its requests.
func (c *connections) context(ctx context.Context, conn net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, conn)
}

// change is told the state of each connection.
func (c *connections) change(conn net.Conn, state http.ConnState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch state {
	case http.StateActive, http.StateHijacked:
		if c.busy == nil {
			c.busy = make(map[net.Conn]bool)
		}
		c.busy[conn] = state == http.StateHijacked
	default:
		delete(c.busy, conn)
	}
}

// track returns a handler that is accounted for.
func (c *connections) track(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.begin()
		conn, _ := r.Context().Value(connKey{}).(net.Conn)
		defer c.end(conn)
		h.ServeHTTP(w, r)
	})
}

func (c *connections) begin() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		panic(http.ErrAbortHandler) // its connection is about to be closed
	}
	c.handlers++
}

func (c *connections) end(conn net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.busy[conn] {
		delete(c.busy, conn) // it belongs to whoever the handler has given it
	}
	c.handlers--
	if c.handlers == 0 && c.idle != nil {
		close(c.idle)
		c.idle = nil
	}
}

// wait waits until no handler is left, or ctx ends.
func (c *connections) wait(ctx context.Context) error {
	c.mu.Lock()
	if c.handlers == 0 {
		c.mu.Unlock()
		return nil
	}
	if c.idle == nil {
		c.idle = make(chan struct{})
	}
	idle := c.idle
	c.mu.Unlock()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// close lets no further handler start, closes the connections that handlers have taken
// over, and returns how many connections have a request. The others of them are for
// [http.Server] to close.
func (c *connections) close() (busy int) {
	c.mu.Lock()
	c.closed = true
	busy = len(c.busy)
	var taken []net.Conn
	for conn, hijacked := range c.busy {
		if hijacked {
			taken = append(taken, conn)
		}
	}
	c.mu.Unlock()
	for _, conn := range taken {
		_ = conn.Close() // what it says is of no use to anybody any more
	}
	return busy
}

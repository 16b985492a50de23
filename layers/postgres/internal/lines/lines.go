// Package lines cuts network connections from outside. A client of PostgreSQL that has
// been interrupted goes on, for up to 15 seconds, to tell the server; a pool waits for
// whoever uses it. Who has the lines can end both.
package lines

import (
	"context"
	"net"
	"sync"

	"github.com/jackc/pgx/v5/pgconn"
)

// Set is a set of network connections. The zero value is empty. Its methods are safe for
// concurrent use.
type Set struct {
	mu   sync.Mutex // protects following fields
	open map[*line]struct{}
	over bool // no more of them
}

// line is a network connection that leaves the set when it is closed.
type line struct {
	net.Conn
	of *Set
}

// Dialer returns a function that dials and adds what it gets to the set.
func (s *Set) Dialer(dial pgconn.DialFunc) pgconn.DialFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return s.add(conn)
	}
}

func (s *Set) add(conn net.Conn) (net.Conn, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over {
		_ = conn.Close() // nothing was said on it
		return nil, net.ErrClosed
	}
	if s.open == nil {
		s.open = make(map[*line]struct{})
	}
	added := &line{Conn: conn, of: s}
	s.open[added] = struct{}{}
	return added, nil
}

// Cut closes all connections, and those that come later as soon as they are made.
func (s *Set) Cut() {
	s.mu.Lock()
	s.over = true
	open := s.open
	s.open = nil
	s.mu.Unlock()
	for line := range open {
		_ = line.Conn.Close() // whoever uses it learns that
	}
}

// Close closes the connection.
func (l *line) Close() error {
	l.of.mu.Lock()
	delete(l.of.open, l)
	l.of.mu.Unlock()
	return l.Conn.Close()
}

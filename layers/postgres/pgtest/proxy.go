package pgtest

import (
	"net"
	"net/url"
	"sync"
	"testing"
	"time"
)

// Proxy is a TCP proxy in front of a server, for what a network can do to a program. Its
// methods are safe for concurrent use and do not block.
type Proxy struct {
	target   string
	listener net.Listener
	all      sync.WaitGroup // every goroutine of the proxy

	mu      sync.Mutex // protects following fields
	flowing chan struct{}
	isCut   bool
	conns   map[net.Conn]struct{}
	ended   bool
}

// NewProxy starts a proxy in front of the server at target, which is a host and a port.
// It ends with the test.
func NewProxy(t testing.TB, target string) *Proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("pgtest: proxy: %v", err)
	}
	p := &Proxy{target: target, listener: l, flowing: make(chan struct{}), conns: make(map[net.Conn]struct{})}
	close(p.flowing)
	p.all.Go(p.accept)
	t.Cleanup(p.end)
	return p
}

// Address returns host and port of the proxy.
func (p *Proxy) Address() string { return p.listener.Addr().String() }

// URL returns the connection string with the proxy as the server.
func (p *Proxy) URL(connection string) string {
	u, err := url.Parse(connection)
	if err != nil {
		panic("pgtest: Proxy.URL needs a URL") // which may have a password
	}
	u.Host = p.Address()
	return u.String()
}

// Hang makes the proxy pass on nothing any more, in both directions, as a network that
// has lost its way. Connections stay open, and new ones are accepted. What has been
// received already may still arrive.
func (p *Proxy) Hang() {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.flowing:
		p.flowing = make(chan struct{})
	default: // hangs already
	}
}

// Cut closes all connections, and new ones as soon as they are made.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.isCut = true
	p.closeLocked()
}

// Resume ends what Hang and Cut have begun. What was held back by Hang is passed on.
func (p *Proxy) Resume() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.isCut = false
	p.flowLocked()
}

func (p *Proxy) flowLocked() {
	select {
	case <-p.flowing:
	default:
		close(p.flowing)
	}
}

func (p *Proxy) closeLocked() {
	for conn := range p.conns {
		_ = conn.Close() // its goroutines notice
	}
	clear(p.conns)
}

// end closes everything and waits for the goroutines.
func (p *Proxy) end() {
	_ = p.listener.Close()
	p.mu.Lock()
	p.ended = true
	p.closeLocked()
	p.flowLocked()
	p.mu.Unlock()
	p.all.Wait()
}

func (p *Proxy) accept() {
	for {
		conn, err := p.listener.Accept()
		if err != nil {
			return
		}
		if p.add(conn) {
			p.all.Go(func() { p.serve(conn) })
		}
	}
}

// add takes a connection into account, or closes it.
func (p *Proxy) add(conn net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.isCut || p.ended {
		_ = conn.Close()
		return false
	}
	p.conns[conn] = struct{}{}
	return true
}

func (p *Proxy) remove(conn net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.conns, conn)
	_ = conn.Close()
}

// wait waits as long as the proxy hangs.
func (p *Proxy) wait() {
	p.mu.Lock()
	flowing := p.flowing
	p.mu.Unlock()
	<-flowing
}

func (p *Proxy) serve(client net.Conn) {
	defer p.remove(client)
	p.wait()
	server, err := net.DialTimeout("tcp", p.target, 10*time.Second)
	if err != nil || !p.add(server) {
		return
	}
	defer p.remove(server)
	back := make(chan struct{})
	go func() {
		defer close(back)
		p.pass(client, server)
	}()
	p.pass(server, client)
	<-back
}

// pass passes on what comes from one side. When that has ended, so has the other.
func (p *Proxy) pass(to, from net.Conn) {
	buffer := make([]byte, 32*1024)
	for {
		n, err := from.Read(buffer)
		p.wait()
		if n > 0 {
			if _, err := to.Write(buffer[:n]); err != nil {
				break
			}
		}
		if err != nil {
			break
		}
	}
	_ = to.Close()
	_ = from.Close()
}

package httpserver

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"
)

// Options configures a server. The zero value listens on a loopback address and has
// limits that suit a JSON API.
type Options struct {
	// Listen is the host and the port to listen on; port 0 takes a free one.
	// Optional; defaults to 127.0.0.1:8080, and to 127.0.0.1:8086 for [Ops].
	Listen string `help:"Host and port to listen on; port 0 takes a free one." placeholder:"HOST:PORT"`

	// Listener opens the listener instead of Listen: one that the process has
	// inherited, a Unix socket, or one with TLS. It is called when the node is wired.
	// Optional; defaults to listening on TCP.
	Listener func(context.Context) (net.Listener, error) `kong:"-"`

	// Daemon makes the server a daemon: it serves before the gate opens and until all
	// other tasks have ended, and does not keep the node alive.
	// Optional; defaults to false, and is always true for [Ops].
	Daemon bool `kong:"-"`

	// ReadHeaderTimeout bounds the reading of the header of a request. Negative is
	// none. Optional; defaults to 10 seconds.
	ReadHeaderTimeout time.Duration `help:"Time for the header of a request; negative is none." default:"10s"`

	// ReadTimeout bounds the reading of a request with its body. Negative is none.
	// Optional; defaults to a minute.
	ReadTimeout time.Duration `help:"Time for a request with its body; negative is none." default:"1m"`

	// WriteTimeout bounds the time from the end of the header of a request to the end
	// of the answer. A handler that needs longer can extend it with an
	// [http.ResponseController]. Negative is none. Optional; defaults to a minute.
	WriteTimeout time.Duration `help:"Time for an answer; negative is none." default:"1m"`

	// IdleTimeout bounds the wait for the next request of a connection. Negative is
	// none. Optional; defaults to two minutes.
	IdleTimeout time.Duration `help:"Time between the requests of a connection; negative is none." default:"2m"`

	// MaxHeaderBytes bounds the header of a request; a bigger one is answered with
	// 431. Optional; defaults to 64 KiB.
	MaxHeaderBytes int `help:"Greatest size of the header of a request." default:"65536"`

	// MaxBodyBytes bounds the body of a request: one that is announced as bigger is
	// answered with 413, and from one that turns out to be, a handler reads an
	// [http.MaxBytesError]. Negative is no bound. Optional; defaults to 1 MiB.
	MaxBodyBytes int64 `help:"Greatest size of the body of a request; negative is unbounded." default:"1048576"`

	// Token is the bearer token that requests to private routes have to carry.
	// Optional; defaults to none, which suffices for a server that only the machine
	// itself can reach.
	Token string `help:"Bearer token for private routes." placeholder:"TOKEN"`

	// Hosts are the names by which private routes may be asked for, besides localhost
	// and all IP addresses. Optional; defaults to none.
	Hosts []string `help:"Host names by which private routes may be asked for." placeholder:"NAME"`
}

// withDefaults fills in what is zero.
func (o Options) withDefaults() Options {
	fill(&o.ReadHeaderTimeout, 10*time.Second)
	fill(&o.ReadTimeout, time.Minute)
	fill(&o.WriteTimeout, time.Minute)
	fill(&o.IdleTimeout, 2*time.Minute)
	fill(&o.MaxHeaderBytes, 64<<10)
	fill(&o.MaxBodyBytes, 1<<20)
	if o.Listener == nil {
		fill(&o.Listen, "127.0.0.1:8080")
	}
	return o
}

// withOpsDefaults fills in what the server "ops" has its own defaults for.
func (o Options) withOpsDefaults() Options {
	o.Daemon = true
	if o.Listener == nil {
		fill(&o.Listen, "127.0.0.1:8086")
	}
	return o
}

func fill[T comparable](field *T, value T) {
	if *field == *new(T) {
		*field = value
	}
}

// check returns what is wrong with options that are complete, a sentence each.
func (o Options) check() []error {
	var problems []error
	problem := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	switch {
	case o.Listener != nil && o.Listen != "":
		problem("Listen is %q, but Listener is set too (use one of them)", o.Listen)
	case o.Listener == nil && !isHostPort(o.Listen):
		problem(`Listen %q is not a host and a port (such as "127.0.0.1:8080", or ":0" for a free port on all addresses)`, o.Listen)
	case o.Listener == nil && !isPortInRange(o.Listen):
		problem("Listen %q has a port that is too large (give one from 0 to 65535; 0 takes a free one)", o.Listen)
	}
	if o.MaxHeaderBytes < 0 {
		problem("MaxHeaderBytes %d is negative (give a size in bytes, or 0 for the default)", o.MaxHeaderBytes)
	}
	if strings.ContainsFunc(o.Token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		problem("Token holds a character that cannot be sent in a header (use visible ASCII characters)")
	}
	for _, host := range o.Hosts {
		if host == "" || strings.ContainsAny(host, ":/*@[] ") {
			problem("Hosts has %q, which is no host name (such as %q, without a port)", host, "node-1.example")
		}
	}
	return problems
}

// isHostPort reports whether s is a host and a number.
func isHostPort(s string) bool {
	_, port, err := net.SplitHostPort(s)
	return err == nil && port != "" && strings.Trim(port, "0123456789") == ""
}

// isPortInRange reports whether s, which is a host and a number, has a port that exists.
func isPortInRange(s string) bool {
	_, port, _ := net.SplitHostPort(s)
	_, err := strconv.ParseUint(port, 10, 16)
	return err == nil
}

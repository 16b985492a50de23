package httpserver

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// reach says who can connect to a server.
type reach uint8

const (
	wide     reach = iota // other machines, as far as one can tell
	loopback              // programs of this machine, browsers included
	unix                  // those whom the permissions of a file let
)

func reachOf(addr net.Addr) reach {
	switch a := addr.(type) {
	case *net.TCPAddr:
		if a.IP.IsLoopback() {
			return loopback
		}
	case *net.UnixAddr:
		return unix
	}
	return wide
}

// guard stands before the private routes of a server.
type guard struct {
	server string
	addr   net.Addr
	reach  reach
	token  *[sha256.Size]byte // nil if there is none
	hosts  []string           // in lower case
}

func newGuard(server string, o Options, addr net.Addr) *guard {
	g := &guard{server: server, addr: addr, reach: reachOf(addr), hosts: []string{"localhost"}}
	for _, host := range o.Hosts {
		g.hosts = append(g.hosts, canonical(host))
	}
	if o.Token != "" {
		sum := sha256.Sum256([]byte(o.Token))
		g.token = &sum
	}
	return g
}

// open reports whether the guard would let anybody in from another machine.
func (g *guard) open() bool { return g.reach == wide && g.token == nil }

// admit returns an error if some of the routes are private and the guard is open. It is
// one for all of them, since one setting mends it.
func (g *guard) admit(routes []Route) error {
	var private []Route
	for _, r := range routes {
		if r.Private {
			private = append(private, r)
		}
	}
	if !g.open() || len(private) == 0 {
		return nil
	}
	return fmt.Errorf("server %q: route %q%s private, but the server listens on %v, which others can reach, and has no token "+
		"(set Token, or listen on a loopback address)", g.server, private[0].Pattern, andOthers(len(private)-1), g.addr)
}

// andOthers continues a sentence about one thing that holds for others too, with its verb.
func andOthers(n int) string {
	switch n {
	case 0:
		return " is"
	case 1:
		return " and 1 other are"
	default:
		return fmt.Sprintf(" and %d others are", n)
	}
}

func (g *guard) protect(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !g.knows(r.Host):
			refuse(w, http.StatusMisdirectedRequest, "this host name is not one of the server (it answers to IP addresses, localhost and configured hosts)")
		case !g.trusts(r):
			w.Header().Set("WWW-Authenticate", `Bearer realm="`+g.server+`"`)
			refuse(w, http.StatusUnauthorized, "a valid bearer token is required")
		default:
			h.ServeHTTP(w, r)
		}
	})
}

// knows reports whether the host of a request is one that nobody else can make point
// to this server. A web page whose own name is made to point here (DNS rebinding)
// makes browsers send that name. No browser gets to a Unix socket.
func (g *guard) knows(hostport string) bool {
	if g.reach == unix {
		return true
	}
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = strings.TrimSuffix(strings.TrimPrefix(hostport, "["), "]")
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	return slices.Contains(g.hosts, canonical(host))
}

func canonical(host string) string { return strings.ToLower(strings.TrimSuffix(host, ".")) }

func (g *guard) trusts(r *http.Request) bool {
	if g.token == nil {
		return true
	}
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return false
	}
	// Sums are of one length, so that the time tells nothing about the token.
	sum := sha256.Sum256([]byte(strings.TrimSpace(token)))
	return subtle.ConstantTimeCompare(sum[:], g.token[:]) == 1
}

// refuse answers with an error as JSON.
func refuse(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"error": text}) // the only error is a client that has gone
}

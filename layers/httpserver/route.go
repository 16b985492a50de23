package httpserver

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/wireframework/wireframework/wiring"
)

// Route is a handler for a server. A layer provides routes without knowing the layer
// of the server, as members of the group "http-routes":
//
//	r.Provide(newBlocksRoute, wiring.Group("http-routes"))
//
// A constructor of routes cannot ask for a server, which needs the routes.
type Route struct {
	// Server is the name of the server. Required.
	Server string

	// Pattern is what the handler answers to, in the manner of [http.ServeMux], such
	// as "GET /blocks/{height}". Required.
	Pattern string

	// Handler answers. Required.
	Handler http.Handler

	// Private is set for what only operators may see. The server answers no request
	// with a foreign Host header then, and demands its bearer token if it has one. A
	// server that is bound wider than loopback and has no token refuses such a route.
	Private bool
}

// register makes the route one of the mux. The error says what is wrong with it by
// itself, or which of the earlier routes it conflicts with.
func (r Route) register(mux *http.ServeMux, earlier []Route, handler http.Handler) error {
	if tryHandle(mux, r.Pattern, handler) == nil {
		return nil
	}
	if err := tryHandle(http.NewServeMux(), r.Pattern, handler); err != nil {
		return fmt.Errorf("server %q: pattern %q is not valid: %w", r.Server, r.Pattern, err)
	}
	for _, e := range earlier {
		pair := http.NewServeMux()
		if tryHandle(pair, e.Pattern, handler) == nil && tryHandle(pair, r.Pattern, handler) != nil {
			return conflict(e, r)
		}
	}
	return fmt.Errorf("server %q: pattern %q conflicts with others", r.Server, r.Pattern)
}

func conflict(a, b Route) error {
	if a.Pattern == b.Pattern {
		return fmt.Errorf("server %q: pattern %q has two routes (leave one of them out)", a.Server, a.Pattern)
	}
	return fmt.Errorf("server %q: patterns %q and %q conflict: some requests match both, and neither is more specific",
		a.Server, a.Pattern, b.Pattern)
}

// tryHandle registers a handler and returns as an error what the mux panics with.
func tryHandle(mux *http.ServeMux, pattern string, h http.Handler) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("%v", v)
		}
	}()
	mux.Handle(pattern, h)
	return nil
}

// checkServers reports routes to servers that do not exist. Every server of a node
// could say so; the first one does.
func (l layer) checkServers(in struct {
	wiring.In
	Servers []serverName `group:"http-servers"`
	Routes  []Route      `group:"http-routes"`
},
) error {
	if in.Servers[0] != serverName(l.server) {
		return nil
	}
	var problems []error
	for _, r := range in.Routes {
		if !slices.Contains(in.Servers, serverName(r.Server)) {
			problems = append(problems, unknownServer(r, in.Servers))
		}
	}
	return errors.Join(problems...)
}

func unknownServer(r Route, servers []serverName) error {
	names := make([]string, len(servers))
	for i, s := range servers {
		names[i] = fmt.Sprintf("%q", s)
	}
	known := strings.Join(names, ", ")
	if r.Server == "" {
		return fmt.Errorf("route %q names no server (servers: %s)", r.Pattern, known)
	}
	return fmt.Errorf("route %q is for server %q, which no layer provides (servers: %s)", r.Pattern, r.Server, known)
}

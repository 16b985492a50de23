package httpserver

import (
	"errors"
	"fmt"
	"net"
	"net/http"
)

// handler returns what answers the requests of the server: its routes, behind the
// limits of the options.
func (l layer) handler(addr net.Addr, routes []Route) (http.Handler, error) {
	g := newGuard(l.server, l.options, addr)
	mux := http.NewServeMux()
	var own []Route
	var problems []error
	for _, r := range routes {
		if r.Server != l.server {
			continue
		}
		if err := l.add(mux, g, own, r); err != nil {
			problems = append(problems, err)
			continue
		}
		own = append(own, r)
	}
	if err := g.admit(own); err != nil {
		problems = append(problems, err)
	}
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	return limitBody(mux, l.options.MaxBodyBytes), nil
}

// add adds a route after the earlier ones.
func (l layer) add(mux *http.ServeMux, g *guard, earlier []Route, r Route) error {
	switch {
	case r.Pattern == "":
		return fmt.Errorf("server %q: a route has no pattern (such as %q)", l.server, "GET /blocks/{height}")
	case isNil(r.Handler):
		return fmt.Errorf("server %q: route %q has no handler", l.server, r.Pattern)
	}
	handler := r.Handler
	if r.Private {
		handler = g.protect(handler)
	}
	return r.register(mux, earlier, handler)
}

func isNil(h http.Handler) bool {
	f, isFunc := h.(http.HandlerFunc)
	return h == nil || isFunc && f == nil
}

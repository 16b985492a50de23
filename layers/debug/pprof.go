package debug

import (
	"context"
	"net/http"
	"net/http/pprof" // see profiles

	"github.com/wireframework/wireframework/layers/httpserver"
)

// profiles returns the routes of the profiles.
//
// Their package also registers them with [http.DefaultServeMux], which nothing can
// prevent. It matters to programs that serve that mux; the servers of httpserver never do.
func profiles() []httpserver.Route {
	return []httpserver.Route{
		private("GET /debug/pprof/", untilStop(pprof.Index)), // and the named profiles below it
		private("GET /debug/pprof/cmdline", http.HandlerFunc(pprof.Cmdline)),
		private("GET /debug/pprof/profile", untilStop(pprof.Profile)),
		private("GET /debug/pprof/trace", untilStop(pprof.Trace)),
		private("GET /debug/pprof/symbol", http.HandlerFunc(pprof.Symbol)),
		private("POST /debug/pprof/symbol", http.HandlerFunc(pprof.Symbol)),
	}
}

// untilStop returns a handler whose requests end when the server is told to stop: their
// context is cancelled then.
func untilStop(h http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithCancel(r.Context())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			defer cancel()
			select {
			case <-httpserver.Stopping(ctx):
			case <-ctx.Done():
			}
		}()
		defer func() { cancel(); <-ended }()
		h(w, r.WithContext(ctx))
	})
}

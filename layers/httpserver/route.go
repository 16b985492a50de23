package httpserver

import "net/http"

// Route is a handler for a server. A layer provides routes without knowing the layer
// of the server, as members of the group "http-routes":
//
//	r.Provide(newBlocksRoute, wiring.Group("http-routes"))
type Route struct {
	// Server is the name of the server. Required.
	Server string

	// Pattern is what the handler answers to, in the manner of [http.ServeMux], such
	// as "GET /blocks/{height}". Required.
	Pattern string

	// Handler answers. Required.
	Handler http.Handler

	// Private is set for what only operators may see: the server answers no request
	// with a foreign Host header, and if it is bound wider than loopback it demands its
	// bearer token. A server that is bound wider and has no token refuses such a route.
	Private bool
}

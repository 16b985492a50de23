// Package httpserver is a layer for HTTP servers.
//
// # What it is
//
// A node has any number of servers, each a layer of its own with a name: [New] makes
// one, and [Ops] makes the server "ops", where operators ask. What a server answers
// comes from other layers: a [Route] is a member of the group "http-routes" and says to
// which server it belongs, so that neither layer knows the other.
//
// # Usage
//
//	service.NewBuilder().AddLayer(
//		httpserver.New("api", httpserver.Options{Listen: ":8080"}),
//		httpserver.Ops(httpserver.Options{}),
//		blocks.Layer, // provides routes
//	)
//
//	func newRoute(s Store) httpserver.Route {
//		return httpserver.Route{Server: "api", Pattern: "GET /blocks/{height}", Handler: blocks{s}}
//	}
//
//	r.Provide(newRoute, wiring.Group("http-routes")) // in the Wire of blocks.Layer
//
// A layer that cannot do without a server asks for it in an invoke, by its name, so that
// a node that lacks it does not verify:
//
//	r.Invoke(func(*httpserver.Server) {}, wiring.From[*httpserver.Server]("ops"))
//
// Patterns are those of [http.ServeMux], which answers 404 for a path that no route has
// and 405 for a method that none of its routes has, in plain text; for another text, a
// layer adds the route "/". Times and sizes are bounded, see [Options]. For TLS, a Unix
// socket or a socket that the process has inherited there is Options.Listener.
//
// # Private routes
//
// What only operators may see, such as profiles, is a private route. It is answered
// with 421 if the Host header is neither localhost, nor an IP address, nor one of
// Options.Hosts: a web page in a browser beside the server could otherwise read it under
// a name of its own that points here. And it is answered with 401 without the bearer
// token, if there is one. A server that others than the machine itself can reach has to
// have one, or the node is not wired. A Unix socket is guarded by its permissions, and
// has no hosts.
//
// # Lifecycle
//
// A server takes its port when the node is wired, so that one in use ends the node before
// any task has started. From then on clients may connect, and wait. Its task "http-NAME"
// serves; as a regular task it does so once the gate is open, as a daemon at once, and
// until all other tasks have ended. A server that never serves has its port closed by a
// shutdown hook.
//
// Told to stop, a server closes the port and the connections without a request, and gives
// the others the time that its task has to stop, see [task.Drain]. A handler that goes on
// for long should watch [Stopping]. What outlives the drain is closed, counted by
// [Server.Dropped] and logged; the contexts of its requests end. That is no failure: the
// task returns nil. A handler that does not return even then is one, and the service shows
// its stack.
//
// A connection that has not sent the header of a request yet is given up when it is some
// five seconds old. A connection that a handler has taken over (hijacked) belongs to the
// drain until the handler returns.
//
// # Concurrency
//
// Handlers run on goroutines of their own, which carry the pprof labels of the task of the
// server. The context of a request carries the values of the context of the task, so
// [task.Logger] works in a handler.
//
// # Errors
//
// These are wiring errors: an address that cannot be listened on, a route without a
// pattern or a handler, patterns that conflict, a route to a server that does not exist,
// and a private route on an open server. A node without any server does not build its
// routes, and warns of it. What [http.Server] logs, such as a handler that has panicked,
// goes to the log of the task.
//
// # Testing
//
// Listen on "127.0.0.1:0" and ask [Server.Addr] for the port. A server that is built
// builds the routes of all servers; leave out the layers of what the test does without.
package httpserver

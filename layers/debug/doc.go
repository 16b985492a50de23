// Package debug is a layer of pages for those who look into a running node.
//
// # What it is
//
// The layer adds routes to the server "ops" of the package httpserver:
//
//   - /debug/pprof/ has the profiles of [net/http/pprof]. Goroutines carry the labels task
//     and layer, so a profile can be cut by them: go tool pprof -tagfocus task=sealer.
//   - /debug/tasks lists the tasks of the node with their state, their goroutines, and
//     where these are. With ?task=ID it shows one task. It is text, and JSON with
//     ?format=json or the header Accept: application/json.
//
// # Usage
//
//	service.NewBuilder().AddLayer(
//		httpserver.Ops(httpserver.Options{}),
//		debug.New(debug.Options{}),
//	)
//
//	curl localhost:8086/debug/tasks
//	go tool pprof localhost:8086/debug/pprof/profile
//
// A node without the server "ops" does not verify. All routes are private, see
// [httpserver.Route]: if the server can be reached by other machines it needs a token, or
// the node is not wired, and requests with a foreign Host header are refused. Profiles
// show the command line and what the program does; where the server has a token, the
// tools need it too:
//
//	curl -H "Authorization: Bearer $TOKEN" -o cpu.pprof http://node:8086/debug/pprof/profile
//
// # Lifecycle
//
// The server "ops" is a daemon, so the pages are there while the node waits for its
// preconditions and while tasks stop, which is when they are needed most. A CPU profile or
// a trace that is being taken ends when the server is told to stop.
//
// # Concurrency
//
// /debug/tasks reads the goroutine profile, for which the runtime stops the program for
// a moment. Goroutines are known by their labels: those that a task has started count for
// it, unless they have changed their labels, and those of another node in the same process
// with a task of the same ID count too.
//
// # Errors
//
// The text of an error is JSON, as that of the server: 404 for a task that does not exist,
// 400 for an unknown format.
//
// # Testing
//
// The layer works alone with a server, see httpserver.Ops.
package debug

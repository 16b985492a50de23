// Package dashboard is a layer with a live page about the node.
//
// # What it is
//
// The layer adds routes to the server "ops" of the package httpserver. /dashboard/ is a
// page that shows, and keeps showing as things change:
//
//   - Graph: the wiring, with layers as clusters, their constructors, resources and
//     tasks. Select one to see what it needs and who needs it. A bar in a box is the time
//     of its constructor; failed, blocked and unused ones are marked.
//   - Tasks: kind, layer, state and since when, the last error and its stack, the number
//     of goroutines, and on request where these are.
//   - Timeline: the phases, the time at the gate and what holds it shut, each constructor
//     and each task.
//
// The page changes nothing. It is part of the binary and loads nothing from elsewhere;
// Graphviz runs in the browser. What it shows is there for programs too:
//
//   - /dashboard/status.json is the state of the node, its tasks and its history.
//   - /dashboard/events is the same as a stream of server-sent events.
//   - /dashboard/graph.json and graph.dot are the graph, see [wiring.Graph].
//   - /dashboard/stacks?task=ID tells where the goroutines of a task are.
//   - /dashboard/trace.json is the timeline in the Trace Event format, which Perfetto and
//     chrome://tracing open.
//
// # Usage
//
//	service.NewBuilder().AddLayer(
//		httpserver.Ops(httpserver.Options{}),
//		dashboard.New(dashboard.Options{}),
//	)
//
// and open http://localhost:8086/dashboard/ in a browser. A node without the server "ops"
// does not verify.
//
// All that tells of the node is private, see [httpserver.Route]: if other machines can
// reach the server, it needs a token, or the node is not wired; and foreign Host headers
// are refused. The files of the page themselves hold nothing of the node and need no
// token. The page asks for it, keeps it as long as its tab is open, and sends it with
// each request.
//
// # Lifecycle
//
// The server "ops" is a daemon, so the page is there as soon as the tasks start, while
// the gate is shut, and while the other tasks stop. It shows the stop to its end; then it
// waits until the node is back, as this or as another process on the same port, and goes
// on. What happens before the tasks start is in its history. If a constructor fails, no
// task starts, and there is no page.
//
// # Concurrency
//
// The layer observes the service, and does little for each event. Readers cost the node
// little, too: nothing is queued for them. Each is sent what has changed since its last
// update, ten times a second at most; one that takes no update for Options.ReaderTimeout
// is cut off, and there are Options.MaxReaders at most. At the stop of the server they are
// sent the last update and end, so that they do not hold up the drain. To count goroutines
// the runtime stops the program for a moment; that is done while there are readers, every
// few seconds, for all of them.
//
// # Errors
//
// The text of an error is JSON, as that of the server: 404 for a task that does not exist,
// 400 without one, 403 for requests of other sites, 414 for queries of more than 2 kB, 421
// for a foreign Host header, and 503 for more readers than there may be.
//
// # Testing
//
// The layer works alone with a server, see httpserver.Ops. The tests of this package
// drive a browser; they are skipped where there is no Chromium.
package dashboard

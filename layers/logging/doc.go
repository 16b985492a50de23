// Package logging is a layer with the logger of a node.
//
// # What it is
//
// [New] provides a [*slog.Logger] and the [*slog.LevelVar] that it heeds: lines with
// colours on a terminal (lmittmann/tint), JSON everywhere else. The service logs with it
// once the node is wired, and so does [task.Logger]. What is logged before, while it is
// wired, goes to the logger of the option service.Logger.
//
// [HTTP] lets operators read and change the level of a node that runs.
//
// # Usage
//
//	service.NewBuilder().AddLayer(
//		logging.New(logging.Options{Level: "debug"}),
//		logging.HTTP(), // needs httpserver.Ops
//		httpserver.Ops(httpserver.Options{}),
//	)
//
// and then, for a node with its operators' server on port 8086:
//
//	curl http://127.0.0.1:8086/loglevel
//	curl -X PUT -d debug http://127.0.0.1:8086/loglevel
//
// A constructor asks for *slog.Logger; a layer that changes the level, at a signal say,
// asks for *slog.LevelVar.
//
// # Format
//
// The format "auto" is "text" if the output is a terminal, and else "json". Text has
// colours on a terminal only, and not if the environment variable NO_COLOR is not empty
// or TERM is "dumb". Errors are logged with their text, without a stack.
//
// # Levels
//
// The levels are debug, info, warn and error, in capitals too, and what lies between
// them: "debug-4", "info+2".
//
// # Lifecycle
//
// Nothing is buffered, so there is nothing to flush. The output is not closed.
//
// # Concurrency
//
// A line is one Write, and one at a time. The level may be changed at any time.
//
// # Errors
//
// An unknown format or level is an error of Build. Errors of the output are dropped, as
// slog drops them.
//
// # Testing
//
// Options.Output takes a buffer.
package logging

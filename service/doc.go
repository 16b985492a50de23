// Package service builds a node from wiring layers and runs it.
//
// # What it is
//
// A [Service] resolves the graph of its layers, collects every task, and runs each
// by its kind: a gate holds the gated ones back until every precondition has
// succeeded, and one broadcast stops them all.
//
// # Usage
//
//	func main() {
//		service.Main(func() (*service.Service, error) {
//			return service.NewBuilder().
//				AddLayer(storage.Layer, ingest.Layer, api.Layer).
//				Build()
//		})
//	}
//
// [Main] catches signals and sets the exit code; [Service.Run] does neither. A
// deployment is a function that returns a [Builder]; another deployment is another
// function, or the same one followed by [Builder.ReplaceLayer].
//
// # Lifecycle
//
//	built ──Run──▶ wiring ──▶ waiting ──gate opens──▶ running ──▶ stopping ──▶ stopped
//	  │              │           │                                   ▲
//	  └──────────────┴───────────┴───────── stop requested ──────────┘
//
// The phases:
//
//   - wiring: constructors are called, one after the other.
//   - waiting: preconditions, unconstrained tasks and daemons run.
//   - running: the gate is open and every gated task has been started; [Service.Ready]
//     is closed. Without preconditions this is so at once.
//   - stopping: from the first moment of the stop. After the [DrainDelay], if there is
//     one, all tasks but the daemons are told to stop. Each has its [StopTimeout] to
//     return, and is abandoned then. When none is left the daemons are told, and when
//     they have ended the shutdown hooks run, the last added first. The
//     [ShutdownTimeout] bounds it all.
//
// A service stops when it is asked to ([Service.Stop], the end of the context of
// Run), when a task fails, when a task that should run until the stop returns, or when
// nothing is left that keeps it alive. The stop wins over everything that happens at
// the same moment.
//
// # Concurrency
//
// Run blocks; everything else may be called from anywhere, also from tasks,
// constructors, hooks and observers, and does not block. Framework goroutines have
// all ended when Run returns, save those of what was abandoned.
//
// # Errors
//
// Run returns nil after a clean stop. Otherwise its error holds the cause first and
// then everything else that went wrong: [*TaskError], [*HookError], wiring errors, and
// the cause given to Stop. After the stop, a task may return the context's error; that
// is no failure.
//
// What happens is also told as events, see [Observe]; a log of few lines is always
// there.
//
// # Testing
//
// The package servicetest runs nodes and parts of nodes in tests, best inside
// [testing/synctest].
//
// The model is the wire_framework of ZK Stack nodes.
package service

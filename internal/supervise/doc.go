// Package supervise is the engine of a service: it starts tasks, holds the gated
// ones back until every precondition has succeeded, broadcasts the stop, and
// gives up what does not return in time. It knows nothing of layers beyond their
// names, and nothing of dig.
//
// # States of a task
//
// Only Supervisor.change moves a task from one state to the next, and Supervisor.tell
// all running tasks of a crew at once to stopping:
//
//	pending ──start──▶ running ──told to stop──▶ stopping
//	   │                  │                         │
//	   │                  ├──▶ done                 ├──▶ done
//	   │                  ├──▶ failed               ├──▶ failed
//	   └──▶ skipped       ├──▶ skipped              ├──▶ skipped
//	                      └──▶ abandoned            └──▶ abandoned
//
// A task is skipped if the stop is requested before it is started. One that has been
// started enters Run, unless it is given up before it gets to run at all.
//
// # The gate and the stop
//
// One loop, on the goroutine of the caller of [Supervisor.Run], owns all state.
// A gated task has no goroutine before the gate opens: the loop starts it then, or
// marks it skipped. So nobody waits at a barrier, and gate and stop cannot race:
// the loop asks [Stop.Requested] before it opens the gate, and then starts either
// all gated tasks or none.
//
// # Goroutines
//
// All goroutines of the framework start here. Each task has one, which carries the
// pprof labels layer and task; it ends by pushing its record on a list, which never
// blocks. The loop takes them all from there, save those of abandoned tasks, which
// nobody waits for. [Go] starts one for a constructor run or a hook; its caller waits for
// it, or abandons it at a deadline.
//
// The idea of one loop that waits for the first exit and then for all others is
// that of oklog/run; gate, kinds and deadlines are those of this framework.
package supervise

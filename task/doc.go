// Package task defines the unit of work that a service runs.
//
// # What it is
//
// A [Task] has an [ID], a [Kind] and a Run method. The kind says when the
// service starts the task, what its return means, and when it is told to stop:
//
//	kind                   waits for  a nil return          keeps the      told
//	                       the gate   before the stop       service alive  to stop
//	Regular                yes        stops the service     yes            in the broadcast
//	Oneshot                yes        nothing               until it ends  in the broadcast
//	Precondition           no         counts for the gate   until it ends  in the broadcast
//	Unconstrained          no         stops the service     yes            in the broadcast
//	UnconstrainedOneshot   no         nothing               until it ends  in the broadcast
//	Daemon                 no         stops the service     no             after all others
//
// An error from any of them stops the service and fails it. The gate opens once
// every precondition has returned nil.
//
// # Usage
//
// Implement [Task], or use [New] for a function, [Periodic] for a loop with an
// interval and [Poll] for a precondition that asks until the answer is yes.
// [WithKind] and [WithStopTimeout] change one property of a task and keep the
// others.
//
// # Lifecycle
//
// The service calls Run at most once. The context of Run is cancelled when the
// task is told to stop; from then on the task has its stop timeout to return.
// [Drain] gives a context for exactly this period:
//
//	<-ctx.Done()
//	return server.Shutdown(task.Drain(ctx))
//
// # Concurrency
//
// Run is called on a goroutine of its own that carries the pprof labels "task"
// and "layer"; goroutines started from it inherit them. ID and Kind are called
// once, before any task has started.
//
// # Errors
//
// A panic or a call of [runtime.Goexit] in Run becomes a [*PanicError]. After
// the stop, an error that wraps [context.Canceled] counts as a clean return, whatever
// is joined to it; so return the error of a clean-up that counts by itself.
//
// # Testing
//
// A task is a plain value: call Run with a context of the test, best inside
// [testing/synctest]. [Drain] and [Logger] work outside a service too.
//
// The first five kinds are those of the wire_framework of ZK Stack nodes.
package task

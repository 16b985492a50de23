// Package tasktest checks that a task keeps the promises that a service relies on.
//
// # What it is
//
// [Run] runs instances of one task, stops them at different moments, and fails the
// test with a sentence for each promise that is broken:
//
//   - The task has a name without spaces and capitals, and a kind; both stay the same.
//   - It returns within its stop timeout, whether it is stopped before its first
//     instruction, right after the start, or after a while.
//   - What it returns after the stop is nil, or wraps [context.Canceled] or the cause
//     of the stop: anything else is a failure to a service.
//   - It returns no error before the stop. If it is of a kind whose return stops the
//     service, it does not return nil before the stop either, unless [MayEnd] is given.
//   - It neither panics nor calls [runtime.Goexit].
//   - It leaves no goroutine behind.
//   - A second instance in the same process does as well as the first.
//   - With [Drains]: what it does after the stop ends when [task.Drain] ends.
//
// # Usage
//
//	func TestSealer(t *testing.T) {
//		tasktest.Run(t, func() task.Task {
//			return newSealer(storagetest.New())
//		})
//	}
//
// The function makes a new instance each time, with whatever the task needs to work.
// Mind that channels and timers which are made elsewhere hold up virtual time: make
// them in the function too.
//
// # Lifecycle
//
// Each check is a subtest in a bubble of [testing/synctest] of its own, where a minute
// of work takes no time, and whether something hangs is no matter of patience. A task
// with real sockets cannot run in a bubble; give [RealTime] for it. Inside a bubble of
// the caller, and for a [testing.TB] that is no *testing.T, the checks run one after
// the other without subtests.
//
// What the function starts besides the task, such as a pool of connections, has to be
// ended with [Cleanup].
//
// # Concurrency
//
// Instances run one at a time. Several Runs may go on in parallel tests, with or
// without RealTime.
//
// # Errors
//
// A failed check does not stop the others. The texts name the task, and for what
// hangs or is left behind, the place.
//
// # Testing
//
// The log of the task, by [task.Logger], goes to the output of the test.
//
// The manner is that of testing/slogtest and testing/iotest.
package tasktest

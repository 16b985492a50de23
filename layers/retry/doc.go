// Package retry restarts a task that fails.
//
// # What it is
//
// [Task] wraps a task so that an error of it does not stop the service: the task is run
// again, after a wait that grows with each failure in a row. That is a choice for one
// task and never the default, because most errors are better told to those who run the
// node than hidden from them, and because a restart of the whole node leaves no state
// behind that may be the cause.
//
// # Usage
//
//	r.ProvideTask(func(feed Feed) task.Task {
//		return retry.Task(newFetcher(feed), retry.Options{MaxAttempts: 10})
//	})
//
// The task has to bear that its Run is called again after it has returned an error.
// Each attempt has a context of its own, which ends with it.
//
// Under election, the order counts: leader.Only(e, retry.Task(t, o)) retries while the
// node leads, and retry.Task(leader.Only(e, t), o) gives the leadership to another node
// after each failure.
//
// # Lifecycle
//
//	         ┌──────────── error ────────────┐
//	         ▼                               │
//	wait ──▶ run ── nil, stop, permanent ──▶ return
//
// An attempt that lasts for Options.HealthyAfter ends the row: the next failure counts
// as the first, for the wait and for all limits. A return of nil is passed on, whatever
// the kind, so a oneshot or a precondition is done, and a precondition opens the gate
// when it has succeeded at last. After the stop there is no further attempt, and a wait
// ends at once.
//
// The inner task has the context of the outer one: [task.Logger], [task.Drain] and
// [task.WithStopTimeout] work as ever.
//
// # Errors
//
// When a limit is reached, the last error is returned as an [*Error], with the number of
// attempts. Passed on at once are: an error that is marked by [Permanent]; one that wraps
// leader.ErrLost, since only another term helps; a [*task.IntervalError], since the
// interval stays what it is; a panic, unless Options.Panics is set; and whatever the task
// returns after the stop. Options that make no sense are an error of Run;
// [Options.Check] finds them when the node is wired.
//
// An error made by backoff.RetryAfter says how long to wait itself.
//
// Each retry is a warning in the log, and is told to Options.Notify.
//
// # Testing
//
// In a bubble of [testing/synctest] the waits take no time.
package retry

// Package lease elects a leader by a row of a PostgreSQL table.
//
// # What it is
//
// [New] is a layer that provides a [leader.Elector]. Each election has a row with the
// token of its latest term and the time when that expires, by the clock of the server.
// The leader renews it three times in a lease; a candidate takes it when it has expired,
// and makes the token greater.
//
// There are no advisory locks: a leader that is frozen, or cut off from the server, would
// keep them for as long as the server believes in the connection.
//
// # Usage
//
//	builder.AddLayer(postgres.New(db), lease.New(lease.Options{Election: "sealer"}))
//
//	r.ProvideTask(func(e leader.Elector, pool *pgxpool.Pool) task.Task {
//		return leader.Only(e, newSealer(pool))
//	})
//
// The table is created by the first candidate, if it is missing. Where the program may
// not create tables, add [Schema] to the migrations.
//
// # Fencing
//
// No lease keeps a leader from acting late: the process may be frozen between the check
// and the deed. So each transaction that only the leader may commit calls [Check], or
// [CheckSQL], with the token of its term before it writes:
//
//	token, _ := leader.Token(ctx)
//	if err := lease.Check(ctx, tx, "sealer", token); err != nil {
//		return err
//	}
//
// From there to its end, no other term can begin; and if one has begun, the check fails.
// The next leader waits for a transaction that has been checked, so the check also limits
// how long that may be idle: after the length of a lease the server ends it.
//
// # Lifecycle
//
// A campaign opens a connection of its own, beside the pool, and the term goes on with
// it; the pool may be exhausted without harm. A campaign fails when the server does not
// answer for the length of a lease. A renewal waits for a third of that and is then tried
// again on another connection.
//
// A term is over for its holder when the length of a lease has passed, by the monotonic
// clock of the process, since it began its last successful renewal. That is never later
// than it is over for the server. Clocks need not agree; only a clock that runs faster
// or slower would matter.
//
// A resignation lets the row expire at once. A candidate finds out within the Retry.
//
// # Concurrency
//
// An elector may be used by many goroutines; each campaign is a candidate of its own.
//
// # Errors
//
// A campaign fails when the server cannot be reached. [leader.Only] then tries again. A
// transaction with an old token fails with a [*FencedError], which wraps
// [leader.ErrLost].
package lease

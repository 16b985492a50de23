// Package leader runs a task on one node at a time.
//
// # What it is
//
// [Only] wraps a task so that it runs only while its node leads. Who leads is decided
// by an [Elector], which a layer provides: layers/leader/local for one process,
// layers/postgres/lease for nodes that share a database, layers/etcd for nodes that share
// an etcd. The task knows nothing of that, so a deployment switches by a layer.
//
// For each term the task gets a fencing token, a number that grows from term to term.
// No election can promise that a leader which has lost knows of it: its process may
// have been frozen for a minute, and go on in the middle of a write. So the data has to
// protect itself. Each write carries the [Token] of its term, and the data refuses it if
// it has seen a greater one; see Martin Kleppmann, "How to do distributed locking"
// (2016). In SQL, the check and the write are one transaction:
//
//	UPDATE fence SET token = $1 WHERE token <= $1 -- no row: another one leads
//
// # Usage
//
//	r.ProvideTask(func(e leader.Elector, s Store) task.Task {
//		return leader.Only(e, newSealer(s))
//	})
//
// and in the task:
//
//	token, _ := leader.Token(ctx)
//	err := store.Seal(block, token)
//
// A store that refuses a token returns an error that wraps [ErrLost].
//
// One elector is one election for one task: two tasks under the same elector never run
// at the same time. Tasks that lead independently of each other need an elector each,
// with names.
//
// # Lifecycle
//
//	           elected                    lost
//	campaign ───────────▶ inner task runs ─────▶ it is told to stop, and ends
//	   ▲                      │                     │
//	   │                      │ returns             │ resign
//	   │                      ▼                     │
//	   │                   resign, return           │
//	   └────────────────────────────────────────────┘
//
// What happens when:
//
//   - The leadership is lost: the context of the inner task ends, with [ErrLost] as its
//     cause. When the task has returned, whatever it returns, the node campaigns again.
//     A oneshot too is run again, even if it has returned nil, since that does not say
//     whether it is done; so it has to bear a second run.
//   - The inner task ignores the loss: it is never run twice at a time, so the node does
//     not campaign until it has returned, and says so in the log every 10 seconds.
//     Others lead in the meantime; the token protects the data.
//   - The inner task returns by itself while it leads: the term is resigned, and then
//     the result counts as that of any task of its kind. A regular task that returns nil
//     stops the service. An error that wraps [ErrLost] is a loss, though.
//   - The service stops: the inner task is told, as any other task, and still leads
//     while it drains. When it has returned, the term is resigned, with a fresh context
//     that ends with [task.Drain] and after 5 seconds at the latest, so that another
//     node takes over at once and need not wait for the end of a lease.
//   - A campaign fails: it is logged and repeated, after waits that grow from a tenth of
//     a second to two. Terms that are lost within a minute are followed by such waits
//     too.
//
// ID and kind are those of the inner task. A precondition under election opens the gate
// of the node that leads, and the other nodes wait until they have led too.
//
// [task.Logger], [task.Drain] and [task.WithStopTimeout] work in the inner task. After a
// loss the service has not stopped, so task.Drain does not end: what a task does after
// a loss needs a bound of its own.
//
// # Concurrency
//
// The inner task runs on the goroutine of the outer one. One more goroutine waits for
// the loss; Only ends it before it returns.
//
// # Errors
//
// The error of a stop that comes while another node leads is that of the context, which
// is clean. An error that the inner task returns after a loss is logged only: one that
// has nothing to do with the loss comes back in the next term. Panics pass through,
// after the resignation.
//
// # Testing
//
// leadertest has an elector that elects when the test says so, and checks for electors.
// [NewContext] gives a task its token without any election.
package leader

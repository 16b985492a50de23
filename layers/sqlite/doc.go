// Package sqlite is a layer with a SQLite database, in a file or in memory.
//
// # What it is
//
// [New] provides a [*sql.DB] on modernc.org/sqlite, which needs no C compiler. Its
// connections are set up for a program with many goroutines that must not lose what
// it has committed: write-ahead log, foreign keys enforced, a busy timeout, and
// transactions that take the write lock when they begin, so that none fails half-way
// because another one was faster.
//
// It also provides a health check, as a member of the group "health", and the figures
// of the pool, as a member of the group "metrics".
//
// # Usage
//
//	service.NewBuilder().AddLayer(sqlite.New(sqlite.Options{Path: "ledger.db"}), ...)
//
// A constructor asks for *sql.DB. A transaction that only reads says so
// ([sql.TxOptions].ReadOnly) and then takes no write lock.
//
// With a Name, a node can have several databases; each is a layer "sqlite-NAME" and a
// resource with that name:
//
//	type params struct {
//		wiring.In
//		Audit *sql.DB `name:"audit"`
//	}
//
// # Durability
//
// A committed transaction survives the end of the process by any signal, with each
// setting of Synchronous. With [Full], the default, it also survives a loss of power.
// With [Normal] a loss of power may undo the latest transactions, but never damages the
// database; commits are much faster, because they do not wait for the disk.
//
// # Lifecycle
//
// The file is opened, and created if it does not exist, when the node is wired. After
// every task has ended, a hook writes the log back into the file and closes it.
//
// # Concurrency
//
// Any number of goroutines and processes may read while one writes. Who wants to write
// meanwhile waits, as long as the BusyTimeout and the context allow. In memory there is
// no such log: there readers wait for the writer too, so a goroutine that has a
// transaction open must not use the pool beside it.
//
// # Errors
//
// Bad options are an error of Build. A directory that does not exist, a file that is no
// database, and a file that another process has locked for longer than the BusyTimeout
// are errors of the constructor, and so of Run.
//
// # Testing
//
// The path ":memory:" gives each node a database of its own that ends with it.
package sqlite

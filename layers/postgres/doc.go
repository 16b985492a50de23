// Package postgres is a layer with a pool of connections to PostgreSQL.
//
// # What it is
//
// [New] provides a [*pgxpool.Pool] and, on the same connections, a [*sql.DB] for what
// speaks database/sql. It also provides a health check, as a member of the group
// "health", and the figures of the pool, as a member of the group "metrics".
//
// The package lease elects a leader by a row of a table. The package pgtest starts a
// real server for tests.
//
// # Usage
//
//	service.NewBuilder().AddLayer(postgres.New(postgres.Options{URL: url}), ...)
//
// A constructor asks for *pgxpool.Pool or *sql.DB, or both. With a Name, a node can have
// several pools; each is a layer "postgres-NAME" and its resources have that name:
//
//	type params struct {
//		wiring.In
//		Archive *pgxpool.Pool `name:"archive"`
//	}
//
// # Lifecycle
//
// The first connection is made when the node is wired: a server that cannot be reached
// ends the node before anything has started. Later the pool reconnects by itself.
//
// After every task has ended, a hook closes the pool. It waits for connections that
// somebody still uses, which can only be a task that was abandoned, and for a network
// that does not answer; but after two seconds it cuts them off.
//
// # Concurrency
//
// The pool and the *sql.DB are safe for concurrent use. They share MaxConns: a goroutine
// that holds a connection and waits for a second one can wait for itself.
//
// # Errors
//
// Bad options are an error of Build. What is wrong with the server or the credentials is
// an error of the constructor, and so of Run. No error shows the password.
//
// # Testing
//
//	db := pgtest.Shared(t).NewDatabase(t) // a URL
package postgres

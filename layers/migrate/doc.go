// Package migrate brings the schema of a database up to date, and waits until it is.
//
// # What it is
//
// Two layers on pressly/goose, for the same files. [Up] is the task "migrate", which
// applies what is missing; of several nodes that do so, one works at a time. [Check] is
// the precondition "schema", which holds the gate until the schema is at the version
// that the program was built for: the highest of its files.
//
// # Usage
//
//	//go:embed migrations/*.sql
//	var files embed.FS
//
//	o := migrate.Options{FS: files, Dir: "migrations", Dialect: migrate.Postgres}
//	builder.AddLayer(postgres.New(db), wiring.If(migrates, migrate.Up(o)), migrate.Check(o))
//
// The check is on every node. Up may be on all of them, on one, or on none, where a job
// of its own migrates. Both ask for [*sql.DB].
//
// A file is called after its version, 00002_add_blocks.sql, and has the parts
// "-- +goose Up" and "-- +goose Down". Each runs in a transaction, unless it says
// "-- +goose NO TRANSACTION".
//
// # Lifecycle
//
// What happens in a rolling upgrade:
//
//	schema of the database    task "migrate"    precondition "schema"
//	older than the program    migrates          waits, and logs what for
//	that of the program       does nothing      succeeds
//	newer than the program    fails             fails
//
// While the database cannot be asked, the precondition logs that and waits.
//
// # Concurrency
//
// In PostgreSQL a node that migrates has an advisory lock of its session. In SQLite it
// has a lock on a file beside the database, with the ending "-migrate". Both end with the
// process, and who comes second waits, however long the first takes. SQLite needs two
// connections for that.
//
// # Errors
//
// A migration that fails is an [*Error] with the file and the version; it has left no
// traces, if it ran in a transaction, and those before it stay. A schema that is too new
// is a [*NewerError]. Bad options are an error of Build; files whose names are no
// versions, or twice the same, are one of the constructor.
//
// # Testing
//
// The files can be a fstest.MapFS.
package migrate

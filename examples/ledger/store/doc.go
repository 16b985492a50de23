// Package store keeps a ledger in a database, SQLite or PostgreSQL.
//
// # What it is
//
// A [Store] has one method for each thing that the API, the sealer, the auditor, the
// pruner and the importer do with a ledger; each of them declares the few that it needs
// as an interface of its own. Two databases speak slightly differently; a [Dialect] is
// that difference, with the migrations that make the schema.
//
// # Concurrency
//
// Any number of processes may use one database. What keeps it right is in the schema and
// in transactions, and not in the processes:
//
//   - A transfer, both balances and the key under which it counts once are one
//     transaction. Accounts are changed in the order of their names, so that transfers
//     never deadlock. The number that orders a transfer is taken while the accounts are
//     locked: who spends money comes after who brought it.
//   - A block is prepared without locks, and written in one transaction that checks the
//     fencing token first, refuses to follow anything but the last block, and takes
//     nothing that is in a block already. A leader whose term is over gets a
//     [*ledger.StaleTokenError] and has written nothing.
//
// # Errors
//
// Methods return the errors of package ledger for what a caller can do something about;
// everything else is an error of the database, after which the request may be repeated.
// That is also so when nobody knows whether a transaction was committed: transfers have
// keys, and the others find out.
package store

// Package genesis starts a ledger with the accounts of a file.
//
// # What it is
//
// A pair of layers. [Import] has a task that imports the accounts and ends; one node
// needs it. [Present] has the precondition that they are there; every node has it, and so
// none takes transfers before.
//
// # Usage
//
// The file is CSV, with the columns account and balance:
//
//	# a comment
//	account,balance
//	alice,100000
//
// Without a file, the accounts are those of accounts.csv in this package.
//
// # Errors
//
// A file is read when the node is wired. All that is wrong with it is reported at once,
// a line each with file and line, and nothing of it is imported. An import of the
// accounts that a ledger has begun with does nothing; one of others fails the node.
package genesis

// Package api is the JSON API of a ledger.
//
// # What it is
//
//	POST /transfers              submit a transfer, {"key", "from", "to", "amount"}
//	GET  /transfers/{key}        what has become of it: pending, sealed or refused
//	GET  /transfers/{key}/proof  proof that it is in a block
//	GET  /accounts/{id}          balance
//	GET  /blocks/{height}        a block; /blocks/latest is the last one
//
// A transfer that is accepted is answered with 202; it is final when a block holds it. It
// may be sent again under its key, which is how a client finds out after a connection
// has broken: the answer is the same, and the transfer counts once.
//
// # Usage
//
// [New] is a layer of routes for the server "api" of the package httpserver. It needs a
// [Ledger].
//
// # Errors
//
// Every error is JSON, {"error": "..."}:
//
//	400  the request cannot be understood, or names something that cannot be
//	404  there is no such transfer, account, block or path; there is no proof yet
//	405  the path has other methods
//	409  the key belongs to another transfer
//	413  the body is too big
//	415  the body is not said to be JSON
//	422  the transfer is refused: the account has not so much
//	503  the ledger does not answer, or there are too many requests; try again
//
// What net/http refuses before a handler sees it has an answer without JSON: a request
// line or a header that is malformed (400) or too big (431), a version of HTTP that is
// not known (505). A header that does not come in time ends the connection, with 400 if
// it stops in the middle of the request line, or without an answer.
package api

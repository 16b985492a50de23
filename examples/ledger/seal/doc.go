// Package seal puts pending transfers into blocks, on one node at a time.
//
// # What it is
//
// [New] is a layer with the task "sealer". It runs while its node leads, and gives the
// fencing token of its term along with each block.
//
// # Lifecycle
//
// A block that has been begun is finished, also when the node stops or leadership is
// lost meanwhile: to break off in the middle of a commit would leave the question
// whether it was done. What keeps a leader from writing after its term is not its own
// opinion about the time but the token, which the ledger compares.
//
// # Errors
//
// A block that the ledger refuses because of its token is counted
// (ledger_blocks_refused_total) and logged, and is a loss of leadership. After any other
// error the node lets another one lead, and after a while tries again: a leader that does
// not get through to the database is none.
package seal

// Package ledger is the domain: accounts, transfers, and the chain of blocks that makes
// a transfer final.
//
// # What it is
//
// A [Transfer] moves an [Amount] from one account to another, under a key that the
// client chooses. A [Block] holds transfers in their order; its [Header] carries the
// SHA-256 of the header before it and the root of a Merkle tree over the transfers, so
// that a [Proof] shows a transfer to be final to somebody who knows only the header.
// A [Replay] reads a chain block by block and says what is wrong with it.
//
// All money comes from the account [Mint], the only one that may be negative. So the sum
// of all balances is zero, always.
//
// # Concurrency
//
// Values are plain data. A [Replay] belongs to one goroutine.
//
// # Errors
//
// What a client has got wrong is an [*InvalidError]; what a chain has got wrong is a
// [*ChainError].
package ledger

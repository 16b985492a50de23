// Package audit verifies a ledger while it runs.
//
// # What it is
//
// [New] is a layer with the task "auditor" and a health check of the same name. At each
// interval it verifies the blocks that are new, that the last one it knows is still
// there, and that the sum of all balances is zero. Less often it reads the whole chain
// again and compares every balance with what the chain and the pending transfers lead
// to.
//
// The auditor only reads, so every node may have one.
//
// # Errors
//
// What is wrong with the ledger is logged and fails the health check, so that the node is
// not ready: it gets no more transfers, answers the questions that still come, and people
// decide. It counts until a full audit has passed, which also has to find the last block
// that was verified before. A database that cannot be read is no finding.
package audit

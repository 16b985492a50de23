// Package servicetest runs nodes, and parts of nodes, in tests.
//
// # What it is
//
// [Start] runs the node of a builder and waits until it is ready; the test then talks
// to the node, and when it is over the node stops. Options cut a part out of the
// graph: [Only] names the layers whose tasks run, [Override] and [Supply] put values
// of the test in the place of resources, [Populate] takes resources out. What nothing
// needs any more is not built.
//
// # Usage
//
//	func TestLedgerKeepsBlocks(t *testing.T) {
//		synctest.Test(t, func(t *testing.T) {
//			var store ledger.Store
//			node := servicetest.Start(t, deployment.Laptop(),
//				servicetest.Only("ingest", "storage"),
//				servicetest.Override[Peers](fakePeers{}),
//				servicetest.Populate(&store),
//			)
//			// ... talk to the node ...
//			require.NoError(t, node.Stop())
//		})
//	}
//
// [Verify] checks a graph without building anything of it, and [Deployments] does so
// for all deployments of a binary, against a record of what each consists of.
// [Trace] and [Node.Trace] give what happens in a node as lines to compare.
//
// # Lifecycle
//
// A node that was started is stopped by [Node.Stop], or by the clean-up of the test.
// The test fails if the node fails before it is ready, if it has failed and nobody has
// asked for its error, if something did not stop in time, and if goroutines are left
// of the node afterwards.
//
// # Concurrency
//
// A builder is not changed, so several nodes may run from one builder, at once and in
// parallel tests. In a bubble of [testing/synctest] a node runs in virtual time: make
// what it works with in the bubble, and mind that real sockets do not work there.
//
// # Errors
//
// A failure says which task, of which layer, is in which state, what the gate waits
// for, and where what hangs is. Mistakes of the graph, such as an Override that nothing
// needs, are reported together, with hints, before anything runs.
//
// # Testing
//
// For a layer alone there is the package layertest, for a task alone tasktest.
package servicetest

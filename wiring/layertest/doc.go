// Package layertest checks that a layer works alone, with stand-ins for the rest of
// the node.
//
// # What it is
//
// [Run] makes a node of one layer, or of one bundle, and what the test supplies, and
// fails the test with a sentence for each promise that is broken:
//
//   - The layer has a name without spaces and capitals.
//   - Its graph verifies: what it needs of others is supplied, and nothing else is.
//   - It registers the same when it is wired again.
//   - It starts nothing when it is wired: built and dropped, it leaves no goroutine.
//   - All its constructors are built. What only other layers ask for has to be
//     populated, which shows what the layer is there for.
//   - It starts, becomes ready, and stops cleanly: right after the start, and once
//     more, in the same process, after a while.
//   - It leaves no goroutine behind then.
//
// That Wire does no I/O cannot be seen from outside in general. What opens files or
// connections while it registers most often starts goroutines, or registers
// differently the next time, and is found by that.
//
// # Usage
//
//	func TestStorage(t *testing.T) {
//		layertest.Run(t, storage.Layer,
//			servicetest.Supply(storage.Config{Path: t.TempDir()}),
//			servicetest.Populate(new(ledger.Store)),
//		)
//	}
//
// All options of servicetest can be used: a constructor that connects to the outside
// world is left out with an Override of what it provides.
//
// # Lifecycle
//
// The node runs twice with the same options; what they supply must bear that. The
// second run lasts 50 milliseconds, or in a bubble of [testing/synctest] a minute of
// virtual time. A layer with real sockets cannot run in a bubble.
//
// # Concurrency
//
// Runs may go on in parallel tests.
//
// # Errors
//
// Failures are those of servicetest, with the run that they belong to.
//
// # Testing
//
// For a single task there is the package tasktest.
package layertest

// Package etcdtest runs a real etcd for tests.
//
// # Usage
//
//	func TestElection(t *testing.T) {
//		server := etcdtest.Start(t)
//		client := server.Client(t)
//		...
//	}
//
// The program etcd is looked up in PATH. Where there is none the test is skipped, or
// fails if the environment variable WIREFRAMEWORK_REQUIRE_SERVERS is 1.
//
// # Lifecycle
//
// The server has one member, keeps its data in a temporary directory, listens on the
// loopback address, and ends with the test. [Server.Freeze] stops its process for a
// while, as a network does that hangs.
package etcdtest

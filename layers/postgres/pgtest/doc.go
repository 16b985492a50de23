// Package pgtest starts a real PostgreSQL server for tests, and cuts it off.
//
// # What it is
//
// [Start] starts a server of its own for a test; [Shared] starts one for all tests of a
// package, which is quicker. The server lives in a temporary directory, listens on
// loopback alone with a free port and a password of its own, and does not wait for the
// disk. [NewProxy] puts a TCP proxy in front of it, or of any other server, that can hang,
// cut and resume.
//
// # Usage
//
//	func TestStore(t *testing.T) {
//		url := pgtest.Shared(t).NewDatabase(t)
//		...
//	}
//
// A package that uses Shared stops the server in TestMain:
//
//	func TestMain(m *testing.M) {
//		code := m.Run()
//		pgtest.StopShared()
//		os.Exit(code)
//	}
//
// # Lifecycle
//
// The binaries are looked for in PATH and in /usr/lib/postgresql/*/bin, the newest first.
// Where there are none the test is skipped, unless the environment variable
// WIREFRAMEWORK_REQUIRE_SERVERS is 1: then it fails. PostgreSQL refuses to run as root;
// a test that does starts it as the user postgres or nobody. On Linux the server ends
// with the process of the test, however that ends.
//
// # Concurrency
//
// Everything may be used from parallel tests.
package pgtest

//go:build unix

package pgtest

import (
	"sync"
	"testing"
)

// shared is the server of all tests of a package.
var shared struct {
	mu     sync.Mutex // protects following fields
	server *Server
	err    error // of the first attempt, for all that come later
}

// Shared returns a server that all tests of the package share. It is started by the first
// call, and stopped by [StopShared].
func Shared(t testing.TB) *Server {
	t.Helper()
	dir := binaries(t)
	shared.mu.Lock()
	defer shared.mu.Unlock()
	if shared.server == nil && shared.err == nil {
		shared.server, shared.err = start(dir, nil)
	}
	if shared.err != nil {
		t.Fatalf("pgtest: %v", shared.err)
	}
	return shared.server
}

// StopShared stops the server of [Shared], if there is one. It belongs into TestMain,
// after the tests.
func StopShared() {
	shared.mu.Lock()
	defer shared.mu.Unlock()
	if shared.server != nil {
		shared.server.Stop()
		shared.server = nil
	}
}

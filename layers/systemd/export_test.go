package systemd

import (
	"sync"
	"testing"
)

// Forget makes the process, for a test, one that has not looked yet at what the service
// manager has given it.
func Forget(t *testing.T) {
	t.Helper()
	old := given
	given = sync.OnceValue(takeSettings)
	t.Cleanup(func() { given = old })
}

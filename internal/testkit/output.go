package testkit

import (
	"log/slog"
	"sync"
	"testing"
)

// Logger returns a logger that writes to the output of the test, as long as the test
// runs: what was given up may log later.
func Logger(t testing.TB) *slog.Logger {
	out := &output{t: t}
	t.Cleanup(out.close)
	return slog.New(slog.NewTextHandler(out, nil))
}

type output struct {
	mu     sync.Mutex // protects following fields
	t      testing.TB
	closed bool
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return len(p), nil
	}
	return o.t.Output().Write(p)
}

func (o *output) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
}

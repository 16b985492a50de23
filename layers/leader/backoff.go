package leader

import (
	"context"
	"math/rand/v2"
	"time"
)

const (
	firstWait   = 100 * time.Millisecond
	longestWait = 2 * time.Second // so that a takeover does not wait for it
	healthyTerm = time.Minute
)

// backoff says how long to wait after failures in a row. The zero value has seen none.
type backoff struct{ failures int }

// after takes a term that was lost after d into account.
func (b *backoff) after(d time.Duration) {
	if d >= healthyTerm {
		b.failures = 0
	}
}

// wait waits longer each time, or until ctx ends.
func (b *backoff) wait(ctx context.Context) error {
	limit := longestWait
	if b.failures < 10 {
		limit = min(limit, firstWait<<b.failures)
	}
	b.failures++
	timer := time.NewTimer(limit/2 + rand.N(limit/2))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

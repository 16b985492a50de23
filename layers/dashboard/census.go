package dashboard

import (
	"context"
	"time"

	"github.com/wireframework/wireframework/internal/goroutine"
)

// census counts the goroutines of each task. The runtime stops the program for a moment
// to tell them, so all readers share a count.
type census struct {
	busy  chan struct{} // holds one while somebody looks, who owns the following fields
	last  map[string]int
	until time.Time // when last is too old
}

func newCensus() *census { return &census{busy: make(chan struct{}, 1)} }

const (
	countFor  = 2 * time.Second // how long a count is good
	countCost = 20              // a count is good for so many times what it took, so that it takes 5 % at most
)

// counts returns the number of goroutines of each task; those of no task are under "".
// The map belongs to all. The only error is that of ctx.
func (c *census) counts(ctx context.Context) (map[string]int, error) {
	release, err := c.acquire(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	if begin := time.Now(); begin.After(c.until) {
		counts := make(map[string]int)
		for b := range goroutine.Blocks() {
			id, _ := b.Label("task")
			counts[id] += b.Goroutines()
		}
		took := time.Since(begin)
		c.last, c.until = counts, time.Now().Add(max(countFor, countCost*took))
	}
	return c.last, nil
}

// acquire lets one at a time look at the goroutines; others wait as long as ctx lives.
func (c *census) acquire(ctx context.Context) (release func(), err error) {
	select {
	case c.busy <- struct{}{}:
		return func() { <-c.busy }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

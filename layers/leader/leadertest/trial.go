package leadertest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/wireframework/wireframework/layers/leader"
)

// trial is one check of two candidates.
type trial struct {
	testing.TB
	config
	a, b leader.Elector
}

// bounded returns a context for what has to happen.
func (t *trial) bounded() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), t.patience)
}

// win returns a term of e, which has to be elected.
func (t *trial) win(e leader.Elector) leader.Term {
	t.Helper()
	return t.begin(e).win()
}

// resign ends a term, which has to succeed.
func (t *trial) resign(term leader.Term) {
	t.Helper()
	ctx, cancel := t.bounded()
	defer cancel()
	if err := term.Resign(ctx); err != nil {
		t.Fatalf("a resignation fails: %v", err)
	}
	t.mustBeOver(term, "after its resignation")
}

func (t *trial) mustLast(term leader.Term, when string) {
	t.Helper()
	if isOver(term) {
		t.Fatalf("the term is over %s", when)
	}
}

func (t *trial) mustBeOver(term leader.Term, when string) {
	t.Helper()
	if !isOver(term) {
		t.Fatalf("the channel of Lost is open %s", when)
	}
}

// mustGrow compares the token of a term with that of the one before.
func (t *trial) mustGrow(before, after int64) {
	t.Helper()
	if before <= 0 || after <= before {
		t.Fatalf("a term with token %d follows one with token %d (tokens are positive and grow)", after, before)
	}
}

func isOver(term leader.Term) bool {
	select {
	case <-term.Lost():
		return true
	default:
		return false
	}
}

// campaign is a campaign that goes on, on a goroutine of its own.
type campaign struct {
	*trial
	cancel context.CancelFunc
	done   chan struct{} // closed when it has ended
	term   leader.Term   // set before done is closed
	err    error         // set before done is closed
}

// begin starts a campaign. If it still goes on at the end of the test it is given up,
// and the term that it may have won is resigned.
func (t *trial) begin(e leader.Elector) *campaign {
	ctx, cancel := context.WithCancel(context.Background())
	c := &campaign{trial: t, cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(c.done)
		c.term, c.err = e.Campaign(ctx)
	}()
	t.Cleanup(c.abandon)
	return c
}

func (c *campaign) abandon() {
	c.cancel()
	if !c.endsWithin(c.patience) {
		c.Errorf("%v after its context was cancelled a campaign still goes on", c.patience)
		return
	}
	if c.term != nil {
		ctx, cancel := c.bounded()
		defer cancel()
		_ = c.term.Resign(ctx) // the check is over, and most often the term too
	}
}

// endsWithin reports whether the campaign has ended after d.
func (c *campaign) endsWithin(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-c.done:
		return true
	case <-timer.C:
		return false
	}
}

// win returns the term of the campaign, which has to be elected.
func (c *campaign) win() leader.Term {
	c.Helper()
	switch {
	case !c.endsWithin(c.patience):
		c.Fatalf("nobody leads, and %v after that a campaign still goes on", c.patience)
	case c.err != nil:
		c.Fatalf("a campaign fails: %v", c.err)
	case c.term == nil:
		c.Fatal("a campaign returns neither a term nor an error")
	}
	c.mustLast(c.term, "when it begins")
	return c.term
}

// shortHold is how long most checks wait for what should not happen.
const shortHold = 500 * time.Millisecond

// mustWait requires that the campaign goes on, for a short time.
func (c *campaign) mustWait(when string) {
	c.Helper()
	c.mustWaitFor(min(c.hold, shortHold), when)
}

func (c *campaign) mustWaitFor(d time.Duration, when string) {
	c.Helper()
	if c.endsWithin(d) {
		c.Fatalf("a second campaign ends %s (%s, error %v)", when, describe(c.term), c.err)
	}
}

func describe(term leader.Term) string {
	if term == nil {
		return "no term"
	}
	return fmt.Sprintf("term %d", term.Token())
}

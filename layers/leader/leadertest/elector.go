package leadertest

import (
	"context"
	"sync"

	"github.com/wireframework/wireframework/layers/leader"
)

// Elector is a [leader.Elector] that elects when the test says so. Make one with
// [NewElector]. All methods are safe for concurrent use, and none but Campaign blocks.
type Elector struct {
	mu       sync.Mutex // protects following fields
	granted  bool
	fail     error // of campaigns
	failOnce error // of the next resignation
	current  *term // nil if nobody leads
	token    int64 // of the latest term
	waiting  int
	resigned int
	changed  chan struct{} // closed when something changes that campaigns wait for
}

// NewElector returns an elector that elects nobody until [Elector.Grant].
func NewElector() *Elector { return &Elector{changed: make(chan struct{})} }

// Grant lets a campaign win: one that waits, or else the next. When that term is over,
// another may win, until [Elector.Revoke].
func (e *Elector) Grant() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.granted, e.fail = true, nil
	e.changeLocked()
}

// Revoke takes the leadership away, as a lease does that expires. Nobody leads then
// until the next Grant.
func (e *Elector) Revoke() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.granted = false
	e.endLocked(e.current)
}

// Fail makes every campaign fail with err, also those that wait, until the next Grant.
func (e *Elector) Fail(err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.granted, e.fail = false, err
	e.changeLocked()
}

// FailResign makes the next resignation fail with err. The term is over all the same.
func (e *Elector) FailResign(err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.failOnce = err
}

// Leading returns the token of the term that lasts, if there is one.
func (e *Elector) Leading() (token int64, ok bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.current == nil {
		return 0, false
	}
	return e.current.token, true
}

// Waiting returns the number of campaigns that wait.
func (e *Elector) Waiting() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.waiting
}

// Resigned returns the number of terms that were resigned, the lost ones included.
func (e *Elector) Resigned() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.resigned
}

// Campaign implements [leader.Elector].
func (e *Elector) Campaign(ctx context.Context) (leader.Term, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.waiting++
	defer func() { e.waiting-- }()
	for {
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case e.fail != nil:
			return nil, e.fail
		case e.granted && e.current == nil:
			e.token++
			e.current = &term{elector: e, token: e.token, over: make(chan struct{})}
			return e.current, nil
		}
		e.waitLocked(ctx)
	}
}

// waitLocked waits for a change without the lock.
func (e *Elector) waitLocked(ctx context.Context) {
	changed := e.changed
	e.mu.Unlock()
	defer e.mu.Lock()
	select {
	case <-ctx.Done():
	case <-changed:
	}
}

func (e *Elector) changeLocked() {
	close(e.changed)
	e.changed = make(chan struct{})
}

// endLocked ends a term unless it is over.
func (e *Elector) endLocked(t *term) {
	if t == nil || t != e.current {
		return
	}
	close(t.over)
	e.current = nil
	e.changeLocked()
}

type term struct {
	elector  *Elector
	token    int64
	over     chan struct{} // closed by endLocked
	resigned bool          // protected by the mutex of the elector
}

func (t *term) Token() int64          { return t.token }
func (t *term) Lost() <-chan struct{} { return t.over }

func (t *term) Resign(context.Context) error {
	e := t.elector
	e.mu.Lock()
	defer e.mu.Unlock()
	if t.resigned {
		return nil
	}
	t.resigned = true
	e.resigned++
	e.endLocked(t)
	err := e.failOnce
	e.failOnce = nil
	return err
}

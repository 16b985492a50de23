package lease

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// term is a term of this process.
//
//	held ──(renewed in time)──▶ held
//	  └──(deadline, row taken, Resign)──▶ over
//
// Two things watch over it: a goroutine renews, and a timer ends the term at its
// deadline, even if the goroutine is kept by the network. The goroutine and the session
// belong to Resign once it has joined it.
type term struct {
	session *session
	token   int64
	over    chan struct{} // closed by end
	cancel  context.CancelFunc
	renewer sync.WaitGroup

	resigning sync.Mutex // held by Resign, protects following field
	resigned  bool

	mu       sync.Mutex // protects following fields
	ended    bool
	deadline time.Time // by the monotonic clock
	timer    *time.Timer
}

func newTerm(s *session, token int64, began time.Time) *term {
	ctx, cancel := context.WithCancel(context.Background())
	t := &term{session: s, token: token, over: make(chan struct{}), cancel: cancel, deadline: began.Add(s.options.Lease)}
	t.timer = time.AfterFunc(time.Until(t.deadline), t.expire)
	t.renewer.Go(func() { t.keep(ctx, began) })
	return t
}

// Token implements [leader.Term].
func (t *term) Token() int64 { return t.token }

// Lost implements [leader.Term].
func (t *term) Lost() <-chan struct{} { return t.over }

// end closes over. It is the only way out of the state held.
func (t *term) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.endLocked()
}

func (t *term) endLocked() {
	if t.ended {
		return
	}
	t.ended = true
	t.timer.Stop()
	t.cancel()
	close(t.over)
}

// expire is called by the timer.
func (t *term) expire() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if time.Now().Before(t.deadline) {
		return // renewed at the last moment, and the timer is set again
	}
	t.endLocked()
}

// extend puts off the deadline, unless it has passed: the process may have slept.
func (t *term) extend(began time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ended {
		return
	}
	if !time.Now().Before(t.deadline) {
		t.endLocked()
		return
	}
	t.deadline = began.Add(t.session.options.Lease)
	t.timer.Reset(time.Until(t.deadline))
}

func (t *term) isOver() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.ended
}

// keep renews the lease until the term is over. After a failure it does not wait for
// the next turn.
func (t *term) keep(ctx context.Context, began time.Time) {
	patience := t.session.options.patience()
	next := began.Add(patience)
	for t.sleep(ctx, next) {
		began := time.Now()
		ok, err := t.session.renew(ctx, t.token)
		switch {
		case err != nil:
			next = time.Now().Add(patience / 4)
		case !ok:
			t.end()
		default:
			t.extend(began)
			next = began.Add(patience)
		}
	}
}

// sleep waits until the moment has come. It reports false if the term ends before.
func (t *term) sleep(ctx context.Context, until time.Time) bool {
	timer := time.NewTimer(time.Until(until))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return !t.isOver()
	}
}

// Resign implements [leader.Term]. If the term is over there is nothing to give back: the
// row has expired, or belongs to somebody else.
func (t *term) Resign(ctx context.Context) error {
	t.resigning.Lock()
	defer t.resigning.Unlock()
	if t.resigned {
		return nil
	}
	t.resigned = true
	wasOver := t.isOver()
	t.end()
	t.renewer.Wait() // the end has interrupted it
	defer t.session.close()
	if wasOver {
		return nil
	}
	return t.release(ctx)
}

// release lets the row expire. It tries again as long as that makes a difference.
func (t *term) release(ctx context.Context) error {
	expired, cancel := context.WithDeadline(ctx, t.deadline)
	defer cancel()
	for {
		err := t.session.resign(expired, t.token)
		if err == nil {
			return nil
		}
		select {
		case <-expired.Done():
			return fmt.Errorf("election %q, token %d: %w", t.session.options.Election, t.token, err)
		case <-time.After(t.session.options.patience() / 4):
		}
	}
}

package local

import (
	"context"
	"fmt"
	"sync"

	"github.com/wireframework/wireframework/layers/leader"
	"github.com/wireframework/wireframework/wiring"
)

// LastToken returns the greatest token that the data has seen, zero if none. A layer
// that keeps the token with its data provides one, so that the terms of this process go
// on from there; without it they begin with 1.
type LastToken func(ctx context.Context) (int64, error)

// New returns a layer "local-leader" that provides a [leader.Elector].
func New() wiring.Layer { return layer{} }

type layer struct{}

func (layer) Name() string { return "local-leader" }

// Wire implements [wiring.Layer].
func (layer) Wire(r *wiring.Registry) error {
	r.Provide(noToken, wiring.Default())
	r.Provide(NewElector, wiring.As[leader.Elector]())
	return nil
}

func noToken() LastToken {
	return func(context.Context) (int64, error) { return 0, nil }
}

// Elector is a [leader.Elector] with one candidate. Make one with [NewElector].
type Elector struct {
	last LastToken
	seat chan struct{} // holds a value while a term lasts

	mu    sync.Mutex // protects following field
	token int64      // of the latest term
}

// NewElector returns an elector whose tokens are greater than all that last returns. It
// is asked at each campaign; nil stands for a function that returns zero.
func NewElector(last LastToken) *Elector {
	if last == nil {
		last = noToken()
	}
	return &Elector{last: last, seat: make(chan struct{}, 1)}
}

// Campaign implements [leader.Elector]: it returns at once unless a term lasts that
// this elector has given before.
func (e *Elector) Campaign(ctx context.Context) (leader.Term, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case e.seat <- struct{}{}:
	}
	last, err := e.last(ctx)
	if err != nil {
		<-e.seat
		return nil, fmt.Errorf("last token: %w", err)
	}
	return &term{elector: e, token: e.next(last), over: make(chan struct{})}, nil
}

func (e *Elector) next(last int64) int64 {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.token = max(e.token, last, 0) + 1
	return e.token
}

type term struct {
	elector *Elector
	token   int64
	once    sync.Once
	over    chan struct{} // closed by Resign
}

func (t *term) Token() int64          { return t.token }
func (t *term) Lost() <-chan struct{} { return t.over }

func (t *term) Resign(context.Context) error {
	t.once.Do(func() {
		close(t.over)
		<-t.elector.seat
	})
	return nil
}

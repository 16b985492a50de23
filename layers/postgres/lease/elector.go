package lease

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/wireframework/wireframework/layers/leader"
)

// Elector is a [leader.Elector] on a table. Make one with [NewElector].
type Elector struct {
	pool    *pgxpool.Pool
	options Options
}

// NewElector returns an elector for a program without the layer. An error says what is
// wrong with the options.
func NewElector(pool *pgxpool.Pool, o Options) (*Elector, error) {
	o = o.withDefaults()
	if err := o.check(); err != nil {
		return nil, err
	}
	return newElector(pool, o), nil
}

func newElector(pool *pgxpool.Pool, o Options) *Elector { return &Elector{pool: pool, options: o} }

// Campaign implements [leader.Elector]. It looks at the row, takes it when the term of
// the other one has expired, and otherwise looks again after the Retry.
func (e *Elector) Campaign(ctx context.Context) (leader.Term, error) {
	s := newSession(e.pool, e.options)
	for {
		t, err := e.attempt(ctx, s)
		if t != nil {
			return t, nil
		}
		if err == nil {
			err = e.pause(ctx)
		}
		if ended := ctx.Err(); ended != nil {
			err = ended
		}
		if err != nil {
			s.close()
			return nil, fmt.Errorf("election %q: %w", e.options.Election, err)
		}
	}
}

// attempt returns a term, or nil if another candidate leads.
func (e *Elector) attempt(ctx context.Context, s *session) (*term, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	latest, expired, err := s.look(ctx)
	if err != nil || !expired {
		return nil, err
	}
	// The end of the campaign must not interrupt this: nobody would know who leads.
	began := time.Now()
	token, err := s.take(context.WithoutCancel(ctx), latest)
	if err != nil || token == 0 {
		return nil, err
	}
	t := newTerm(s, token, began)
	if ctx.Err() != nil {
		return nil, t.Resign(context.WithoutCancel(ctx))
	}
	return t, nil
}

// pause waits for the Retry, a little more or less so that candidates do not come all
// at once.
func (e *Elector) pause(ctx context.Context) error {
	retry := e.options.Retry
	timer := time.NewTimer(retry - retry/4 + rand.N(retry/2+1))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

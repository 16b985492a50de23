package leadertest_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/wireframework/wireframework/internal/testkit"
	"github.com/wireframework/wireframework/layers/leader"
	"github.com/wireframework/wireframework/layers/leader/leadertest"
)

// broken is an elector and its terms, with one promise broken.
type broken struct {
	*leadertest.Elector
	campaign func(*leadertest.Elector, context.Context) (leader.Term, error)
	term     func(leader.Term) leader.Term
}

func (b *broken) Campaign(ctx context.Context) (leader.Term, error) {
	campaign := b.campaign
	if campaign == nil {
		campaign = func(e *leadertest.Elector, ctx context.Context) (leader.Term, error) { return e.Campaign(ctx) }
	}
	term, err := campaign(b.Elector, ctx)
	if term != nil && b.term != nil {
		term = b.term(term)
	}
	return term, err
}

// brokenTerm is a term with some methods replaced.
type brokenTerm struct {
	leader.Term
	token  func() int64
	lost   <-chan struct{}
	resign func(context.Context) error
}

func (t *brokenTerm) Token() int64 {
	if t.token != nil {
		return t.token()
	}
	return t.Term.Token()
}

func (t *brokenTerm) Lost() <-chan struct{} {
	if t.lost != nil {
		return t.lost
	}
	return t.Term.Lost()
}

func (t *brokenTerm) Resign(ctx context.Context) error {
	if t.resign != nil {
		return t.resign(ctx)
	}
	return t.Term.Resign(ctx)
}

func TestABrokenElectorFails(t *testing.T) {
	tests := []struct {
		name     string
		campaign func(*leadertest.Elector, context.Context) (leader.Term, error)
		term     func(leader.Term) leader.Term
		want     string
	}{
		{
			name: "nobody is elected",
			campaign: func(_ *leadertest.Elector, ctx context.Context) (leader.Term, error) {
				<-ctx.Done()
				return nil, ctx.Err()
			},
			want: "nobody leads, and 30s after that a campaign still goes on",
		},
		{
			name:     "a campaign fails",
			campaign: func(*leadertest.Elector, context.Context) (leader.Term, error) { return nil, errBoom },
			want:     "a campaign fails: no quorum",
		},
		{
			name:     "nothing is returned",
			campaign: func(*leadertest.Elector, context.Context) (leader.Term, error) { return nil, nil },
			want:     "a campaign returns neither a term nor an error",
		},
		{
			name: "everybody is elected",
			campaign: func(_ *leadertest.Elector, ctx context.Context) (leader.Term, error) {
				e := leadertest.NewElector()
				e.Grant()
				return e.Campaign(ctx)
			},
			want: "a second campaign ends while another candidate leads (term 1, error <nil>)",
		},
		{
			name: "a campaign ignores its context",
			campaign: func(e *leadertest.Elector, ctx context.Context) (leader.Term, error) {
				ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Hour)
				defer cancel()
				return e.Campaign(ctx)
			},
			want: "a campaign with a context that has ended returns context deadline exceeded (which does not wrap context.Canceled)",
		},
		{
			name: "a campaign hides the error of its context",
			campaign: func(e *leadertest.Elector, ctx context.Context) (leader.Term, error) {
				early := ctx.Err()
				term, err := e.Campaign(ctx)
				if err != nil && early == nil {
					err = errBoom
				}
				return term, err
			},
			want: "a campaign whose context was cancelled returns no term and error no quorum (which has to wrap context.Canceled)",
		},
		{
			name: "a term ends with the context of its campaign",
			campaign: func(e *leadertest.Elector, ctx context.Context) (leader.Term, error) {
				term, err := e.Campaign(ctx)
				if err == nil {
					context.AfterFunc(ctx, func() { term.Resign(context.Background()) })
				}
				return term, err
			},
			want: "a second campaign ends while another candidate leads whose campaign had a context that has ended (term 2, error <nil>)",
		},
		{
			name: "tokens do not begin above zero",
			term: func(t leader.Term) leader.Term {
				return &brokenTerm{Term: t, token: func() int64 { return t.Token() - 1 }}
			},
			want: "the token of the first term is 0 (tokens are positive)",
		},
		{
			name: "tokens do not grow",
			term: func(t leader.Term) leader.Term {
				return &brokenTerm{Term: t, token: func() int64 { return 7 }}
			},
			want: "a term with token 7 follows one with token 7 (tokens are positive and grow)",
		},
		{
			name: "a token changes",
			term: func(t leader.Term) leader.Term {
				token := t.Token() * 1000
				return &brokenTerm{Term: t, token: func() int64 { token++; return token }}
			},
			want: "the token of a term changes",
		},
		{
			name: "a resignation does nothing",
			term: func(t leader.Term) leader.Term {
				return &brokenTerm{Term: t, resign: func(context.Context) error { return nil }}
			},
			want: "the channel of Lost is open after its resignation",
		},
		{
			name: "a resignation fails",
			term: func(t leader.Term) leader.Term {
				return &brokenTerm{Term: t, resign: func(ctx context.Context) error {
					return errors.Join(t.Resign(ctx), errBoom)
				}}
			},
			want: "a resignation fails: no quorum",
		},
		{
			name: "a loss is not noticed",
			term: func(t leader.Term) leader.Term {
				lost := make(chan struct{})
				resigned := false
				return &brokenTerm{Term: t, lost: lost, resign: func(ctx context.Context) error {
					if !resigned {
						close(lost)
					}
					resigned = true
					return t.Resign(ctx)
				}}
			},
			want: "30s after the leadership was taken away, the channel of Lost is open",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var e *leadertest.Elector
				r := testkit.Record(t, func(t testing.TB) {
					leadertest.Run(t, func(testing.TB) (a, b leader.Elector) {
						e = leadertest.NewElector()
						e.Grant()
						both := &broken{Elector: e, campaign: tt.campaign, term: tt.term}
						return both, both
					}, leadertest.Depose(func(testing.TB) {
						e.Revoke()
						e.Grant()
					}))
				})

				if assert.NotEmpty(t, r.Failures) {
					assert.Equal(t, tt.want, r.Failures[0])
				}
			})
		})
	}
}

// A late resignation may end the term of somebody else.
func TestAResignationThatEndsTheTermOfAnotherFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := testkit.Record(t, func(t testing.TB) {
			leadertest.Run(t, func(testing.TB) (a, b leader.Elector) {
				e := leadertest.NewElector()
				e.Grant()
				both := &broken{Elector: e, term: func(t leader.Term) leader.Term {
					return &brokenTerm{Term: t, resign: func(ctx context.Context) error {
						e.Revoke()
						e.Grant()
						return t.Resign(ctx)
					}}
				}}
				return both, both
			})
		})

		if assert.NotEmpty(t, r.Failures) {
			assert.Equal(t, "a second campaign ends while another candidate leads, after a second resignation of the term before (term 3, error <nil>)", r.Failures[0])
		}
	})
}

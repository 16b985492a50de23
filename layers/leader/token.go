package leader

import "context"

type tokenKey struct{}

// Token returns the fencing token of the term in which the task with this context
// runs: what it writes must carry the token, and be refused by its data if a greater
// one has been seen. It reports false outside of [Only].
func Token(ctx context.Context) (token int64, ok bool) {
	token, ok = ctx.Value(tokenKey{}).(int64)
	return token, ok
}

// NewContext returns a copy of ctx that carries a token, for running a task outside
// of [Only], in tests most of all.
func NewContext(ctx context.Context, token int64) context.Context {
	return context.WithValue(ctx, tokenKey{}, token)
}

package leadertest

import (
	"testing"
	"testing/synctest"

	"github.com/wireframework/wireframework/layers/leader"
)

// Run checks electors; the package comment lists the promises. The function newPair
// returns two candidates of one election, as two nodes have them, and makes a new
// election each time. It is called once for each check and may use t.Cleanup.
//
// Each check is a subtest. For a [testing.TB] that is no *testing.T they run one after
// the other, and in its bubble if it has one.
func Run(t testing.TB, newPair func(t testing.TB) (a, b leader.Elector), opts ...Option) {
	t.Helper()
	c := newConfig(opts)
	for _, check := range checks {
		if check.depose && c.depose == nil {
			continue
		}
		run := func(t testing.TB) {
			a, b := newPair(t)
			check.run(&trial{TB: t, config: c, a: a, b: b})
		}
		tt, ok := t.(*testing.T)
		switch {
		case !ok:
			run(t)
		case c.virtual:
			tt.Run(check.name, func(t *testing.T) { synctest.Test(t, func(t *testing.T) { run(t) }) })
		default:
			tt.Run(check.name, func(t *testing.T) { run(t) })
		}
	}
}

type check struct {
	name   string
	depose bool // it takes leadership away
	run    func(*trial)
}

var checks = []check{
	{name: "the only candidate is elected", run: onlyCandidate},
	{name: "one leads at a time", run: oneAtATime},
	{name: "a resignation hands over", run: handsOver},
	{name: "tokens grow", run: tokensGrow},
	{name: "a campaign ends with its context", run: endsWithContext},
	{name: "a campaign that has ended is not elected", run: endedIsNotElected},
	{name: "a term outlives the context of its campaign", run: outlivesContext},
	{name: "a second resignation does nothing", run: resignsOnce},
	{name: "many campaigns take turns", run: takeTurns},
	{name: "a loss is noticed", depose: true, run: noticesLoss},
	{name: "the loser resigns without harm to the next", depose: true, run: loserResigns},
}

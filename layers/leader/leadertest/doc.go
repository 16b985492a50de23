// Package leadertest has an elector for tests of tasks under election, and checks for
// electors.
//
// # What it is
//
// [Elector] elects when the test says so: [Elector.Grant] lets a campaign win,
// [Elector.Revoke] takes the leadership away.
//
// [Run] checks that two candidates of an election keep the promises of
// [leader.Elector] and [leader.Term]:
//
//   - One leads at a time, and goes on leading while others wait; a term outlives the
//     context of its campaign.
//   - Tokens are positive and grow, whoever leads.
//   - A resignation hands over, and a second one does nothing, also while another one
//     leads.
//   - A campaign ends with its context, and leaves nothing behind that keeps others from
//     being elected.
//   - With [Depose]: a loss is noticed, the loser can campaign again, and its
//     resignation does no harm to the next.
//
// # Usage
//
//	func TestElector(t *testing.T) {
//		leadertest.Run(t, func(t testing.TB) (a, b leader.Elector) {
//			db := openDatabase(t)
//			return newElector(db, "node-a"), newElector(db, "node-b")
//		}, leadertest.Hold(3*lease))
//	}
//
// # Lifecycle
//
// The checks run one after the other, on the real clock unless [Virtual] is given.
package leadertest

// Package local is the election of a single process: its only candidate always leads.
// It is what an embedded deployment has in the place of a cluster's election.
//
// # Usage
//
//	service.NewBuilder().AddLayer(local.New(), storage.Layer, sealing.Layer)
//
// The layer provides a [leader.Elector]. A second campaign waits until the term of the
// first is resigned, as it would in a cluster: one elector is for one task.
//
// # Lifecycle
//
// A term ends when it is resigned, and is never lost. Its token is greater than those
// of all terms before it in this process. A process that is started again knows nothing
// of the one before, though, and its first token would be 1 again, which data refuses
// that has seen more. So a layer that keeps the token with its data provides a
// [LastToken], and tokens go on from there:
//
//	r.Provide(func(db *sql.DB) local.LastToken {
//		return func(ctx context.Context) (token int64, err error) {
//			err = db.QueryRowContext(ctx, "SELECT token FROM fence").Scan(&token)
//			return token, err
//		}
//	})
//
// That nobody else has the data open is for the data to see to: this election knows of
// no other process.
//
// # Errors
//
// An error of LastToken is one of the campaign, which leader.Only repeats.
package local

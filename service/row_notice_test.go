package service_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

// A constructor that has the context of Run from elsewhere may notice its end before
// the service does.
func TestRow26ConstructorIsFirstToNoticeTheEndOfTheContext(t *testing.T) {
	many(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		began := make(chan struct{})
		n := runWith(ctx, build(t, nil, layer("test", func(r *wiring.Registry) {
			r.ProvideTask(func() (task.Task, error) {
				close(began)
				<-ctx.Done()
				return nil, ctx.Err()
			})
		})))
		<-began
		cancel()
		require.NoError(t, n.wait())
	})
}

package proof

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

// A constructor that is interrupted may return the error of its context. If it panics
// with it, that is a panic: row 34 says that it is reported.
func TestConstructorThatPanicsWithItsContextError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, []wiring.Layer{wiring.NewLayer("node", func(r *wiring.Registry) error {
			r.ProvideTask(func(ctx context.Context) task.Task {
				<-ctx.Done()
				panic(ctx.Err())
			})
			return nil
		})}).stopAt(time.Second, nil)
		s.run(t)
		var p *service.PanicError
		require.ErrorAs(t, s.err, &p)
	})
}

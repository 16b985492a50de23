package leader_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/layers/leader"
	"github.com/wireframework/wireframework/layers/leader/leadertest"
	"github.com/wireframework/wireframework/task"
)

// stuck is a term whose resignation ends with its context alone.
type stuck struct{ leader.Term }

func (s stuck) Resign(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

func TestAResignationThatHangsIsGivenUp(t *testing.T) {
	tests := []struct {
		name  string
		drain time.Duration
		want  time.Duration
	}{
		{name: "after five seconds", drain: 20 * time.Second, want: 5 * time.Second},
		{name: "at the deadline of the task", drain: time.Second, want: time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				granted := leadertest.NewElector()
				granted.Grant()
				n := start(t, electorFunc(func(ctx context.Context) (leader.Term, error) {
					term, err := granted.Campaign(ctx)
					return stuck{term}, err
				}), task.Regular, untilStop)
				n.rt.drain = tt.drain

				began := time.Now()
				n.stop()
				<-n.done

				assert.Equal(t, tt.want, time.Since(began))
				assert.NoError(t, n.err)
			})
		})
	}
}

func TestAResignationThatFailsIsLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := start(t, leadertest.NewElector(), task.Regular, untilStop)
		n.Grant()
		synctest.Wait()
		n.FailResign(errBoom)

		n.stop()

		require.True(t, n.ended())
		assert.NoError(t, n.err)
		assert.Contains(t, n.rt.log.lines(),
			`level=WARN msg="resignation failed, the term ends when it expires" token=1 error="disk full"`)
	})
}

package leader_test

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/layers/leader"
	"github.com/wireframework/wireframework/layers/leader/leadertest"
	"github.com/wireframework/wireframework/task"
)

func TestWhatATaskReturnsWhileItLeadsPassesThrough(t *testing.T) {
	for _, kind := range []task.Kind{task.Regular, task.Oneshot, task.Precondition} {
		for _, result := range []error{nil, errBoom, context.Canceled, context.DeadlineExceeded} {
			t.Run(fmt.Sprint(kind, " ", result), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					n := start(t, leadertest.NewElector(), kind, func(context.Context) error { return result })
					n.Grant()

					require.True(t, n.ended())
					assert.Equal(t, result, n.err)
					_, leading := n.Leading()
					assert.False(t, leading)
					assert.Equal(t, 1, n.Resigned())
				})
			})
		}
	}
}

func TestAPanicAndAGoexitPassThroughAfterTheResignation(t *testing.T) {
	tests := []struct {
		name string
		fall func()
		want any // what is recovered
	}{
		{name: "panic", fall: func() { panic("boom") }, want: "boom"},
		{name: "Goexit", fall: runtime.Goexit},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := leadertest.NewElector()
				e.Grant()
				only := leader.Only(e, task.New("sealer", task.Regular, func(context.Context) error {
					tt.fall()
					return nil
				}))
				var recovered any
				returned := false
				done := make(chan struct{})
				go func() {
					defer close(done)
					defer func() { recovered = recover() }()
					_ = only.Run(context.Background())
					returned = true
				}()
				<-done

				assert.False(t, returned)
				assert.Equal(t, tt.want, recovered)
				assert.Equal(t, 1, e.Resigned())
			})
		})
	}
}

func TestATaskThatFindsItsTokenRefusedCampaignsAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := start(t, leadertest.NewElector(), task.Regular, func(ctx context.Context) error {
			if token, _ := leader.Token(ctx); token < 3 {
				return fmt.Errorf("write of block 7: %w", leader.ErrLost)
			}
			return untilStop(ctx)
		})
		n.Grant()

		time.Sleep(time.Second)
		token, _ := n.Leading()
		assert.Equal(t, int64(3), token)
		assert.Equal(t, 2, n.Resigned())
		assert.Contains(t, n.rt.log.lines(),
			`level=WARN msg="leadership lost" token=1 error="write of block 7: leadership lost"`)
	})
}

func TestAnErrorAfterALossIsLoggedAndNoFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := start(t, leadertest.NewElector(), task.Regular, func(ctx context.Context) error {
			<-ctx.Done()
			return errBoom
		})
		n.Grant()
		synctest.Wait()
		n.Revoke()
		n.Grant()

		time.Sleep(time.Second)
		token, _ := n.Leading()
		assert.Equal(t, int64(2), token)
		assert.Equal(t, []string{
			"level=INFO msg=leading token=1",
			`level=WARN msg="leadership lost" token=1 error="disk full"`,
			"level=INFO msg=leading token=2",
		}, n.rt.log.lines())

		n.stop()
		require.True(t, n.ended())
		assert.Equal(t, errBoom, n.err, "after the stop it is one")
	})
}

func TestAnErrorAtTheMomentOfALossIsNoFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := leadertest.NewElector()
		n := start(t, e, task.Regular, func(ctx context.Context) error {
			if token, _ := leader.Token(ctx); token > 1 {
				return untilStop(ctx)
			}
			e.Revoke()
			e.Grant()
			return errBoom // before it is told
		})
		n.Grant()

		time.Sleep(time.Second)
		token, _ := n.Leading()
		assert.Equal(t, int64(2), token)
	})
}

func TestAOneshotThatHasLostRunsAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		runs := 0
		n := start(t, leadertest.NewElector(), task.Oneshot, func(ctx context.Context) error {
			if runs++; runs == 1 {
				return untilStop(ctx)
			}
			return nil
		})
		n.Grant()
		synctest.Wait()
		n.Revoke()
		require.False(t, n.ended())
		n.Grant()

		<-n.done
		assert.NoError(t, n.err)
		assert.Equal(t, 2, runs)
	})
}

func TestALossDuringTheStopIsClean(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := start(t, leadertest.NewElector(), task.Regular, func(ctx context.Context) error {
			<-ctx.Done()
			time.Sleep(time.Second) // writes what it has
			return fmt.Errorf("write of block 7: %w", leader.ErrLost)
		})
		n.Grant()
		synctest.Wait()
		n.stop()
		synctest.Wait()
		n.Revoke()

		<-n.done
		assert.Equal(t, context.Canceled, n.err)
	})
}

package leader_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/layers/leader"
	"github.com/wireframework/wireframework/layers/leader/leadertest"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/task/tasktest"
)

func untilStop(ctx context.Context) error {
	<-ctx.Done()
	return nil
}

func TestOnlyKeepsNameAndKind(t *testing.T) {
	for kind := task.Regular; kind <= task.Daemon; kind++ {
		only := leader.Only(leadertest.NewElector(), task.New("sealer", kind, untilStop))

		assert.Equal(t, task.ID("sealer"), only.ID())
		assert.Equal(t, kind, only.Kind())
	}
}

func TestOnlyPanicsWithoutElectorOrTask(t *testing.T) {
	assert.PanicsWithValue(t, "leader: Only needs an elector, got nil", func() {
		leader.Only(nil, task.New("sealer", task.Regular, untilStop))
	})
	assert.PanicsWithValue(t, "leader: Only needs a task, got nil", func() {
		leader.Only(leadertest.NewElector(), nil)
	})
}

func TestATaskRunsOnlyWhileItsNodeLeads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n *node
		n = start(t, leadertest.NewElector(), task.Regular, func(ctx context.Context) error {
			token, ok := leader.Token(ctx)
			n.add(fmt.Sprintf("runs with token %d, %v", token, ok))
			<-ctx.Done()
			n.add(fmt.Sprintf("ends: %v", context.Cause(ctx)))
			return ctx.Err()
		})

		time.Sleep(time.Hour)
		require.Empty(t, n.take(), "nobody leads")
		n.Grant()
		assert.Equal(t, []string{"runs with token 1, true"}, n.take())

		n.Revoke()
		assert.Equal(t, []string{"ends: leadership lost"}, n.take())
		time.Sleep(time.Hour)
		require.Empty(t, n.take(), "nobody leads")
		assert.Equal(t, 1, n.Resigned())

		n.Grant()
		assert.Equal(t, []string{"runs with token 2, true"}, n.take())
		n.stop()
		assert.Equal(t, []string{"ends: context canceled"}, n.take())
		require.True(t, n.ended())
		assert.ErrorIs(t, n.err, context.Canceled)
		_, leading := n.Leading()
		assert.False(t, leading)
		assert.Equal(t, 2, n.Resigned())
		assert.Equal(t, []string{
			"level=INFO msg=leading token=1",
			`level=WARN msg="leadership lost" token=1`,
			"level=INFO msg=leading token=2",
		}, n.rt.log.lines())
	})
}

func TestATaskThatIgnoresALossIsNotRunTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		work := make(chan struct{})
		var running atomic.Int32
		n := start(t, leadertest.NewElector(), task.Regular, func(ctx context.Context) error {
			running.Add(1)
			defer running.Add(-1)
			select {
			case <-work:
				return nil
			case <-context.WithoutCancel(ctx).Done(): // never
				return nil
			}
		})
		n.Grant()
		synctest.Wait()
		n.Revoke()
		n.Grant()

		time.Sleep(35 * time.Second)
		assert.Equal(t, int32(1), running.Load())
		_, leading := n.Leading()
		assert.False(t, leading, "it does not even ask for the next term")
		assert.Equal(t, 0, n.Waiting())

		work <- struct{}{}
		time.Sleep(time.Second)
		assert.Equal(t, int32(1), running.Load())
		token, _ := n.Leading()
		assert.Equal(t, int64(2), token)
		assert.Equal(t, []string{
			"level=INFO msg=leading token=1",
			`level=WARN msg="leadership lost, but the task runs on" token=1`,
			`level=WARN msg="leadership lost, but the task runs on" token=1`,
			`level=WARN msg="leadership lost, but the task runs on" token=1`,
			`level=WARN msg="leadership lost" token=1`,
			"level=INFO msg=leading token=2",
		}, n.rt.log.lines())
		n.stop()
		work <- struct{}{}
	})
}

func TestTokenIsThatOfTheContext(t *testing.T) {
	_, ok := leader.Token(t.Context())
	assert.False(t, ok)

	token, ok := leader.Token(leader.NewContext(leader.NewContext(t.Context(), 6), 7))
	assert.True(t, ok)
	assert.Equal(t, int64(7), token)
}

func TestOnlyKeepsThePromisesOfATask(t *testing.T) {
	t.Run("while it leads", func(t *testing.T) {
		tasktest.Run(t, func() task.Task {
			e := leadertest.NewElector()
			e.Grant()
			return leader.Only(e, task.New("sealer", task.Regular, untilStop))
		})
	})
	t.Run("while another leads", func(t *testing.T) {
		tasktest.Run(t, func() task.Task {
			return leader.Only(leadertest.NewElector(), task.New("sealer", task.Regular, untilStop))
		})
	})
	t.Run("while campaigns fail", func(t *testing.T) {
		tasktest.Run(t, func() task.Task {
			e := leadertest.NewElector()
			e.Fail(errors.New("no quorum"))
			return leader.Only(e, task.New("sealer", task.Regular, untilStop))
		})
	})
	t.Run("while its resignation hangs", func(t *testing.T) {
		tasktest.Run(t, func() task.Task {
			e := leadertest.NewElector()
			e.Grant()
			return leader.Only(electorFunc(func(ctx context.Context) (leader.Term, error) {
				term, err := e.Campaign(ctx)
				return stuck{term}, err
			}), task.New("sealer", task.Regular, untilStop))
		}, tasktest.Drains())
	})
}

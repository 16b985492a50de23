package leader_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/layers/leader"
	"github.com/wireframework/wireframework/layers/leader/leadertest"
	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/service/servicetest"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

// sealerNode is a node with one task under election.
func sealerNode(e leader.Elector, opts []service.Option, inner task.Task) *service.Builder {
	return service.NewBuilder(opts...).AddLayer(wiring.NewLayer("sealing", func(r *wiring.Registry) error {
		r.Supply(e, wiring.As[leader.Elector]())
		r.ProvideTask(func(e leader.Elector) task.Task { return leader.Only(e, inner) })
		return nil
	}))
}

func TestAStopHandsTheLeadershipToAnotherNode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := leadertest.NewElector()
		e.Grant()
		events := &journal{}
		sealer := func(name string) task.Task {
			return task.New("sealer", task.Regular, func(ctx context.Context) error {
				token, _ := leader.Token(ctx)
				events.add(fmt.Sprintf("%s leads with token %d", name, token))
				<-ctx.Done()
				time.Sleep(3 * time.Second) // finishes a block
				held, leading := e.Leading()
				events.add(fmt.Sprintf("%s ends, while %d leads: %v", name, held, leading))
				return nil
			})
		}
		first := servicetest.Start(t, sealerNode(e, nil, sealer("first")))
		synctest.Wait()
		second := servicetest.Start(t, sealerNode(e, nil, sealer("second")))
		require.Equal(t, []string{"first leads with token 1"}, events.take())

		began := time.Now()
		require.NoError(t, first.Stop())

		assert.Equal(t, 3*time.Second, time.Since(began))
		assert.Equal(t, []string{
			"first ends, while 1 leads: true",
			"second leads with token 2",
		}, events.take())
		require.NoError(t, second.Stop())
	})
}

func TestTheServiceReachesTheInnerTask(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := leadertest.NewElector()
		e.Grant()
		var out log
		var drained time.Duration
		inner := task.New("sealer", task.Regular, func(ctx context.Context) error {
			task.Logger(ctx).Info("sealing")
			<-ctx.Done()
			began := time.Now()
			<-task.Drain(ctx).Done()
			drained = time.Since(began)
			return nil
		})
		node := servicetest.Start(t, sealerNode(e, []service.Option{service.Logger(out.logger())},
			task.WithStopTimeout(inner, 7*time.Second)))
		synctest.Wait()

		require.NoError(t, node.Stop())

		assert.Equal(t, 7*time.Second, drained)
		assert.Contains(t, out.lines(), "level=INFO msg=sealing task=sealer layer=sealing")
		assert.Contains(t, out.lines(), "level=INFO msg=leading task=sealer layer=sealing token=1")
	})
}

func TestTheReturnOfARegularTaskStopsTheService(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, result := range []error{nil, errBoom} {
			e := leadertest.NewElector()
			e.Grant()
			s, err := sealerNode(e, nil, task.New("sealer", task.Regular, func(context.Context) error { return result })).Build()
			require.NoError(t, err)

			err = s.Run(t.Context())

			if result == nil {
				assert.NoError(t, err)
			} else {
				assert.ErrorIs(t, err, errBoom)
			}
			assert.Equal(t, 1, e.Resigned())
		}
	})
}

func TestAPreconditionUnderElectionOpensTheGateOnTheLeader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := leadertest.NewElector()
		b := sealerNode(e, nil, task.New("genesis", task.Precondition, func(context.Context) error { return nil }))
		time.AfterFunc(30*time.Second, e.Grant)
		began := time.Now()

		node := servicetest.Start(t, b.AddLayer(wiring.NewLayer("api", func(r *wiring.Registry) error {
			r.ProvideTask(func() task.Task { return task.New("api", task.Regular, untilStop) })
			return nil
		})))

		assert.Equal(t, 30*time.Second, time.Since(began))
		require.NoError(t, node.Stop())
	})
}

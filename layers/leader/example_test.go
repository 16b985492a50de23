package leader_test

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/wireframework/wireframework/layers/leader"
	"github.com/wireframework/wireframework/layers/leader/leadertest"
	"github.com/wireframework/wireframework/layers/leader/local"
	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

// chain refuses what a former leader writes.
type chain struct{ latest int64 }

func (c *chain) seal(block string, token int64) error {
	if token < c.latest {
		return fmt.Errorf("block %s with token %d, latest %d: %w", block, token, c.latest, leader.ErrLost)
	}
	c.latest = token
	fmt.Printf("sealed block %s with token %d\n", block, token)
	return nil
}

// The sealer runs on the node that leads. With the local elector that is always this
// one.
func ExampleOnly() {
	sealing := wiring.NewLayer("sealing", func(r *wiring.Registry) error {
		r.Supply(&chain{})
		r.ProvideTask(func(e leader.Elector, c *chain) task.Task {
			return leader.Only(e, task.New("sealer", task.Oneshot, func(ctx context.Context) error {
				token, _ := leader.Token(ctx)
				return c.seal("7", token)
			}))
		})
		return nil
	})
	s, err := service.NewBuilder(service.Logger(slog.New(slog.DiscardHandler))).
		AddLayer(local.New(), sealing).Build()
	if err == nil {
		err = s.Run(context.Background())
	}
	fmt.Println("error:", err)
	// Output:
	// sealed block 7 with token 1
	// error: <nil>
}

// A leader that was frozen does not know that another one leads, but the data does.
func ExampleToken() {
	c := &chain{}
	write := func(ctx context.Context, block string) error {
		token, _ := leader.Token(ctx)
		return c.seal(block, token)
	}
	frozen := leader.NewContext(context.Background(), 6)
	next := leader.NewContext(context.Background(), 7)

	fmt.Println(write(frozen, "1"))
	fmt.Println(write(next, "2"))
	fmt.Println(write(frozen, "3"))
	// Output:
	// sealed block 1 with token 6
	// <nil>
	// sealed block 2 with token 7
	// <nil>
	// block 3 with token 6, latest 7: leadership lost
}

// The fake elector loses leadership when a test says so.
func ExampleOnly_loss() {
	e := leadertest.NewElector()
	e.Grant()
	ctx, stop := context.WithCancel(context.Background())
	sealer := leader.Only(e, task.New("sealer", task.Regular, func(ctx context.Context) error {
		token, _ := leader.Token(ctx)
		if token == 1 {
			e.Revoke()
			e.Grant()
		} else {
			stop()
		}
		<-ctx.Done()
		fmt.Printf("term %d ends: %v\n", token, context.Cause(ctx))
		return nil
	}))
	fmt.Println("error:", sealer.Run(ctx))
	// Output:
	// term 1 ends: leadership lost
	// term 2 ends: context canceled
	// error: <nil>
}

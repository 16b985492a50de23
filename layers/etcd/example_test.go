package etcd_test

import (
	"context"
	"fmt"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/wireframework/wireframework/layers/etcd"
	"github.com/wireframework/wireframework/layers/leader"
	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

// Two tasks lead independently of each other, each with its own elector. Build verifies
// the node and connects to nothing.
func ExampleNew() {
	sealing := wiring.NewLayer("sealing", func(r *wiring.Registry) error {
		r.ProvideTask(func(e leader.Elector) task.Task {
			return leader.Only(e, task.New("sealer", task.Regular, work))
		})
		return nil
	})
	type params struct {
		wiring.In
		Elector leader.Elector `name:"pruner"`
	}
	pruning := wiring.NewLayer("pruning", func(r *wiring.Registry) error {
		r.Provide(func(c *clientv3.Client) *etcd.Elector {
			return etcd.NewElector(c, etcd.Election{Prefix: "/pruner"})
		}, wiring.As[leader.Elector](), wiring.Name("pruner"))
		r.ProvideTask(func(p params) task.Task {
			return leader.Only(p.Elector, task.New("pruner", task.Regular, work))
		})
		return nil
	})

	_, err := service.NewBuilder().AddLayer(
		etcd.New(etcd.Options{Endpoints: []string{"http://10.0.0.1:2379", "http://10.0.0.2:2379"}}),
		sealing, pruning,
	).Build()
	fmt.Println("error:", err)
	// Output: error: <nil>
}

func work(ctx context.Context) error {
	<-ctx.Done()
	return nil
}

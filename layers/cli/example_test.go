package cli_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"github.com/wireframework/wireframework/layers/cli"
	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

type greeterOptions struct {
	Name string `default:"world" help:"Who is greeted."`
}

func newGreeter(o greeterOptions) wiring.Layer {
	return wiring.NewLayer("greeter", func(r *wiring.Registry) error {
		r.ProvideTask(func() task.Task {
			return task.New("greet", task.Oneshot, func(context.Context) error {
				fmt.Println("hello,", o.Name)
				return nil
			})
		})
		return nil
	})
}

func Example() {
	type options struct {
		Greeter greeterOptions `embed:"" prefix:"greeter-"`
	}
	app := cli.New("hello", "Greets.",
		cli.Deployment("once", "One greeting.", func(o options) *service.Builder {
			return service.NewBuilder(service.Logger(slog.New(slog.DiscardHandler))).AddLayer(newGreeter(o.Greeter))
		}),
	)
	// In a program: app.Main()
	for _, args := range [][]string{
		{"check"},
		{"run"},
		{"run", "--greeter-name=node"},
	} {
		app.Run(context.Background(), args, os.Stdout, os.Stderr)
	}

	// Output:
	// once: ok, 1 layer, 1 task constructor
	// hello, world
	// hello, node
}

package systemd_test

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/wireframework/wireframework/layers/httpserver"
	"github.com/wireframework/wireframework/layers/systemd"
	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

// A deployment may always have the layer: without a service manager it does nothing.
func ExampleNotify() {
	s, err := service.NewBuilder(service.Logger(slog.New(slog.DiscardHandler))).AddLayer(
		systemd.Notify(),
		wiring.NewLayer("importing", func(r *wiring.Registry) error {
			r.ProvideTask(func() task.Task {
				return task.New("import", task.Oneshot, func(context.Context) error {
					fmt.Println("imported")
					return nil
				})
			})
			return nil
		}),
	).Build()
	if err == nil {
		err = s.Run(context.Background())
	}
	fmt.Println("error:", err)
	// Output:
	// imported
	// error: <nil>
}

func ExampleListener() {
	// Set by a flag of the program, perhaps.
	activated := true

	options := httpserver.Options{}
	if activated {
		options.Listener = systemd.Listener("api")
	}
	_, err := service.NewBuilder().AddLayer(httpserver.New("api", options)).Build()
	fmt.Println("the node verifies:", err == nil)

	_, err = options.Listener(context.Background()) // as when the node is wired
	fmt.Println(err)
	// Output:
	// the node verifies: true
	// systemd socket "api": the process was not given any sockets (start it through a systemd socket unit, or listen on an address)
}

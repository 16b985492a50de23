package main

import (
	"context"
	"os"
	"syscall"
	"time"

	"go.uber.org/fx"

	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

type uplink struct{}

func newUplink(context.Context) *uplink {
	terminate()           // the operator stops the node now
	time.Sleep(time.Hour) // a dial that does not look at the context
	return &uplink{}
}

func newRelay(*uplink) task.Task { return task.New("relay", task.Regular, idle) }

func stopWiringNode() (*service.Service, error) {
	network := wiring.NewLayer("network", func(r *wiring.Registry) error {
		r.Provide(newUplink)
		r.ProvideTask(newRelay)
		return nil
	})
	return service.NewBuilder(service.StopTimeout(200 * time.Millisecond)).AddLayer(network).Build()
}

var stopWiring = mistake{
	name:  "stopwiring",
	title: "A stop while constructors run",
	about: "The node gets SIGTERM while a constructor connects, and the constructor does not look at its context. (If it does, the stop is clean: exit code 0 and no error.)",
	node:  stopWiringNode,
	fx:    peer{run: stopWiringFx, note: "fx calls constructors in `fx.New`, before it catches signals: nothing is printed, and nothing is closed."},
	dig:   peer{run: stopWiringDig, note: "The same, if the program does not catch signals itself; if it does, nothing ends the constructor."},
	want: want{
		culprit: "newUplink",
		place:   `layer "network": newUplink (errors/stopwiring.go:`,
		next:    "return when it is done, or raise StopTimeout",
	},
}

// terminate sends SIGTERM to this process.
func terminate() {
	if p, err := os.FindProcess(os.Getpid()); err == nil {
		_ = p.Signal(syscall.SIGTERM)
	}
}

// newUplinkAlone is newUplink for those who do not hand out a context.
func newUplinkAlone() *uplink { return newUplink(context.Background()) }

func relay(*uplink) {}

func stopWiringFx() error {
	return fx.New(fx.NopLogger, fx.Provide(newUplinkAlone), fx.Invoke(relay)).Err()
}

func stopWiringDig() error { return digInvoke(relay, newUplinkAlone) }

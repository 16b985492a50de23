package main

import (
	"context"
	"net"

	"go.uber.org/fx"

	"github.com/wireframework/wireframework/layers/httpserver"
	"github.com/wireframework/wireframework/service"
)

func portNode() (*service.Service, error) {
	return service.NewBuilder().AddLayer(
		httpserver.New("api", httpserver.Options{Listen: busyAddress()}),
	).Build()
}

var port = mistake{
	name:  "port",
	title: "The port is busy",
	about: "An HTTP server (layers/httpserver) listens on a port that another program has.",
	node:  portNode,
	fx:    peer{run: portFx, note: "A start hook that listens. Its error is returned as it is:"},
	dig:   peer{run: portDig, note: "A constructor that listens:"},
	want: want{
		culprit: "127.0.0.1:8080: bind: address already in use",
		place:   `layer "http-api"`,
		next:    "give Listen another one",
	},
}

// busyAddress returns the address of a port that is taken, by this very process.
func busyAddress() string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	taken = append(taken, l)
	return l.Addr().String()
}

// taken keeps listeners, so that nobody closes them.
var taken []net.Listener

func newListener() (net.Listener, error) { return net.Listen("tcp", busyAddress()) }

func accept(net.Listener) {}

func portFx() error {
	app := fx.New(fx.NopLogger, fx.Invoke(func(lc fx.Lifecycle) {
		lc.Append(fx.StartHook(func(context.Context) error {
			_, err := newListener()
			return err
		}))
	}))
	return startAndStop(app)
}

func portDig() error { return digInvoke(accept, newListener) }

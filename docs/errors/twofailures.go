package main

import (
	"go.uber.org/fx"

	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/wiring"
)

func twoFailuresNode() (*service.Service, error) {
	storage := wiring.NewLayer("storage", func(r *wiring.Registry) error {
		r.Provide(openDatabase) // fails
		r.Provide(newPool)
		r.Provide(newDiskStore)
		return nil
	})
	settlement := wiring.NewLayer("settlement", func(r *wiring.Registry) error {
		r.Provide(newClient) // fails too
		r.ProvideTask(newPoller)
		return nil
	})
	api := wiring.NewLayer("api", func(r *wiring.Registry) error {
		r.Provide(newServer)
		r.ProvideTask(newServerTask)
		return nil
	})
	return service.NewBuilder().AddLayer(storage, settlement, api).Build()
}

var twoFailures = mistake{
	name:  "twofailures",
	title: "Two constructors fail, independently",
	about: "The disk is full, and the client of the settlement layer cannot connect.",
	node:  twoFailuresNode,
	fx:    peer{run: twoFailuresFx, note: "One of the two; the other one shows when this one is repaired."},
	dig:   peer{run: twoFailuresDig, note: "The same."},
	want: want{
		culprit: "openDatabase",
		place:   `layer "storage": openDatabase (errors/parts.go:`,
		next:    "no space left on device",
	},
}

func twoFailuresFx() error {
	return fx.New(fx.NopLogger, fx.Provide(openDatabase, newPool, newDiskStore, newServer, newClient), fx.Invoke(serve, poll)).Err()
}

func twoFailuresDig() error {
	return digInvoke(serve, openDatabase, newPool, newDiskStore, newServer, newClient)
}

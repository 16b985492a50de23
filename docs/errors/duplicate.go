package main

import (
	"go.uber.org/fx"

	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/wiring"
)

func newMemoryDatabase() *database { return &database{path: ":memory:"} }

func duplicateNode() (*service.Service, error) {
	storage := wiring.NewLayer("storage", func(r *wiring.Registry) error {
		r.Provide(newDatabase)
		r.Provide(newPool)
		r.Provide(newDiskStore)
		return nil
	})
	memory := wiring.NewLayer("memory", func(r *wiring.Registry) error {
		r.Provide(newMemoryDatabase)
		return nil
	})
	api := wiring.NewLayer("api", func(r *wiring.Registry) error {
		r.Provide(newServer)
		r.ProvideTask(newServerTask)
		return nil
	})
	return service.NewBuilder().AddLayer(storage, memory, api).Build()
}

var duplicate = mistake{
	name:  "duplicate",
	title: "A resource is provided twice",
	about: "Two layers provide the database.",
	node:  duplicateNode,
	fx:    peer{run: duplicateFx},
	dig:   peer{run: duplicateDig},
	want: want{
		culprit: "resource *main.database is provided twice",
		place:   `by layer "memory": newMemoryDatabase (errors/duplicate.go:`,
		next:    "swap the layer with ReplaceLayer",
	},
}

func duplicateFx() error {
	return fx.New(fx.NopLogger, fx.Provide(newDatabase, newMemoryDatabase, newPool, newDiskStore, newServer), fx.Invoke(serve)).Err()
}

func duplicateDig() error {
	return digInvoke(serve, newDatabase, newMemoryDatabase, newPool, newDiskStore, newServer)
}

package main

import (
	"go.uber.org/fx"

	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

func newCompactor(store) task.Task { return nil }

func unboundNode() (*service.Service, error) {
	storage := wiring.NewLayer("storage", func(r *wiring.Registry) error {
		r.Provide(newDatabase)
		r.Provide(newPool)
		r.Provide(newDiskStore) // returns *diskStore, which implements store
		return nil
	})
	compaction := wiring.NewLayer("compaction", func(r *wiring.Registry) error {
		r.ProvideTask(newCompactor)
		return nil
	})
	return service.NewBuilder().AddLayer(storage, compaction).Build()
}

var unbound = mistake{
	name:  "unbound",
	title: "An interface is not provided",
	about: "A constructor asks for an interface, and what is provided is a type that implements it.",
	node:  unboundNode,
	fx:    peer{run: unboundFx},
	dig:   peer{run: unboundDig},
	want: want{
		culprit: "needs main.store",
		place:   `layer "compaction": newCompactor (errors/unbound.go:`,
		next:    "add wiring.As[main.store]()",
	},
}

func unboundFx() error {
	return fx.New(fx.NopLogger, fx.Provide(newDatabase, newPool, newDiskStore), fx.Invoke(compact)).Err()
}

func unboundDig() error { return digInvoke(compact, newDatabase, newPool, newDiskStore) }

func compact(store) {}

package main

import (
	"go.uber.org/dig"
	"go.uber.org/fx"

	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/wiring"
)

// The pool needs a database; a task needs the server, which needs the store, which needs
// the pool.
func missingNode() (*service.Service, error) {
	storage := wiring.NewLayer("storage", func(r *wiring.Registry) error {
		r.Provide(newPool)
		r.Provide(newDiskStore)
		return nil
	})
	api := wiring.NewLayer("api", func(r *wiring.Registry) error {
		r.Provide(newServer)
		r.ProvideTask(newServerTask)
		return nil
	})
	return service.NewBuilder().AddLayer(storage, api).Build()
}

var missing = mistake{
	name:  "missing",
	title: "A resource is missing, three levels deep",
	about: "Nobody provides the database that the pool needs, and the pool is needed by the store, the store by the server, and the server by a task.",
	node:  missingNode,
	fx:    peer{run: missingFx},
	dig:   peer{run: missingDig},
	want:  want{culprit: "newPool", place: `layer "storage": newPool (errors/parts.go:`, next: "add a layer that provides it"},
}

func missingFx() error {
	return fx.New(fx.NopLogger, fx.Provide(newPool, newDiskStore, newServer), fx.Invoke(serve)).Err()
}

func missingDig() error {
	return digInvoke(serve, newPool, newDiskStore, newServer)
}

// digInvoke calls a function with what the constructors provide.
func digInvoke(function any, constructors ...any) error {
	c := dig.New()
	for _, constructor := range constructors {
		if err := c.Provide(constructor); err != nil {
			return err
		}
	}
	return c.Invoke(function)
}

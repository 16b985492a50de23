package main

import (
	"fmt"

	"go.uber.org/dig"
	"go.uber.org/fx"

	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/wiring"
)

type fakeStore struct{}

func (fakeStore) get(string) string { return "fake" }

func overrideNode() *service.Builder {
	storage := wiring.NewLayer("storage", func(r *wiring.Registry) error {
		r.Provide(newDatabase)
		r.Provide(newPool)
		r.Provide(newDiskStore)
		return nil
	})
	api := wiring.NewLayer("api", func(r *wiring.Registry) error {
		r.Provide(newServer) // takes *diskStore, not store
		r.ProvideTask(newServerTask)
		return nil
	})
	return service.NewBuilder().AddLayer(storage, api)
}

var override = mistake{
	name:  "override",
	title: "An override that nothing uses",
	about: "A test replaces the store by a fake one, but the program provides and takes the concrete type, so that the fake would not be used.",
	test:  "TestTheServerWithAFakeStore",
	fx:    peer{run: overrideFx, note: "That `fx.Replace` replaces nothing goes unnoticed. The function that is invoked prints what it has got:"},
	dig:   peer{run: overrideDig, note: "The same with `Decorate`:"},
	want: want{
		culprit: "Override of main.store: no layer provides it",
		place:   `layer "storage" provides *main.diskStore`,
		next:    "add wiring.As[main.store]()",
	},
}

func overrideFx() error {
	return fx.New(
		fx.NopLogger,
		fx.Provide(newDatabase, newPool, newDiskStore, newServer),
		fx.Replace(fx.Annotate(fakeStore{}, fx.As(new(store)))),
		fx.Invoke(tellStore),
	).Err()
}

func overrideDig() error {
	c := dig.New()
	for _, constructor := range []any{newDatabase, newPool, newDiskStore, newServer} {
		if err := c.Provide(constructor); err != nil {
			return err
		}
	}
	if err := c.Decorate(func() store { return fakeStore{} }); err != nil {
		return err
	}
	return c.Invoke(tellStore)
}

func tellStore(s *server) { fmt.Printf("the server uses a %T\n", s.data) }

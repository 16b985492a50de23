package main

import (
	"go.uber.org/dig"
	"go.uber.org/fx"

	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

type reporterParams struct {
	wiring.In
	DB *database `name:"replica"`
}

func newReporter(reporterParams) task.Task { return nil }

func wrongNameNode() (*service.Service, error) {
	storage := wiring.NewLayer("storage", func(r *wiring.Registry) error {
		r.Provide(newDatabase, wiring.Name("replika"))
		return nil
	})
	reports := wiring.NewLayer("reports", func(r *wiring.Registry) error {
		r.ProvideTask(newReporter)
		return nil
	})
	return service.NewBuilder().AddLayer(storage, reports).Build()
}

var wrongName = mistake{
	name:  "wrongname",
	title: "A name is wrong",
	about: "A constructor asks for the database by the name \"replica\", and the layer that provides it has spelled it \"replika\".",
	node:  wrongNameNode,
	fx:    peer{run: wrongNameFx},
	dig:   peer{run: wrongNameDig},
	want: want{
		culprit: `*main.database "replica"`,
		place:   `layer "reports": newReporter (errors/wrongname.go:`,
		next:    `layer "storage" provides *main.database "replika"`,
	},
}

func report(reporterParams) {}

func wrongNameFx() error {
	replica := fx.Annotate(newDatabase, fx.ResultTags(`name:"replika"`))
	return fx.New(fx.NopLogger, fx.Provide(replica), fx.Invoke(report)).Err()
}

func wrongNameDig() error {
	c := dig.New()
	if err := c.Provide(newDatabase, dig.Name("replika")); err != nil {
		return err
	}
	return c.Invoke(report)
}

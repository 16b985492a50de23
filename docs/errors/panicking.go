package main

import (
	"go.uber.org/fx"

	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

type index struct{ heights map[string]int }

func newIndex() *index {
	i := &index{}
	i.heights["genesis"] = 0 // the map has not been made
	return i
}

func newIndexer(*index) task.Task { return nil }

func panickingNode() (*service.Service, error) {
	search := wiring.NewLayer("search", func(r *wiring.Registry) error {
		r.Provide(newIndex)
		r.ProvideTask(newIndexer)
		return nil
	})
	return service.NewBuilder().AddLayer(search).Build()
}

var panicking = mistake{
	name:  "panicking",
	title: "A constructor panics",
	about: "A constructor writes to a map that it has not made.",
	node:  panickingNode,
	fx:    peer{run: panickingFx, note: "(With the option `fx.RecoverFromPanics` it is an error that names the constructor, without the stack.)"},
	dig:   peer{run: panickingDig, note: "(With the option `dig.RecoverFromPanics` it is an error that names the constructor, without the stack.)"},
	want: want{
		culprit: "newIndex",
		place:   `layer "search": newIndex (errors/panicking.go:`,
		next:    "assignment to entry in nil map",
	},
}

func panickingFx() error {
	return fx.New(fx.NopLogger, fx.Provide(newIndex), fx.Invoke(search)).Err()
}

func panickingDig() error { return digInvoke(search, newIndex) }

func search(*index) {}

package main

import (
	"go.uber.org/fx"

	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

func newBackup(config) task.Task { return nil }

func pointerNode() (*service.Service, error) {
	settings := wiring.NewLayer("settings", func(r *wiring.Registry) error {
		r.Provide(newConfig) // returns *config
		return nil
	})
	backup := wiring.NewLayer("backup", func(r *wiring.Registry) error {
		r.ProvideTask(newBackup)
		return nil
	})
	return service.NewBuilder().AddLayer(settings, backup).Build()
}

var pointer = mistake{
	name:  "pointer",
	title: "T for *T",
	about: "A constructor asks for the configuration by value, and what is provided is a pointer to it.",
	node:  pointerNode,
	fx:    peer{run: pointerFx},
	dig:   peer{run: pointerDig},
	want: want{
		culprit: "needs main.config",
		place:   `layer "backup": newBackup (errors/pointer.go:`,
		next:    `layer "settings" provides *main.config: ask for that`,
	},
}

func pointerFx() error {
	return fx.New(fx.NopLogger, fx.Provide(newConfig), fx.Invoke(backUp)).Err()
}

func pointerDig() error { return digInvoke(backUp, newConfig) }

func backUp(config) {}

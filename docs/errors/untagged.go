package main

import (
	"fmt"

	"go.uber.org/fx"

	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

type archive struct{}

type archiveOut struct {
	wiring.Out
	Archive *archive
	Pruner  task.Task // lacks the tag group:"tasks"
}

func newArchive() archiveOut { return archiveOut{} }

func untaggedNode() (*service.Service, error) {
	archiving := wiring.NewLayer("archive", func(r *wiring.Registry) error {
		r.Provide(newArchive)
		return nil
	})
	settlement := wiring.NewLayer("settlement", func(r *wiring.Registry) error {
		r.Provide(newClient)
		r.ProvideTask(newPoller)
		return nil
	})
	return service.NewBuilder().AddLayer(archiving, settlement).Build()
}

var untagged = mistake{
	name:  "untagged",
	title: "A task without its group tag",
	about: "A constructor returns a resource and a task in one struct, and the field of the task is not tagged, so that nobody would run it.",
	node:  untaggedNode,
	fx:    peer{run: untaggedFx, note: "fx has no tasks. A program that collects its workers in a group does not start this one, and the function that starts them prints:"},
	dig:   peer{run: untaggedDig, note: "The same:"},
	want: want{
		culprit: "whose field Pruner is a task without the tag",
		place:   `layer "archive": newArchive (errors/untagged.go:`,
		next:    `tag it group:"tasks"`,
	},
}

type workers struct {
	fx.In
	Workers []task.Task `group:"workers"`
}

func startWorkers(w workers) { fmt.Printf("workers started: %d\n", len(w.Workers)) }

func untaggedFx() error {
	return fx.New(fx.NopLogger, fx.Provide(newArchive), fx.Invoke(startWorkers)).Err()
}

func untaggedDig() error { return digInvoke(startWorkers, newArchive) }

package main

import (
	"context"
	"time"

	"go.uber.org/fx"

	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

type cache struct{ blocks map[int]string }

func newCache() *cache { return &cache{} }

func (c *cache) warmUp(context.Context) error {
	c.blocks[1] = "genesis" // the map has not been made
	return nil
}

func newWarmUp(c *cache) task.Task { return task.New("warm-up", task.Oneshot, c.warmUp) }

func taskPanicNode() (*service.Service, error) {
	caching := wiring.NewLayer("cache", func(r *wiring.Registry) error {
		r.Provide(newCache)
		r.ProvideTask(newWarmUp)
		return nil
	})
	return service.NewBuilder().AddLayer(caching).Build()
}

var taskPanic = mistake{
	name:  "taskpanic",
	title: "A task panics",
	about: "A task writes to a map that has not been made.",
	node:  taskPanicNode,
	fx:    peer{run: taskPanicFx, note: "A hook has started the goroutine. No stop hook runs."},
	dig:   peer{note: "dig has no tasks; a goroutine that panics crashes the process."},
	want: want{
		culprit: `task "warm-up" (layer "cache")`,
		place:   "errors/taskpanic.go:",
		next:    "assignment to entry in nil map",
	},
}

func taskPanicFx() error {
	app := fx.New(fx.NopLogger, fx.Provide(newCache), fx.Invoke(func(c *cache, lc fx.Lifecycle) {
		lc.Append(fx.StartHook(func() { go warmUp(c) }))
	}))
	if err := startAndStop(app); err != nil {
		return err
	}
	time.Sleep(time.Minute) // the goroutine ends the process
	return nil
}

func warmUp(c *cache) { _ = c.warmUp(context.Background()) }

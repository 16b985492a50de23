package main

import (
	"context"
	"time"

	"go.uber.org/fx"

	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

type queue struct{ items chan string }

func newQueue() *queue { return &queue{items: make(chan string)} }

func newDrainer(q *queue) task.Task { return task.New("drainer", task.Regular, q.drain) }

func (q *queue) drain(context.Context) error {
	for range q.items { // nobody closes the channel, and the context is not looked at
	}
	return nil
}

func hungNode() (*service.Service, error) {
	intake := wiring.NewLayer("intake", func(r *wiring.Registry) error {
		r.Provide(newQueue)
		r.ProvideTask(newDrainer)
		return nil
	})
	return service.NewBuilder(service.StopTimeout(200 * time.Millisecond)).AddLayer(intake).Build()
}

var hung = mistake{
	name:  "hung",
	title: "A task hangs when it is told to stop",
	about: "The node is told to stop, and a task does not look at its context.",
	node:  hungNode,
	stop:  true,
	fx:    peer{run: hungFx, note: "A hook has started a goroutine, and the hook that stops it waits in vain. The error of `Stop`:"},
	dig:   peer{note: "dig has no tasks: goroutines that a program starts by itself end with the process, and nobody notices that one hangs."},
	want: want{
		culprit: `task "drainer" (layer "intake")`,
		place:   "errors/hung.go:",
		next:    "return when the context is done",
	},
}

func hungFx() error {
	app := fx.New(fx.NopLogger, fx.Provide(newQueue), fx.Invoke(func(q *queue, lc fx.Lifecycle) {
		done := make(chan struct{})
		lc.Append(fx.Hook{
			OnStart: func(context.Context) error {
				go func() {
					defer close(done)
					_ = q.drain(context.Background())
				}()
				return nil
			},
			OnStop: func(context.Context) error {
				<-done
				return nil
			},
		})
	}))
	return startAndStop(app)
}

// startAndStop runs an app of fx, as its method Run does, and returns its error.
func startAndStop(app *fx.App) error {
	ctx := context.Background()
	if err := app.Start(ctx); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 200*time.Millisecond)
	defer cancel()
	return app.Stop(ctx)
}

package main

import (
	"context"

	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

func newPricePoller() task.Task { return task.New("poller", task.Regular, idle) }
func newPeerPoller() task.Task  { return task.New("poller", task.Regular, idle) }

func taskIDNode() (*service.Service, error) {
	prices := wiring.NewLayer("prices", func(r *wiring.Registry) error {
		r.ProvideTask(newPricePoller)
		return nil
	})
	peers := wiring.NewLayer("peers", func(r *wiring.Registry) error {
		r.ProvideTask(newPeerPoller)
		return nil
	})
	return service.NewBuilder().AddLayer(prices, peers).Build()
}

func idle(ctx context.Context) error {
	<-ctx.Done()
	return nil
}

var taskID = mistake{
	name:  "taskid",
	title: "Two tasks with one id",
	about: "Two layers have a task \"poller\", so that logs, metrics and errors could not tell them apart.",
	node:  taskIDNode,
	fx:    peer{note: "fx has no tasks: what a hook has started has no name, and the log of the two looks alike."},
	dig:   peer{note: "dig has no tasks either."},
	want: want{
		culprit: `"poller"`,
		place:   "newPeerPoller (errors/taskid.go:",
		next:    "give one of them another ID",
	},
}

package main

import (
	"context"
	"fmt"

	"go.uber.org/dig"
	"go.uber.org/fx"

	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

type route string

func newBlocksRoute() route { return "/blocks" }
func newStatusRoute() route { return "/status" }

type routerParams struct {
	wiring.In
	Routes []route `group:"routes"`
}

func newRouter(in routerParams) task.Task {
	return task.New("router", task.Oneshot, func(context.Context) error { return in.serve() })
}

func misspeltNode() (*service.Service, error) {
	blocks := wiring.NewLayer("blocks", func(r *wiring.Registry) error {
		r.Provide(newBlocksRoute, wiring.Group("routes"))
		return nil
	})
	status := wiring.NewLayer("status", func(r *wiring.Registry) error {
		r.Provide(newStatusRoute, wiring.Group("route"))
		return nil
	})
	router := wiring.NewLayer("router", func(r *wiring.Registry) error {
		r.ProvideTask(newRouter)
		return nil
	})
	return service.NewBuilder().AddLayer(blocks, status, router).Build()
}

var misspelt = mistake{
	name:  "misspelt",
	title: "A group is misspelt",
	about: "Of two routes one is put into the group \"route\", while the router asks for \"routes\".",
	node:  misspeltNode,
	log:   true,
	fx:    peer{run: misspeltFx, note: "The function that is invoked prints what it has got:"},
	dig:   peer{run: misspeltDig, note: "The same:"},
	want: want{
		culprit: "newStatusRoute",
		place:   "errors/misspelt.go:",
		next:    "did you mean group",
	},
}

func (in routerParams) serve() error { return nil }

func tellRoutes(in routerParams) { fmt.Println("routes:", in.Routes) }

func misspeltFx() error {
	return fx.New(
		fx.NopLogger,
		fx.Provide(
			fx.Annotate(newBlocksRoute, fx.ResultTags(`group:"routes"`)),
			fx.Annotate(newStatusRoute, fx.ResultTags(`group:"route"`)),
		),
		fx.Invoke(tellRoutes),
	).Err()
}

func misspeltDig() error {
	c := dig.New()
	if err := c.Provide(newBlocksRoute, dig.Group("routes")); err != nil {
		return err
	}
	if err := c.Provide(newStatusRoute, dig.Group("route")); err != nil {
		return err
	}
	return c.Invoke(tellRoutes)
}

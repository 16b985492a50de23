package main

import (
	"go.uber.org/fx"

	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

type (
	fetcher struct{}
	limiter struct{}
)

func newFetcher(*client) *fetcher  { return nil }
func newLimiter(*client) *limiter  { return nil }
func newFetch(*fetcher) task.Task  { return nil }
func newKeeper(*client) task.Task  { return nil }
func newSealer(*limiter) task.Task { return nil }

func failingNode() (*service.Service, error) {
	return service.NewBuilder().AddLayer(
		wiring.NewLayer("settlement", func(r *wiring.Registry) error { r.Provide(newClient); return nil }),
		wiring.NewLayer("fees", func(r *wiring.Registry) error { r.ProvideTask(newPoller); return nil }),
		wiring.NewLayer("fetch", func(r *wiring.Registry) error {
			r.Provide(newFetcher)
			r.ProvideTask(newFetch)
			return nil
		}),
		wiring.NewLayer("keeper", func(r *wiring.Registry) error {
			r.Provide(newLimiter)
			r.ProvideTask(newKeeper)
			r.ProvideTask(newSealer)
			return nil
		}),
	).Build()
}

var failing = mistake{
	name:  "failing",
	title: "A constructor fails that six others need",
	about: "The client of the settlement layer cannot connect, and six constructors of three other layers cannot be called without it.",
	node:  failingNode,
	fx:    peer{run: failingFx, note: "The first function that cannot be called is reported, and no other."},
	dig:   peer{run: failingDig, note: "The same: the first call of Invoke fails."},
	want: want{
		culprit: "newClient",
		place:   `layer "settlement": newClient (errors/parts.go:`,
		next:    "no such host",
	},
}

func failingFx() error {
	return fx.New(fx.NopLogger, fx.Provide(newClient, newFetcher, newLimiter),
		fx.Invoke(poll, fetch, keep, seal)).Err()
}

func failingDig() error { return digInvoke(poll, newClient, newFetcher, newLimiter) }

func poll(*client)   {}
func fetch(*fetcher) {}
func keep(*client)   {}
func seal(*limiter)  {}

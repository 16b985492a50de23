package main

import (
	"go.uber.org/fx"

	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

type (
	chain  struct{}
	ledger struct{}
	fees   struct{}
	oracle struct{}
)

func newChain(*ledger) *chain      { return nil }
func newLedger(*fees) *ledger      { return nil }
func newFees(*oracle) *fees        { return nil }
func newOracle(*chain) *oracle     { return nil }
func newFollower(*chain) task.Task { return nil }

func cycleNode() (*service.Service, error) {
	return service.NewBuilder().AddLayer(
		wiring.NewLayer("chain", func(r *wiring.Registry) error {
			r.Provide(newChain)
			r.ProvideTask(newFollower)
			return nil
		}),
		wiring.NewLayer("ledger", func(r *wiring.Registry) error { r.Provide(newLedger); return nil }),
		wiring.NewLayer("fees", func(r *wiring.Registry) error { r.Provide(newFees); return nil }),
		wiring.NewLayer("oracle", func(r *wiring.Registry) error { r.Provide(newOracle); return nil }),
	).Build()
}

var cycle = mistake{
	name:  "cycle",
	title: "A cycle over four layers",
	about: "The chain needs the ledger, the ledger the fees, the fees the oracle, and the oracle the chain.",
	node:  cycleNode,
	fx:    peer{run: cycleFx},
	dig:   peer{run: cycleDig},
	want: want{
		culprit: "needs itself, through",
		place:   `layer "chain": newChain (errors/cycle.go:`,
		next:    "move what both sides share into a constructor of its own",
	},
}

func cycleFx() error {
	return fx.New(fx.NopLogger, fx.Provide(newChain, newLedger, newFees, newOracle), fx.Invoke(follow)).Err()
}

func cycleDig() error { return digInvoke(follow, newChain, newLedger, newFees, newOracle) }

func follow(*chain) {}

package main

import (
	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/wiring"
)

func deploymentNode() (*service.Service, error) {
	storage := wiring.NewLayer("storage", func(r *wiring.Registry) error {
		r.Provide(newDatabase)
		r.Provide(newPool)
		r.Provide(newDiskStore)
		return nil
	})
	api := wiring.NewLayer("api", func(r *wiring.Registry) error {
		r.Provide(newServer)
		r.ProvideTask(newServerTask)
		return nil
	})
	value := "clustr" // from a flag, or a file of the configuration
	return service.NewBuilder().AddLayer(
		wiring.Choose("deployment", value, map[string]wiring.Layer{
			"laptop":  storage,
			"server":  wiring.Bundle("server", storage), // and some more
			"cluster": wiring.Bundle("cluster", storage),
		}),
		api,
	).Build()
}

var deployment = mistake{
	name:  "deployment",
	title: "An unknown deployment",
	about: "The setting that chooses the layers has a value that does not exist.",
	node:  deploymentNode,
	fx:    peer{note: "fx has no deployments; a program has a `switch` of its own, and what that says is up to the program."},
	dig:   peer{note: "The same."},
	want: want{
		culprit: `unknown deployment "clustr"`,
		place:   `layer "deployment"`,
		next:    `did you mean "cluster"? known: "cluster", "laptop", "server"`,
	},
}

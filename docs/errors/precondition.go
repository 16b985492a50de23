package main

import (
	"context"
	"fmt"

	"go.uber.org/fx"

	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

type schema struct{ version int }

func newSchema() *schema { return &schema{version: 3} }

func (s *schema) check(context.Context) error {
	if s.version != 4 {
		return fmt.Errorf("schema is at version %d, and this program needs version 4 (run the migration first)", s.version)
	}
	return nil
}

func newSchemaCheck(s *schema) task.Task { return task.New("schema-check", task.Precondition, s.check) }

func preconditionNode() (*service.Service, error) {
	migrations := wiring.NewLayer("migrations", func(r *wiring.Registry) error {
		r.Provide(newSchema)
		r.ProvideTask(newSchemaCheck)
		return nil
	})
	api := wiring.NewLayer("api", func(r *wiring.Registry) error {
		r.Provide(newDatabase)
		r.Provide(newPool)
		r.Provide(newDiskStore)
		r.Provide(newServer)
		r.ProvideTask(newServerTask) // is not entered
		return nil
	})
	return service.NewBuilder().AddLayer(migrations, api).Build()
}

var precondition = mistake{
	name:  "precondition",
	title: "A precondition fails",
	about: "The schema is older than the program, and a precondition says so.",
	node:  preconditionNode,
	fx:    peer{run: preconditionFx, note: "The check is a start hook. Its error is returned as it is, without the hook or the constructor that it belongs to:"},
	dig:   peer{note: "dig has no tasks and no hooks; the check is a call that the program makes by itself, in the right order."},
	want: want{
		culprit: `task "schema-check"`,
		place:   `layer "migrations"`,
		next:    "run the migration first",
	},
}

func preconditionFx() error {
	app := fx.New(fx.NopLogger, fx.Provide(newSchema), fx.Invoke(func(s *schema, lc fx.Lifecycle) {
		lc.Append(fx.StartHook(s.check))
	}))
	return startAndStop(app)
}

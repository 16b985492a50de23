package main

import (
	"context"
	"time"

	"go.uber.org/fx"

	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

type journal struct{}

func newJournal(hooks *wiring.ShutdownHooks) *journal {
	j := &journal{}
	hooks.Add("flush-journal", j.flush)
	return j
}

func (*journal) flush(context.Context) error {
	time.Sleep(time.Hour) // a disk that does not answer, and a context that is not looked at
	return nil
}

func newReplay(*journal) task.Task {
	return task.New("replay", task.Oneshot, func(context.Context) error { return nil })
}

func hookTimeoutNode() (*service.Service, error) {
	storage := wiring.NewLayer("storage", func(r *wiring.Registry) error {
		r.Provide(newJournal)
		r.ProvideTask(newReplay)
		return nil
	})
	return service.NewBuilder(service.HookTimeout(200 * time.Millisecond)).AddLayer(storage).Build()
}

var hookTimeout = mistake{
	name:  "hooktimeout",
	title: "A shutdown hook does not return",
	about: "The node has stopped, and the hook that flushes the journal hangs.",
	node:  hookTimeoutNode,
	fx:    peer{run: hookTimeoutFx, note: "The error of `Stop`; the hooks that were to run after it are left out:"},
	dig:   peer{note: "dig has no hooks: a program closes by itself what it has opened, and hangs if that hangs."},
	want: want{
		culprit: `shutdown hook "flush-journal"`,
		place:   "errors/hooktimeout.go:",
		next:    "return when the context is done",
	},
}

func hookTimeoutFx() error {
	app := fx.New(fx.NopLogger, fx.Invoke(func(lc fx.Lifecycle) {
		lc.Append(fx.StopHook((&journal{}).flush))
	}))
	return startAndStop(app)
}

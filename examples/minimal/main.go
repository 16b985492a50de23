// Minimal is a complete node: a layer with a resource, and a layer with a task.
package main

import (
	"context"
	"fmt"
	"time"

	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

type Clock interface{ Now() time.Time }

type utc struct{}

func (utc) Now() time.Time { return time.Now().UTC() }

var clock = wiring.NewLayer("clock", func(r *wiring.Registry) error {
	r.Supply(utc{}, wiring.As[Clock]())
	return nil
})

var greeter = wiring.NewLayer("greeter", func(r *wiring.Registry) error {
	r.ProvideTask(func(c Clock) task.Task {
		return task.Periodic("greeter", time.Second, func(context.Context) error {
			fmt.Println("it is", c.Now().Format(time.TimeOnly))
			return nil
		})
	})
	return nil
})

func main() {
	service.Main(func() (*service.Service, error) {
		return service.NewBuilder().AddLayer(clock, greeter).Build()
	})
}

package debug_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"

	"github.com/wireframework/wireframework/layers/debug"
	"github.com/wireframework/wireframework/layers/httpserver"
	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

// curl is a task that asks the server "ops" where it is itself.
func curl(in struct {
	wiring.In
	Ops *httpserver.Server `name:"ops"`
},
) task.Task {
	return task.New("curl", task.Oneshot, func(ctx context.Context) error {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+in.Ops.Addr().String()+"/debug/tasks?task=curl", http.NoBody)
		if err != nil {
			return err
		}
		r.Close = true
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		fmt.Println("a goroutine of the task is in Do:", strings.Contains(string(text), "net/http.(*Client).Do"))
		return err
	})
}

func ExampleNew() {
	s, err := service.NewBuilder(service.Logger(slog.New(slog.DiscardHandler))).
		AddLayer(
			httpserver.Ops(httpserver.Options{Listen: "127.0.0.1:0"}),
			debug.New(debug.Options{}),
			wiring.NewLayer("curl", func(r *wiring.Registry) error {
				r.ProvideTask(curl)
				return nil
			})).
		Build()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(s.Run(context.Background()))
	// Output:
	// a goroutine of the task is in Do: true
	// <nil>
}

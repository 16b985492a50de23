package health_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"

	"github.com/wireframework/wireframework/layers/health"
	"github.com/wireframework/wireframework/layers/httpserver"
	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

// A layer says whether what it provides works; the operator asks the node.
func Example() {
	storage := wiring.NewLayer("storage", func(r *wiring.Registry) error {
		r.Provide(func() health.Check {
			return health.Check{Name: "disk", Check: func(context.Context) error { return errors.New("97 % full") }}
		}, wiring.Group("health"))
		return nil
	})
	operator := wiring.NewLayer("operator", func(r *wiring.Registry) error {
		r.ProvideTask(func(p struct {
			wiring.In
			Ops  *httpserver.Server `name:"ops"`
			Node service.Handle
		},
		) task.Task {
			return task.New("look", task.Oneshot, func(context.Context) error {
				<-p.Node.Ready() // until the others have been started too
				answer, err := http.Get("http://" + p.Ops.Addr().String() + "/readyz?verbose")
				if err != nil {
					return err
				}
				defer answer.Body.Close()
				fmt.Println(answer.Status)
				_, err = io.Copy(os.Stdout, answer.Body)
				return err
			})
		})
		return nil
	})
	svc, err := service.NewBuilder().AddLayer(
		httpserver.Ops(httpserver.Options{Listen: "127.0.0.1:0"}),
		health.New(health.Options{}),
		storage,
		operator,
	).Build()
	if err == nil {
		err = svc.Run(context.Background())
	}
	fmt.Println(err)
	// Output:
	// 503 Service Unavailable
	// [+]gate ok
	// [+]shutdown ok
	// [-]disk failed: 97 % full
	// readyz check failed
	// <nil>
}

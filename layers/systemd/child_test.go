package systemd_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"

	"github.com/wireframework/wireframework/layers/httpserver"
	"github.com/wireframework/wireframework/layers/systemd"
	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

// modeEnv makes the test binary another program.
const modeEnv = "SYSTEMD_TEST_CHILD"

// child runs in a process of its own. The mode "open NAME..." opens sockets and prints
// what comes of it; the mode "notify" is two nodes that tell the service manager how they
// are, and prints what a child process of theirs knows of it; the mode "serve" is a node
// with a server.
func child(mode string) (code int) {
	if names, ok := strings.CutPrefix(mode, "open "); ok {
		for name := range strings.FieldsSeq(names) {
			l, err := systemd.Listener(name)(context.Background())
			if err != nil {
				fmt.Println(err)
				continue
			}
			fmt.Println(name, l.Addr().Network(), l.Addr())
			_ = l.Close()
		}
		for _, variable := range []string{"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"} {
			if _, set := os.LookupEnv(variable); set {
				fmt.Println(variable, "is set")
			}
		}
		return 0
	}
	if mode == "notify" {
		service.Main(func() (*service.Service, error) { return outer().Build() })
		return 0
	}
	service.Main(func() (*service.Service, error) { return node().Build() })
	return 0
}

func node() *service.Builder {
	return service.NewBuilder().AddLayer(
		httpserver.New("api", httpserver.Options{Listener: systemd.Listener("api")}),
		wiring.NewLayer("hello", func(r *wiring.Registry) error {
			r.Supply(httpserver.Route{Server: "api", Pattern: "/", Private: true, Handler: http.HandlerFunc(hello)}, wiring.Group("http-routes"))
			return nil
		}),
	)
}

// outer is a node that runs another one.
func outer() *service.Builder {
	return service.NewBuilder().AddLayer(systemd.Notify(), tasks(
		task.New("inner", task.Regular, func(ctx context.Context) error {
			inner, err := service.NewBuilder().AddLayer(systemd.Notify(), tasks(task.New("printer", task.Regular, printEnv))).Build()
			if err != nil {
				return err
			}
			return inner.Run(ctx)
		}),
	))
}

func printEnv(ctx context.Context) error {
	out, err := exec.CommandContext(ctx, "env").Output()
	for line := range strings.Lines(string(out)) {
		if strings.HasPrefix(line, "NOTIFY_") || strings.HasPrefix(line, "WATCHDOG_") {
			fmt.Print(line)
		}
	}
	fmt.Println("printed")
	if err != nil {
		return err
	}
	return untilStop(ctx)
}

func hello(w http.ResponseWriter, _ *http.Request) { fmt.Fprintf(w, "hello from %d", os.Getpid()) }

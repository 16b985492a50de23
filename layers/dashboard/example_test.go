package dashboard_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"github.com/wireframework/wireframework/layers/dashboard"
	"github.com/wireframework/wireframework/layers/httpserver"
	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

// newWatcher returns a task that follows the node as the page does, and stops it once it
// is running.
func newWatcher(in struct {
	wiring.In
	Ops  *httpserver.Server `name:"ops"`
	Node service.Handle
},
) task.Task {
	return task.New("watcher", task.UnconstrainedOneshot, func(ctx context.Context) error {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+in.Ops.Addr().String()+"/dashboard/events", http.NoBody)
		if err != nil {
			return err
		}
		r.Close = true
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok && isRunning(data) {
				fmt.Println("the node is running")
				in.Node.Stop(nil)
				return nil
			}
		}
		return nil
	})
}

func isRunning(data string) bool {
	var state struct{ Phases []struct{ Phase string } }
	return json.Unmarshal([]byte(data), &state) == nil && len(state.Phases) > 0 && state.Phases[len(state.Phases)-1].Phase == "running"
}

func ExampleNew() {
	s, err := service.NewBuilder(service.Logger(slog.New(slog.DiscardHandler))).
		AddLayer(
			httpserver.Ops(httpserver.Options{Listen: "127.0.0.1:0"}),
			dashboard.New(dashboard.Options{}),
			wiring.NewLayer("watcher", func(r *wiring.Registry) error {
				r.ProvideTask(newWatcher)
				r.ProvideTask(func() task.Task { return task.New("worker", task.Regular, until) })
				return nil
			})).
		Build()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(s.Run(context.Background()))
	// Output:
	// the node is running
	// <nil>
}

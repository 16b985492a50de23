package httpserver_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"

	"github.com/wireframework/wireframework/layers/httpserver"
	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

// The layer "blocks" adds a handler to the server "api", which it knows by name only.
var blocks = wiring.NewLayer("blocks", func(r *wiring.Registry) error {
	r.Provide(newBlocksRoute, wiring.Group("http-routes"))
	return nil
})

func newBlocksRoute() httpserver.Route {
	return httpserver.Route{
		Server:  "api",
		Pattern: "GET /blocks/{height}",
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintf(w, "block %s", r.PathValue("height"))
		}),
	}
}

// The layer "client" asks for a block, once.
var client = wiring.NewLayer("client", func(r *wiring.Registry) error {
	r.ProvideTask(newClient)
	return nil
})

func newClient(in struct {
	wiring.In
	API *httpserver.Server `name:"api"`
},
) task.Task {
	return task.New("client", task.Oneshot, func(context.Context) error {
		resp, err := http.Get("http://" + in.API.Addr().String() + "/blocks/7")
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		fmt.Println(string(text))
		http.DefaultClient.CloseIdleConnections()
		return err
	})
}

func ExampleNew() {
	s, err := service.NewBuilder(service.Logger(slog.New(slog.DiscardHandler))).
		AddLayer(httpserver.New("api", httpserver.Options{Listen: "127.0.0.1:0", Daemon: true}), blocks, client).
		Build()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(s.Run(context.Background()))
	// Output:
	// block 7
	// <nil>
}

// stream is a handler that sends events, and ends its answer when the server begins to
// drain.
func stream(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintln(w, "event: hello")
	_ = http.NewResponseController(w).Flush() // the client may have gone
	select {
	case <-httpserver.Stopping(r.Context()):
		fmt.Fprintln(w, "event: goodbye")
	case <-r.Context().Done(): // the client has gone
	}
}

// A listener reads events to their end, and stops the node when there is one.
func newListener(in struct {
	wiring.In
	API  *httpserver.Server `name:"api"`
	Node service.Handle
},
) task.Task {
	return task.New("listener", task.Regular, func(context.Context) error {
		resp, err := http.Get("http://" + in.API.Addr().String() + "/events")
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		for events := bufio.NewScanner(resp.Body); events.Scan(); in.Node.Stop(nil) {
			fmt.Println(events.Text())
		}
		return nil
	})
}

func ExampleStopping() {
	s, err := service.NewBuilder(service.Logger(slog.New(slog.DiscardHandler))).
		AddLayer(
			httpserver.New("api", httpserver.Options{Listen: "127.0.0.1:0"}),
			wiring.NewLayer("events", func(r *wiring.Registry) error {
				r.Supply(httpserver.Route{Server: "api", Pattern: "GET /events", Handler: http.HandlerFunc(stream)}, wiring.Group("http-routes"))
				r.ProvideTask(newListener)
				return nil
			})).
		Build()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(s.Run(context.Background()))
	// Output:
	// event: hello
	// event: goodbye
	// <nil>
}

package service_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

// quiet keeps the log out of the examples.
var quiet = service.Logger(slog.New(slog.DiscardHandler))

// A node of two layers: one provides a resource, the other a task that needs it.
func Example() {
	type Greeting string
	config := wiring.NewLayer("config", func(r *wiring.Registry) error {
		r.Supply(Greeting("hello"))
		return nil
	})
	greeter := wiring.NewLayer("greeter", func(r *wiring.Registry) error {
		r.ProvideTask(func(g Greeting) task.Task {
			return task.New("greeter", task.Oneshot, func(context.Context) error {
				fmt.Println(g, "world")
				return nil
			})
		})
		return nil
	})

	node, err := service.NewBuilder(quiet).AddLayer(config, greeter).Build()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(node.Run(context.Background()))
	// Output:
	// hello world
	// <nil>
}

// One node migrates the schema, and all nodes wait until somebody has. A test, or a
// laptop, runs both; in a cluster only one deployment adds the layer "migrations".
func Example_precondition() {
	var schema atomic.Bool // stands for the database
	migrations := wiring.NewLayer("migrations", func(r *wiring.Registry) error {
		r.ProvideTask(func() task.Task {
			return task.New("migrate", task.UnconstrainedOneshot, func(context.Context) error {
				fmt.Println("migrating")
				schema.Store(true)
				return nil
			})
		})
		return nil
	})
	ledger := wiring.NewLayer("ledger", func(r *wiring.Registry) error {
		r.ProvideTask(func() task.Task {
			return task.Poll("schema-is-there", time.Millisecond, func(context.Context) (bool, error) {
				return schema.Load(), nil
			})
		})
		r.ProvideTask(func() task.Task {
			return task.New("keeper", task.Oneshot, func(context.Context) error {
				fmt.Println("keeping the ledger")
				return nil
			})
		})
		return nil
	})

	node, err := service.NewBuilder(quiet).AddLayer(ledger, migrations).Build()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(node.Run(context.Background()))
	// Output:
	// migrating
	// keeping the ledger
	// <nil>
}

// A task that serves finishes the requests that it has when the node stops.
func Example_drainingAnHTTPServer() {
	address, arrived := make(chan string, 1), make(chan struct{})
	api := wiring.NewLayer("api", func(r *wiring.Registry) error {
		r.ProvideTask(func() task.Task {
			return task.New("http-server", task.Regular, func(ctx context.Context) error {
				listener, err := net.Listen("tcp", "127.0.0.1:0")
				if err != nil {
					return err
				}
				server := &http.Server{
					ReadHeaderTimeout: time.Second,
					Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
						close(arrived)
						<-ctx.Done() // a request that takes until the stop
						fmt.Fprint(w, "answered while the node stops")
					}),
				}
				address <- listener.Addr().String()
				failed := make(chan error, 1)
				go func() { failed <- server.Serve(listener) }()
				select {
				case err := <-failed:
					return err
				case <-ctx.Done():
					return server.Shutdown(task.Drain(ctx))
				}
			})
		})
		return nil
	})
	node, err := service.NewBuilder(quiet).AddLayer(api).Build()
	if err != nil {
		fmt.Println(err)
		return
	}

	answer := make(chan string)
	go func() {
		client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
		resp, err := client.Get("http://" + <-address)
		if err != nil {
			answer <- err.Error()
			return
		}
		defer resp.Body.Close()
		body, _ := io.ReadAll(resp.Body)
		answer <- string(body)
	}()
	go func() {
		<-arrived
		node.Stop(nil)
	}()
	err = node.Run(context.Background())
	fmt.Println(<-answer)
	fmt.Println(err)
	// Output:
	// answered while the node stops
	// <nil>
}

// A deployment is another one with a piece replaced.
func ExampleBuilder_ReplaceLayer() {
	type Store interface{ Name() string }
	store := func(s Store) wiring.Layer {
		return wiring.NewLayer("store", func(r *wiring.Registry) error {
			r.Supply(s, wiring.As[Store]())
			return nil
		})
	}
	api := wiring.NewLayer("api", func(r *wiring.Registry) error {
		r.ProvideTask(func(s Store) task.Task {
			return task.New("api", task.Oneshot, func(context.Context) error {
				fmt.Println("serving from", s.Name())
				return nil
			})
		})
		return nil
	})
	production := func() *service.Builder {
		return service.NewBuilder(quiet).AddLayer(store(named("postgres")), api)
	}
	laptop := func() *service.Builder {
		return production().ReplaceLayer("store", store(named("memory")))
	}

	for _, deployment := range []func() *service.Builder{production, laptop} {
		node, err := deployment().Build()
		if err != nil {
			fmt.Println(err)
			return
		}
		if err := node.Run(context.Background()); err != nil {
			fmt.Println(err)
		}
	}
	// Output:
	// serving from postgres
	// serving from memory
}

type named string

func (n named) Name() string { return string(n) }

// work returns a layer with one task that runs until the stop.
func work() wiring.Layer {
	return wiring.NewLayer("work", func(r *wiring.Registry) error {
		r.ProvideTask(func() task.Task {
			return task.New("worker", task.Regular, func(ctx context.Context) error {
				<-ctx.Done()
				return ctx.Err()
			})
		})
		return nil
	})
}

// An observer turns events into metrics.
func ExampleObserve() {
	changes := make(map[service.State]int)
	observe := func(ev service.Event) {
		switch ev := ev.(type) {
		case service.PhaseChanged:
			fmt.Println(ev.From, "->", ev.To)
		case service.TaskChanged:
			changes[ev.To]++
		}
	}
	node, err := service.NewBuilder(quiet, service.Observe(observe)).AddLayer(work()).Build()
	if err != nil {
		fmt.Println(err)
		return
	}
	go func() {
		<-node.Ready()
		node.Stop(nil)
	}()
	if err := node.Run(context.Background()); err != nil {
		fmt.Println(err)
	}
	fmt.Println("running:", changes[service.StateRunning], "done:", changes[service.StateDone])
	// Output:
	// built -> wiring
	// wiring -> waiting
	// waiting -> running
	// running -> stopping
	// stopping -> stopped
	// running: 1 done: 1
}

// The status says what a health endpoint wants to know.
func ExampleService_Status() {
	node, err := service.NewBuilder(quiet).AddLayer(work()).Build()
	if err != nil {
		fmt.Println(err)
		return
	}
	show := func() {
		status := node.Status()
		fmt.Printf("%v, ready: %v\n", status.Phase, status.Ready())
		for _, t := range status.Tasks {
			fmt.Printf("  %s %q of layer %q is %v\n", t.Kind, t.ID, t.Layer, t.State)
		}
	}
	show()
	ended := make(chan error)
	go func() { ended <- node.Run(context.Background()) }()
	<-node.Ready()
	show()
	node.Stop(nil)
	if err := <-ended; err != nil {
		fmt.Println(err)
	}
	show()
	// Output:
	// built, ready: false
	// running, ready: true
	//   task "worker" of layer "work" is running
	// stopped, ready: false
	//   task "worker" of layer "work" is done
}

// Whoever stops a node may say why, and Run returns it.
func ExampleService_Stop() {
	errDiskFull := errors.New("disk full")
	watchdog := wiring.NewLayer("watchdog", func(r *wiring.Registry) error {
		r.ProvideTask(func(node service.Handle) task.Task {
			return task.New("watchdog", task.Regular, func(ctx context.Context) error {
				node.Stop(errDiskFull)
				<-ctx.Done()
				fmt.Println("told to stop:", context.Cause(ctx))
				return ctx.Err()
			})
		})
		return nil
	})
	node, err := service.NewBuilder(quiet).AddLayer(watchdog).Build()
	if err != nil {
		fmt.Println(err)
		return
	}
	err = node.Run(context.Background())
	fmt.Println("result:", err)
	fmt.Println("is it the disk?", errors.Is(err, errDiskFull))
	// Output:
	// told to stop: disk full
	// result: disk full
	// is it the disk? true
}

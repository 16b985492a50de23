package wiring_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

// Config, Server and Conn are what the layers of these examples are about.
type (
	Config struct{ Addr string }
	Conn   struct{ addr string }
	Server struct{ conn *Conn }
)

func Dial(_ context.Context, c Config) (*Conn, error) { return &Conn{addr: c.Addr}, nil }
func NewServer(conn *Conn) *Server                    { return &Server{conn: conn} }

func (s *Server) ID() task.ID     { return "server" }
func (s *Server) Kind() task.Kind { return task.Oneshot }
func (s *Server) Run(context.Context) error {
	fmt.Println("serving with", s.conn.addr)
	return nil
}

// quiet keeps the log of the service out of the output.
var quiet = service.Logger(slog.New(slog.DiscardHandler))

// serve runs a node of the layers until all of its tasks are done.
func serve(layers ...wiring.Layer) {
	svc, err := service.NewBuilder(quiet).AddLayer(layers...).Build()
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := svc.Run(context.Background()); err != nil {
		fmt.Println(err)
	}
}

func ExampleNewLayer() {
	config := wiring.NewLayer("config", func(r *wiring.Registry) error {
		r.Supply(Config{Addr: "db:5432"})
		return nil
	})
	api := wiring.NewLayer("api", func(r *wiring.Registry) error {
		r.Provide(Dial)          // needs a Config, provides a *Conn
		r.ProvideTask(NewServer) // needs a *Conn
		return nil
	})

	svc, err := service.NewBuilder(quiet).AddLayer(api, config).Build()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(svc.Run(context.Background()))
	// Output:
	// serving with db:5432
	// <nil>
}

// What is missing is known before anything runs.
func ExampleMissingError() {
	api := wiring.NewLayer("api", func(r *wiring.Registry) error {
		r.ProvideTask(NewServer)
		return nil
	})

	_, err := service.NewBuilder(quiet).AddLayer(api).Build()
	if missing, ok := errors.AsType[*wiring.MissingError](err); ok {
		fmt.Printf("layer %q: %s needs %v\n", missing.Layer, missing.Function, missing.Resource)
	}
	// Output: layer "api": NewServer needs *wiring_test.Conn
}

func ExampleRegistry_Provide() {
	serve(wiring.NewLayer("api", func(r *wiring.Registry) error {
		r.Supply(Config{Addr: "db:5432"})
		r.Provide(func(ctx context.Context, c Config) (*Conn, error) {
			fmt.Println("connecting to", c.Addr) // once, and only because the server needs it
			return Dial(ctx, c)
		})
		r.ProvideTask(NewServer)
		return nil
	}))
	// Output:
	// connecting to db:5432
	// serving with db:5432
}

func ExampleRegistry_ProvideTask() {
	say := func(id task.ID) task.Task {
		return task.New(id, task.Oneshot, func(context.Context) error {
			fmt.Println(id)
			return nil
		})
	}
	serve(wiring.NewLayer("greeter", func(r *wiring.Registry) error {
		r.ProvideTask(func() task.Task { return say("hello") })
		return nil
	}))
	// Output: hello
}

func ExampleRegistry_Supply() {
	serve(wiring.NewLayer("api", func(r *wiring.Registry) error {
		r.Supply(&Conn{addr: "memory"})
		r.ProvideTask(NewServer)
		return nil
	}))
	// Output: serving with memory
}

func ExampleRegistry_Invoke() {
	serve(wiring.NewLayer("api", func(r *wiring.Registry) error {
		r.Supply(&Conn{addr: "memory"})
		r.Invoke(func(c *Conn) error {
			fmt.Println("checking", c.addr)
			return nil
		})
		r.ProvideTask(NewServer)
		return nil
	}))
	// Output:
	// checking memory
	// serving with memory
}

func ExampleName() {
	type params struct {
		wiring.In

		Primary *Conn
		Replica *Conn `name:"replica"`
	}
	serve(wiring.NewLayer("api", func(r *wiring.Registry) error {
		r.Supply(&Conn{addr: "db:5432"})
		r.Supply(&Conn{addr: "replica:5432"}, wiring.Name("replica"))
		r.ProvideTask(func(p params) *Server {
			fmt.Println(p.Primary.addr, "and", p.Replica.addr)
			return NewServer(p.Replica)
		})
		return nil
	}))
	// Output:
	// db:5432 and replica:5432
	// serving with replica:5432
}

func ExampleAs() {
	serve(wiring.NewLayer("report", func(r *wiring.Registry) error {
		r.Supply(os.Stdout, wiring.As[io.Writer]())
		r.ProvideTask(func(w io.Writer) task.Task {
			return task.New("report", task.Oneshot, func(context.Context) error {
				_, err := fmt.Fprintln(w, "all is well")
				return err
			})
		})
		return nil
	}))
	// Output: all is well
}

func ExampleGroup() {
	type params struct {
		wiring.In

		Paths []string `group:"paths"`
	}
	users := wiring.NewLayer("users", func(r *wiring.Registry) error {
		r.Supply("/users", wiring.Group("paths"))
		return nil
	})
	orders := wiring.NewLayer("orders", func(r *wiring.Registry) error {
		r.Supply([]string{"/orders", "/invoices"}, wiring.Group("paths,flatten"))
		return nil
	})
	web := wiring.NewLayer("web", func(r *wiring.Registry) error {
		r.ProvideTask(func(p params) task.Task {
			return task.New("web", task.Oneshot, func(context.Context) error {
				fmt.Println("serving", p.Paths)
				return nil
			})
		})
		return nil
	})

	serve(web, users, orders)
	// Output: serving [/users /orders /invoices]
}

func ExampleDefault() {
	api := wiring.NewLayer("api", func(r *wiring.Registry) error {
		r.Supply(Config{Addr: "localhost:5432"}, wiring.Default())
		r.Provide(Dial)
		r.ProvideTask(NewServer)
		return nil
	})
	production := wiring.NewLayer("production", func(r *wiring.Registry) error {
		r.Supply(Config{Addr: "db:5432"})
		return nil
	})

	serve(api)
	serve(api, production)
	// Output:
	// serving with localhost:5432
	// serving with db:5432
}

func ExampleBundle() {
	storage := wiring.Bundle("storage",
		wiring.NewLayer("config", func(r *wiring.Registry) error { r.Supply(Config{Addr: "db:5432"}); return nil }),
		wiring.NewLayer("postgres", func(r *wiring.Registry) error { r.Provide(Dial); return nil }),
	)
	api := wiring.NewLayer("api", func(r *wiring.Registry) error { r.ProvideTask(NewServer); return nil })
	memory := wiring.NewLayer("memory", func(r *wiring.Registry) error { r.Supply(&Conn{addr: "memory"}); return nil })

	serve(storage, api)

	svc, err := service.NewBuilder(quiet).AddLayer(storage, api).ReplaceLayer("storage", memory).Build()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(svc.Run(context.Background()))
	// Output:
	// serving with db:5432
	// serving with memory
	// <nil>
}

func ExampleChoose() {
	api := wiring.NewLayer("api", func(r *wiring.Registry) error { r.ProvideTask(NewServer); return nil })
	conn := func(addr string) wiring.Layer {
		return wiring.NewLayer(addr, func(r *wiring.Registry) error { r.Supply(&Conn{addr: addr}); return nil })
	}
	storage := func(value string) wiring.Layer {
		return wiring.Choose("storage", value, map[string]wiring.Layer{
			"memory":   conn("memory"),
			"postgres": conn("db:5432"),
		})
	}

	serve(api, storage("postgres"))

	_, err := service.NewBuilder(quiet).AddLayer(storage("postgers")).Build()
	fmt.Println(err)
	// Output:
	// serving with db:5432
	// wiring: layer "storage": unknown storage "postgers" (did you mean "postgres"? known: "memory", "postgres")
}

func ExampleIf() {
	debug := wiring.NewLayer("debug", func(r *wiring.Registry) error {
		r.Invoke(func(c *Conn) { fmt.Println("debugging", c.addr) })
		return nil
	})
	api := wiring.NewLayer("api", func(r *wiring.Registry) error {
		r.Supply(&Conn{addr: "memory"})
		r.ProvideTask(NewServer)
		return nil
	})

	for _, enabled := range []bool{false, true} {
		serve(api, wiring.If(enabled, debug))
	}
	// Output:
	// serving with memory
	// debugging memory
	// serving with memory
}

func ExampleShutdownHooks_Add() {
	serve(wiring.NewLayer("api", func(r *wiring.Registry) error {
		r.Provide(func(hooks *wiring.ShutdownHooks) *Conn {
			hooks.Add("close-conn", func(context.Context) error {
				fmt.Println("closing") // after the server has ended
				return nil
			})
			return &Conn{addr: "memory"}
		})
		r.ProvideTask(NewServer)
		return nil
	}))
	// Output:
	// serving with memory
	// closing
}

func ExampleGraph_WriteMermaid() {
	svc, err := service.NewBuilder(quiet).AddLayer(
		wiring.NewLayer("api", func(r *wiring.Registry) error { r.ProvideTask(NewServer); return nil }),
		wiring.NewLayer("storage", func(r *wiring.Registry) error {
			r.Supply(Config{Addr: "db:5432"})
			r.Provide(Dial)
			return nil
		}),
	).Build()
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := svc.Graph().WriteMermaid(os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Output:
	// flowchart LR
	// 	subgraph l0["api"]
	// 		c0["NewServer<br/>task"]
	// 	end
	// 	subgraph l1["storage"]
	// 		c1["value"]
	// 		c2["Dial"]
	// 	end
	// 	subgraph l2["service"]
	// 		c3["value"]
	// 		c4["value"]
	// 	end
	// 	r0(["*wiring_test.Conn"])
	// 	r1(["wiring_test.Config"])
	// 	r2(["service.Handle"])
	// 	r3(["*slog.Logger"])
	// 	c0 --> r0
	// 	r1 --> c1
	// 	c2 --> r1
	// 	r0 --> c2
	// 	r2 --> c3
	// 	r3 --> c4
}

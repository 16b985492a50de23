package recipes

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

// Config is the configuration of the node.
type Config struct {
	Storage string // memory or file
	Listen  string // address of the API
	Migrate bool   // whether this node sets the schema up
}

// A deployment is a function that returns a builder.
func node(cfg Config) *service.Builder {
	return service.NewBuilder().
		AddLayer(
			wiring.Choose("storage", cfg.Storage, map[string]wiring.Layer{
				"memory": memoryStorage,
				"file":   fileStorage,
			}),
			wiring.If(cfg.Migrate, migrator),
			schemaCheck,
			api(cfg.Listen),
		)
}

// The same node, with one piece swapped.
func staging(cfg Config) *service.Builder {
	return node(cfg).ReplaceLayer("api", api("127.0.0.1:0"))
}

// Schema is what the migrator sets up and the check waits for.
type Schema struct{ version atomic.Int32 }

func (s *Schema) migrate(context.Context) error {
	s.version.Store(2)
	return nil
}

// The set-up runs on one node only; the precondition on every node.
var migrator = wiring.NewLayer("migrator", func(r *wiring.Registry) error {
	r.ProvideTask(func(s *Schema) task.Task {
		return task.New("migrate", task.UnconstrainedOneshot, s.migrate)
	})
	return nil
})

var schemaCheck = wiring.NewLayer("schema-check", func(r *wiring.Registry) error {
	r.ProvideTask(func(s *Schema) task.Task {
		return task.Poll("schema-current", time.Second, func(context.Context) (bool, error) {
			return s.version.Load() == 2, nil
		})
	})
	return nil
})

// Server answers requests until the node stops, and then those that it has begun.
type Server struct {
	listener net.Listener
	http     http.Server
}

func newServer(ctx context.Context, address string, s *Store, hooks *wiring.ShutdownHooks) (*Server, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address) // a busy port is a wiring error
	if err != nil {
		return nil, err
	}
	hooks.Add("close-listener", func(context.Context) error { _ = l.Close(); return nil })
	return &Server{listener: l, http: http.Server{Handler: s, ReadHeaderTimeout: 5 * time.Second}}, nil
}

// Run serves, and drains when told to stop.
func (s *Server) Run(ctx context.Context) error {
	failed := make(chan error, 1)
	go func() { failed <- s.http.Serve(s.listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	err := s.http.Shutdown(task.Drain(ctx)) // alive until the stop deadline of this task
	if served := <-failed; !errors.Is(served, http.ErrServerClosed) {
		return served
	}
	return err
}

func api(listen string) wiring.Layer {
	return wiring.NewLayer("api", func(r *wiring.Registry) error {
		r.Provide(func(ctx context.Context, s *Store, hooks *wiring.ShutdownHooks) (*Server, error) {
			return newServer(ctx, listen, s, hooks)
		})
		r.ProvideTask(func(s *Server) task.Task { return task.New("api", task.Regular, s.Run) })
		return nil
	})
}

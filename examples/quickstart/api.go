package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

// apiLayer answers HTTP requests on an address.
type apiLayer struct {
	listen string
	stdout io.Writer
}

func (apiLayer) Name() string { return "api" }

func (l apiLayer) Wire(r *wiring.Registry) error {
	r.ProvideTask(l.newServer)
	return nil
}

// newServer takes the port, so that one which is in use ends the program before
// anything has started. Clients may connect from now on and wait for the server.
func (l apiLayer) newServer(
	ctx context.Context, store Store, node service.Handle, logger *slog.Logger, hooks *wiring.ShutdownHooks,
) (*server, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", l.listen)
	if err != nil {
		return nil, err
	}
	hooks.Add("close-listener", func(context.Context) error { return closeListener(listener) })
	api := &api{store: store, node: node}
	return &server{
		listener: listener,
		stdout:   l.stdout,
		http: &http.Server{
			Handler:           api.handler(),
			ErrorLog:          slog.NewLogLogger(logger.Handler(), slog.LevelWarn),
			ReadHeaderTimeout: 10 * time.Second,
			ReadTimeout:       time.Minute,
			WriteTimeout:      time.Minute,
			IdleTimeout:       2 * time.Minute,
		},
	}, nil
}

// closeListener closes the listener of a server that was never run, because another
// layer has failed. One that was run has closed it.
func closeListener(l net.Listener) error {
	if err := l.Close(); !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}

// server is the task that serves the API. It is a daemon: it says that the node is not
// ready while the store is being prepared and while the other tasks stop, and is told
// to stop when they have ended.
type server struct {
	listener net.Listener
	http     *http.Server
	stdout   io.Writer
}

func (*server) ID() task.ID     { return "http-server" }
func (*server) Kind() task.Kind { return task.Daemon }

func (s *server) Run(ctx context.Context) error {
	served := make(chan error, 1)
	var serving sync.WaitGroup
	defer serving.Wait()
	serving.Go(func() { served <- s.http.Serve(s.listener) })
	fmt.Fprintf(s.stdout, "listening on http://%v\n", s.listener.Addr())
	select {
	case err := <-served: // the listener has failed
		return err
	case <-ctx.Done():
		fmt.Fprintln(s.stdout, "stopping when open requests have ended")
		return s.drain(task.Drain(ctx))
	}
}

// drain lets open requests end as long as ctx lives, and then cuts them off.
func (s *server) drain(ctx context.Context) error {
	if err := s.http.Shutdown(ctx); err != nil {
		return fmt.Errorf("open requests were cut off: %w", errors.Join(err, s.http.Close()))
	}
	return nil
}

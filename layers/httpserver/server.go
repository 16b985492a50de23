package httpserver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/wireframework/wireframework/task"
)

// Server is an HTTP server of a node. It listens from the time that it is built, and
// serves while its task runs. Ask for it by its name. All methods may be called at any
// time, from any goroutine.
type Server struct {
	name     string
	kind     task.Kind
	listener net.Listener
	http     *http.Server // complete once the task runs
	conns    connections
	dropped  atomic.Int64
}

func newServer(name string, o Options, listener net.Listener, handler http.Handler) *Server {
	s := &Server{name: name, listener: listener}
	if o.Daemon {
		s.kind = task.Daemon
	}
	s.http = &http.Server{
		Handler:           s.conns.track(handler),
		ReadHeaderTimeout: o.ReadHeaderTimeout,
		ReadTimeout:       o.ReadTimeout,
		WriteTimeout:      o.WriteTimeout,
		IdleTimeout:       o.IdleTimeout,
		MaxHeaderBytes:    o.MaxHeaderBytes,
		ConnContext:       s.conns.context,
		ConnState:         s.conns.change,
	}
	return s
}

// Name returns the name of the server.
func (s *Server) Name() string { return s.name }

// Addr returns the address on which the server listens, with the port that was given to
// it if it has asked for port 0.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// Dropped returns how many connections were closed before their request was answered,
// because they have outlived the drain. It is 0 until the server has stopped.
func (s *Server) Dropped() int { return int(s.dropped.Load()) }

func (s *Server) task() task.Task { return task.New(task.ID("http-"+s.name), s.kind, s.run) }

// run serves until the stop, and then drains.
func (s *Server) run(ctx context.Context) error {
	log := task.Logger(ctx)
	// Requests end when they are cut off, not by the stop.
	requests, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	s.http.BaseContext = func(net.Listener) context.Context { return withStop(requests, ctx.Done()) }
	s.http.ErrorLog = slog.NewLogLogger(log.Handler(), slog.LevelWarn)
	log.Info("listening", "address", s.Addr().String())

	served := make(chan error, 1)
	var serving sync.WaitGroup
	defer serving.Wait()
	serving.Go(func() { served <- s.http.Serve(s.listener) })

	select {
	case err := <-served:
		s.cut(cancel, log)
		return fmt.Errorf("server %q on %v: %w", s.name, s.Addr(), err)
	case <-ctx.Done():
		return s.drain(task.Drain(ctx), cancel, log)
	}
}

// drain takes no more connections and lets open requests end as long as ctx lives. What
// does not is cut off and counted, which is no failure of the server.
func (s *Server) drain(ctx context.Context, cancel context.CancelFunc, log *slog.Logger) error {
	err := s.http.Shutdown(ctx)
	if err == nil {
		err = s.conns.wait(ctx) // for handlers that have taken over their connection
	}
	if err == nil {
		return nil
	}
	s.cut(cancel, log)
	if errors.Is(err, ctx.Err()) {
		return nil
	}
	return err
}

// cut counts the connections that are left, cancels their requests, closes them, and waits
// for their handlers. One that does not return hangs, and so does the task, which the
// service reports with its stack.
func (s *Server) cut(cancel context.CancelFunc, log *slog.Logger) {
	dropped := s.conns.close()
	cancel()
	_ = s.http.Close() // its error is that of the listener, which is closed already
	if dropped > 0 {
		s.dropped.Add(int64(dropped))
		log.Warn("connections were closed before their request was answered", "dropped", dropped)
	}
	_ = s.conns.wait(context.Background()) // which does not end
}

type stopKey struct{}

func withStop(ctx context.Context, stop <-chan struct{}) context.Context {
	return context.WithValue(ctx, stopKey{}, stop)
}

// Stopping returns a channel that is closed when the server begins to drain. Give it
// the context of a request: a handler that goes on for long, such as a stream of
// events, ends its answer then. The context of the request itself lives on until the
// drain is over. Outside a server of this package the channel is nil, which is never
// closed.
func Stopping(ctx context.Context) <-chan struct{} {
	stop, _ := ctx.Value(stopKey{}).(<-chan struct{})
	return stop
}

package httpserver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"

	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

// New returns the layer "http-NAME": a server of the given name, which consists of
// lower-case letters, digits and hyphens. It provides a [*Server] with this name, and
// the task "http-NAME". Routes are members of the group "http-routes".
func New(name string, o Options) wiring.Layer { return layer{name, o.withDefaults()} }

// Ops returns the layer "http-ops": the server "ops", where operators and their tools
// ask how the node does. It is a daemon, so it answers before the gate opens and while
// the other tasks stop.
func Ops(o Options) wiring.Layer { return New("ops", o.withOpsDefaults()) }

type layer struct {
	server  string
	options Options
}

// serverName is a member of the group "http-servers": it says that there is a server
// without building it.
type serverName string

func (l layer) Name() string { return "http-" + l.server }

func (l layer) Wire(r *wiring.Registry) error {
	problems := l.options.check()
	if !isName(l.server) {
		problems = append(problems, fmt.Errorf("name %q is not made of lower-case letters, digits and hyphens", l.server))
	}
	if len(problems) > 0 {
		return errors.Join(problems...)
	}
	r.Supply(serverName(l.server), wiring.Group("http-servers"))
	r.Provide(l.newServer, wiring.Name(l.server))
	r.ProvideTask(newTask, wiring.From[*Server](l.server))
	r.Invoke(l.checkServers)
	return nil
}

func isName(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z')
	})
}

type routesIn struct {
	wiring.In
	Routes []Route `group:"http-routes"`
}

// newServer takes the port, so that one which is in use ends the program before
// anything has started. Clients may connect from now on and wait for the server.
func (l layer) newServer(ctx context.Context, in routesIn, hooks *wiring.ShutdownHooks) (*Server, error) {
	listener, err := l.listen(ctx)
	if err != nil {
		return nil, err
	}
	hooks.Add("close-listener", func(context.Context) error { return closeListener(listener) })
	handler, err := l.handler(listener.Addr(), in.Routes)
	if err != nil {
		return nil, err
	}
	return newServer(l.server, l.options, listener, handler), nil
}

func (l layer) listen(ctx context.Context) (net.Listener, error) {
	if l.options.Listener == nil {
		listener, err := new(net.ListenConfig).Listen(ctx, "tcp", l.options.Listen)
		if errors.Is(err, syscall.EADDRINUSE) {
			err = fmt.Errorf("%w (another program has this port: end it, or give Listen another one; 0 takes a free one)", err)
		}
		return listener, err
	}
	listener, err := l.options.Listener(ctx)
	if err == nil && listener == nil {
		err = errors.New("the function Listener has returned neither a listener nor an error")
	}
	return listener, err
}

// closeListener closes the listener of a server that was never run. One that was run
// has closed it.
func closeListener(l net.Listener) error {
	if err := l.Close(); !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}

func newTask(s *Server) task.Task { return s.task() }

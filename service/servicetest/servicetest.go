package servicetest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wireframework/wireframework/resource"
	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/wiring"
)

// readyTimeout is how long Start waits for a node that neither becomes ready nor
// stops.
const readyTimeout = time.Minute

// Option changes the graph of a node under test.
type Option func(*wiring.Assembly)

// Override provides value, as a resource of type T and the given name, instead of
// what the layers provide; what only that resource needed is not built. The test
// fails if no layer provides it, or nothing needs it.
func Override[T any](value T, name ...string) Option {
	return func(a *wiring.Assembly) {
		a.Override(resource.IDOf[T](name...), reflect.ValueOf(&value).Elem())
	}
}

// Supply provides value, as a resource of type T and the given name, which no layer
// of this node provides. The test fails if a layer does provide it, or nothing
// needs it.
func Supply[T any](value T, name ...string) Option {
	return func(a *wiring.Assembly) {
		a.Supply(resource.IDOf[T](name...), reflect.ValueOf(&value).Elem())
	}
}

// Populate builds the resource of type T and the given name and stores it in dst
// before Start returns.
func Populate[T any](dst *T, name ...string) Option {
	return func(a *wiring.Assembly) {
		a.Populate(resource.IDOf[T](name...), func(v reflect.Value) {
			*dst, _ = v.Interface().(T) // a nil interface has no value to assert
		})
	}
}

// Only runs only the tasks, and the invokes, of the named layers and bundles; the
// rest of the graph is built only as far as they need it.
func Only(layers ...string) Option {
	return func(a *wiring.Assembly) { a.Only(layers...) }
}

// Verify builds the service, which checks its whole graph and calls no constructor.
// The test fails with all problems at once.
func Verify(t testing.TB, b *service.Builder) {
	t.Helper()
	if _, err := b.Build(); err != nil {
		t.Fatalf("the graph does not verify:\n%v", err)
	}
}

// Node is a service that runs for a test.
type Node struct {
	t    testing.TB
	svc  *service.Service
	done chan struct{} // closed when Run has returned
	err  error         // of Run; set before done is closed
	once sync.Once     // reports what Run left behind
}

// Start builds the service, runs it, and waits until it is ready; it fails the test
// with the reason if that does not happen. The node is stopped in a clean-up of the
// test, which fails if the node has failed by then. The builder is not changed, and
// may be used for several nodes at once.
//
// The log of the node goes to the output of the test unless the builder has a logger.
// In a bubble of [testing/synctest] the whole node runs in virtual time.
func Start(t testing.TB, b *service.Builder, opts ...Option) *Node {
	t.Helper()
	out := &output{t: t}
	b = b.Clone(service.Logger(slog.New(slog.NewTextHandler(out, nil))))
	for _, o := range opts {
		o(b.Assembly())
	}
	svc, err := b.Build()
	if err != nil {
		t.Fatalf("the graph does not verify:\n%v", err)
	}
	n := &Node{t: t, svc: svc, done: make(chan struct{})}
	t.Cleanup(out.close)
	t.Cleanup(n.cleanUp)
	go func() {
		defer close(n.done)
		n.err = errors.New("Run did not return: its goroutine has exited")
		n.err = svc.Run(context.WithoutCancel(t.Context()))
	}()
	n.awaitReady()
	return n
}

func (n *Node) awaitReady() {
	n.t.Helper()
	timeout := time.NewTimer(readyTimeout)
	defer timeout.Stop()
	select {
	case <-n.svc.Ready():
	case <-n.done:
		select {
		case <-n.svc.Ready(): // a node of oneshots has been ready and is done
			return
		default:
		}
		n.once.Do(func() {}) // told here
		if n.err != nil {
			n.t.Fatalf("the node failed before it was ready:\n%v", n.err)
		}
		n.t.Fatalf("the node stopped before it was ready: %v\n%s", n.svc.Status().Cause, tasks(n.svc.Status()))
	case <-timeout.C:
		n.t.Fatalf("the node is not ready after %v: %s", readyTimeout, describe(n.svc.Status()))
	}
}

// describe says what a node that is not ready waits for.
func describe(s service.Status) string {
	if len(s.Pending) == 0 {
		return fmt.Sprintf("it is still %v\n%s", s.Phase, tasks(s))
	}
	pending := make([]string, len(s.Pending))
	for i, id := range s.Pending {
		pending[i] = fmt.Sprintf("%q", id)
	}
	return fmt.Sprintf("the gate waits for %s\n%s", strings.Join(pending, ", "), tasks(s))
}

// tasks lists the tasks of a node, a line each.
func tasks(s service.Status) string {
	lines := make([]string, len(s.Tasks))
	for i, t := range s.Tasks {
		lines[i] = fmt.Sprintf("  %s %q (layer %q) is %v", t.Kind, t.ID, t.Layer, t.State)
	}
	return strings.Join(lines, "\n")
}

// Service returns the service of the node.
func (n *Node) Service() *service.Service { return n.svc }

// Stop stops the node, waits until Run has returned, and returns its error. It fails
// the test if a task was abandoned. It may be called again, and then returns the
// same.
func (n *Node) Stop() error {
	n.t.Helper()
	n.svc.Stop(nil)
	<-n.done
	n.once.Do(func() { n.reportAbandoned() })
	return n.err
}

// cleanUp stops the node, and fails the test for an error that nobody has seen.
func (n *Node) cleanUp() {
	n.t.Helper()
	n.svc.Stop(nil)
	<-n.done
	n.once.Do(func() {
		if !n.reportAbandoned() && n.err != nil {
			n.t.Errorf("the node failed:\n%v", n.err)
		}
	})
}

func (n *Node) reportAbandoned() bool {
	n.t.Helper()
	abandoned := false
	for _, t := range n.svc.Status().Tasks {
		if t.State == service.StateAbandoned {
			abandoned = true
			n.t.Errorf("%+v", t.Err)
		}
	}
	return abandoned
}

// output writes to the test as long as it runs: a task that was given up may log
// later.
type output struct {
	mu     sync.Mutex // protects following fields
	t      testing.TB
	closed bool
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return len(p), nil
	}
	return o.t.Output().Write(p)
}

func (o *output) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
}

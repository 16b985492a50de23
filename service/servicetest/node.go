package servicetest

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wireframework/wireframework/internal/testkit"
	"github.com/wireframework/wireframework/service"
)

// Verify builds the service, which checks its whole graph and calls no constructor.
// The test fails with all problems at once; warnings go to its log.
func Verify(t testing.TB, b *service.Builder) {
	t.Helper()
	verify(t, b)
}

// Build builds the service with the options and does not run it: a look at the graph of
// a part. The test fails with all problems at once.
func Build(t testing.TB, b *service.Builder, opts ...Option) *service.Service {
	t.Helper()
	n := newNode(t)
	n.build(b, opts)
	return n.svc
}

func verify(t testing.TB, b *service.Builder) *service.Service {
	t.Helper()
	svc, err := b.Build()
	if err != nil {
		t.Fatal(describeGraph(err))
	}
	for _, w := range svc.Warnings() {
		t.Log(w)
	}
	return svc
}

// Node is a service that runs for a test. Its methods may be called from any
// goroutine.
type Node struct {
	t       testing.TB
	svc     *service.Service
	config  config
	trace   *trace
	scope   testkit.Scope // all goroutines of the node
	done    chan struct{} // closed when Run has returned
	err     error         // of Run; set before done is closed
	told    atomic.Bool   // somebody has been told err
	settled sync.Once

	traced bool // what was abandoned is in a trace, and no failure of the test
}

// Start builds the service, runs it, and waits until it is ready; it fails the test
// with the reason if that does not happen. It must be called on the goroutine of the
// test. A node that is done by then, such as one of oneshots, was ready; it may have
// stopped when Start returns, and closed what the test has populated, see [Populate].
//
// When Start returns, every task has been started, but may have to get to its first
// instruction yet; in a bubble, [testing/synctest.Wait] waits for that.
//
// The log of the node goes to the output of the test unless the builder has a logger,
// or a layer provides one, as layers/logging does. This brings it back to the test:
//
//	servicetest.Override(slog.New(slog.NewTextHandler(t.Output(), nil)))
func Start(t testing.TB, b *service.Builder, opts ...Option) *Node {
	t.Helper()
	n := newNode(t)
	n.build(b, opts)
	n.start()
	n.awaitReady()
	return n
}

func newNode(t testing.TB) *Node {
	return &Node{
		t:      t,
		config: config{timeout: time.Minute},
		trace:  &trace{},
		scope:  testkit.NewScope(),
		done:   make(chan struct{}),
	}
}

// build builds the service of the node.
func (n *Node) build(b *service.Builder, opts []Option) {
	n.t.Helper()
	b = b.Clone(service.Logger(testkit.Logger(n.t)), service.Observe(n.trace.observe))
	n.config.assembly = b.Assembly()
	for _, o := range opts {
		if o != nil {
			o(&n.config)
		}
	}
	svc, err := b.Build()
	if err != nil {
		n.t.Fatal(describePart(err))
	}
	n.svc = svc
}

// start runs the service and does not wait for it.
func (n *Node) start() {
	n.t.Cleanup(n.cleanUp)
	go n.scope.Do(context.WithoutCancel(n.t.Context()), n.run)
}

func (n *Node) run(ctx context.Context) {
	defer close(n.done)
	n.err = errors.New("the run has not returned: an observer has ended its goroutine")
	n.err = n.svc.Run(ctx)
}

func (n *Node) awaitReady() {
	n.t.Helper()
	timeout := time.NewTimer(n.config.timeout)
	defer timeout.Stop()
	select {
	case <-n.svc.Ready():
	case <-n.done:
		if !n.wasReady() {
			n.told.Store(true)
			n.t.Fatal(describeEnd(n.err, n.svc.Status()))
		}
	case <-timeout.C:
		n.t.Fatal(n.describeWait("is not ready"))
	}
}

func (n *Node) wasReady() bool {
	select {
	case <-n.svc.Ready():
		return true
	default:
		return false
	}
}

// Service returns the service of the node.
func (n *Node) Service() *service.Service { return n.svc }

// Stop asks the node to stop, waits until it has, and returns the error of Run. The
// test fails if something did not stop in time, or goroutines are left. Stop may be
// called again, and then returns the same.
func (n *Node) Stop() error {
	n.t.Helper()
	n.svc.Stop(nil)
	return n.Wait()
}

// Wait waits until the node stops by itself, or by [Node.Stop], and returns the error
// of Run. The test fails for the same reasons as with Stop.
func (n *Node) Wait() error {
	n.t.Helper()
	<-n.done
	n.told.Store(true)
	n.settle()
	return n.err
}

// cleanUp stops the node, and fails the test for an error that nobody was told.
func (n *Node) cleanUp() {
	n.t.Helper()
	n.svc.Stop(nil)
	<-n.done
	n.settle()
	if n.told.Swap(true) {
		return
	}
	var rest []error
	for _, err := range failures(n.err) {
		if !isAbandoned(err) {
			rest = append(rest, err)
		}
	}
	if len(rest) > 0 {
		n.t.Error("the node has failed" + list(rest))
	}
}

// settle fails the test, once, for what the node has not ended.
func (n *Node) settle() {
	n.t.Helper()
	n.settled.Do(func() {
		n.t.Helper()
		left := n.scope.Left(n.config.ignored...)
		for _, err := range failures(n.err) {
			if !isAbandoned(err) {
				continue
			}
			var place string
			place, left = placeOf(err, left)
			if !n.traced {
				n.t.Error("something did not stop in time and was abandoned\n  " + err.Error() + place)
			}
		}
		if len(left) > 0 {
			n.t.Error("the node has stopped, but goroutines of it are left (wait for them in Run, or end them in a shutdown hook)" + places(left))
		}
	})
}

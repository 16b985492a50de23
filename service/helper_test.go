package service_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/multierr"

	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

var errBoom = errors.New("boom")

var kinds = []task.Kind{
	task.Regular, task.Oneshot, task.Precondition, task.Unconstrained, task.UnconstrainedOneshot, task.Daemon,
}

// provide returns a layer that provides tasks.
func provide(layer string, tasks ...task.Task) wiring.Layer {
	return wiring.NewLayer(layer, func(r *wiring.Registry) error {
		r.ProvideTask(func() []task.Task { return tasks })
		return nil
	})
}

// layer returns a layer whose registration cannot fail.
func layer(name string, register func(*wiring.Registry)) wiring.Layer {
	return wiring.NewLayer(name, func(r *wiring.Registry) error {
		register(r)
		return nil
	})
}

type options []service.Option

// build builds a service that logs nothing unless the options say otherwise.
func build(t testing.TB, opts options, layers ...wiring.Layer) *service.Service {
	t.Helper()
	opts = append(options{service.Logger(slog.New(slog.DiscardHandler))}, opts...)
	s, err := service.NewBuilder(opts...).AddLayer(layers...).Build()
	require.NoError(t, err)
	return s
}

// node is a service that runs.
type node struct {
	*service.Service
	done chan struct{}
	err  error         // of Run, once done
	took time.Duration // from the call of Run to its return
}

func run(s *service.Service) *node { return runWith(context.Background(), s) }

func runWith(ctx context.Context, s *service.Service) *node {
	n := &node{Service: s, done: make(chan struct{})}
	go func() {
		defer close(n.done)
		began := time.Now()
		n.err = errors.New("the goroutine of Run has exited")
		n.err = s.Run(ctx)
		n.took = time.Since(began)
	}()
	return n
}

// wait returns the error of Run.
func (n *node) wait() error {
	<-n.done
	return n.err
}

// tasks lists the tasks of a status as "id state".
func tasks(s service.Status) []string {
	lines := []string{}
	for _, t := range s.Tasks {
		lines = append(lines, fmt.Sprintf("%s %v", t.ID, t.State))
	}
	return lines
}

// isReady reports whether the channel Ready has been closed.
func isReady(s *service.Service) bool {
	select {
	case <-s.Ready():
		return true
	default:
		return false
	}
}

// messages lists the errors that Run has returned, in their order.
func messages(err error) []string {
	lines := []string{}
	for _, e := range multierr.Errors(err) {
		lines = append(lines, e.Error())
	}
	return lines
}

// taskError asserts that the error of a task is in err, with the kind, the layer and
// the cause that are known, and returns it.
func taskError(t testing.TB, err error, want service.TaskError) *service.TaskError {
	t.Helper()
	for _, e := range multierr.Errors(err) {
		got, ok := errors.AsType[*service.TaskError](e)
		if !ok || got.ID != want.ID {
			continue
		}
		assert.Equal(t, want.Kind, got.Kind)
		assert.Equal(t, want.Layer, got.Layer)
		if want.Err != nil {
			assert.ErrorIs(t, got, want.Err)
		}
		return got
	}
	require.Failf(t, "no such error", "no error of task %q in: %v", want.ID, err)
	return nil
}

// waits returns a task that runs until it is told to stop.
func waits(id task.ID, kind task.Kind) task.Task { return lingers(id, kind, 0, nil) }

// lasts returns a task that ends with err after d, whatever happens.
func lasts(id task.ID, kind task.Kind, d time.Duration, err error) task.Task {
	return task.New(id, kind, func(context.Context) error {
		time.Sleep(d)
		return err
	})
}

// lingers returns a task that runs until it is told to stop, and d longer.
func lingers(id task.ID, kind task.Kind, d time.Duration, err error) task.Task {
	return task.New(id, kind, func(ctx context.Context) error {
		<-ctx.Done()
		time.Sleep(d)
		return err
	})
}

// hangs returns a task that ignores its context until the test is over.
func hangs(t testing.TB, id task.ID, kind task.Kind) task.Task {
	over := untilEnd(t)
	return task.New(id, kind, func(context.Context) error {
		<-over
		return nil
	})
}

// untilEnd returns a channel that is closed when the test is over.
func untilEnd(t testing.TB) <-chan struct{} {
	over := make(chan struct{})
	t.Cleanup(func() { close(over) })
	return over
}

// visits notes when something has been entered.
type visits struct {
	begin time.Time

	mu    sync.Mutex // protects following fields
	times map[string]time.Duration
}

func newVisits() *visits {
	return &visits{begin: time.Now(), times: map[string]time.Duration{}}
}

func (v *visits) enter(what string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.times[what] = time.Since(v.begin)
}

func (v *visits) all() map[string]time.Duration {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.times
}

// watch returns a task that is t and notes when it is entered.
func (v *visits) watch(t task.Task) task.Task { return visited{t, v} }

type visited struct {
	task.Task
	visits *visits
}

func (t visited) Run(ctx context.Context) error {
	t.visits.enter(string(t.ID()))
	return t.Task.Run(ctx)
}

// trace lists all events of a service with their times.
type trace struct {
	begin time.Time

	mu    sync.Mutex // protects following fields
	lines []string
}

func newTrace() *trace { return &trace{begin: time.Now()} }

func (tr *trace) observe(ev service.Event) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.lines = append(tr.lines, fmt.Sprintf("%v %s", time.Since(tr.begin), describe(ev)))
}

func (tr *trace) all() []string {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return tr.lines
}

func describe(ev service.Event) string {
	switch ev := ev.(type) {
	case service.LayerRegistered:
		return "layer " + ev.Layer
	case service.PhaseChanged:
		return fmt.Sprintf("phase %v -> %v", ev.From, ev.To)
	case service.ConstructorStarted:
		return fmt.Sprintf("%s: constructor started", ev.Layer)
	case service.ConstructorFinished:
		return fmt.Sprintf("%s: constructor finished after %v", ev.Layer, ev.Duration)
	case service.ConstructorSlow:
		return fmt.Sprintf("%s: constructor slow for %v", ev.Layer, ev.Elapsed)
	case service.ConstructorFailed:
		return fmt.Sprintf("%s: constructor failed after %v: %v", ev.Layer, ev.Duration, ev.Err)
	case service.TaskChanged:
		if ev.Err != nil {
			return fmt.Sprintf("%s %v -> %v: %v", ev.ID, ev.From, ev.To, ev.Err)
		}
		return fmt.Sprintf("%s %v -> %v", ev.ID, ev.From, ev.To)
	case service.TaskAbandoned:
		return fmt.Sprintf("%s abandoned: %v", ev.ID, ev.Err)
	case service.GateWaiting:
		return fmt.Sprintf("gate waits for %v for %v", ev.Pending, ev.Elapsed)
	case service.GateOpened:
		return fmt.Sprintf("gate opened after %v", ev.Waited)
	case service.StopRequested:
		return fmt.Sprintf("stop: %v", ev.Cause)
	case service.HookStarted:
		return fmt.Sprintf("hook %s of %s started", ev.Name, ev.Layer)
	case service.HookFinished:
		return fmt.Sprintf("hook %s of %s finished after %v: %v", ev.Name, ev.Layer, ev.Duration, ev.Err)
	}
	return fmt.Sprintf("unknown event %T", ev)
}

// newLog returns a logger and what it has written, a line for each record, without
// times.
func newLog() (service.Option, func() []string) {
	var out lockedBuffer
	h := slog.NewTextHandler(&out, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}})
	return service.Logger(slog.New(h)), func() []string {
		return strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	}
}

type lockedBuffer struct {
	mu  sync.Mutex // protects following fields
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

func findConstructor(err error) (*wiring.ConstructorError, bool) {
	return errors.AsType[*wiring.ConstructorError](err)
}

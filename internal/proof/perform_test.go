package proof

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/multierr"

	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

// stopWay is how somebody outside asks for the stop.
type stopWay uint8

const (
	stopNil stopWay = iota
	stopErr
	ctxCancel
	ctxDeadline
	ctxCause
	stopWays
)

func (w stopWay) String() string {
	return [...]string{"Stop(nil)", "Stop(err)", "ctx cancel", "ctx deadline", "ctx cause"}[w]
}

// fails reports whether the cause of the stop is an error of the run.
func (w stopWay) fails() bool { return w == stopErr || w == ctxDeadline || w == ctxCause }

var errOutside = errors.New("error from outside")

// cause is what the service should say.
func (w stopWay) cause() error {
	return [...]error{service.ErrStopRequested, errOutside, context.Canceled, context.DeadlineExceeded, errOutside}[w]
}

// context returns the context for Run, what is to be called at the moment of the stop,
// and what releases the context.
func (w stopWay) context(deadline time.Time, svc *service.Service) (ctx context.Context, stop, release func()) {
	switch w {
	case stopNil:
		return context.Background(), func() { svc.Stop(nil) }, func() {}
	case stopErr:
		return context.Background(), func() { svc.Stop(errOutside) }, func() {}
	case ctxCancel:
		ctx, cancel := context.WithCancel(context.Background())
		return ctx, cancel, cancel
	case ctxDeadline:
		ctx, cancel := context.WithDeadline(context.Background(), deadline)
		return ctx, func() {}, cancel
	default:
		ctx, cancel := context.WithCancelCause(context.Background())
		return ctx, func() { cancel(errOutside) }, func() { cancel(nil) }
	}
}

// quiet is for services whose log is of no interest.
var quiet = slog.New(slog.DiscardHandler)

// performance is a setting as a real service has played it.
type performance struct {
	setting
	outcome  outcome
	trace    *trace
	problems []string // what is wrong besides

	theatre *theatre
	actors  []*actor
	hook    stamp
}

func (p *performance) problem(format string, args ...any) {
	p.problems = append(p.problems, fmt.Sprintf(format, args...))
}

// perform plays the setting. It is to be called in a bubble.
func (s setting) perform(t *testing.T) *performance {
	th := newTheatre()
	p := &performance{setting: s, theatre: th, trace: &trace{start: th.start}}
	for _, script := range s.scripts {
		p.actors = append(p.actors, th.cast(script))
	}
	svc, err := service.NewBuilder(
		service.Logger(quiet), service.Observe(p.trace.observe),
		service.StopTimeout(s.stopTimeout), service.ShutdownTimeout(s.shutdownTimeout),
	).AddLayer(wiring.NewLayer("node", func(r *wiring.Registry) error {
		r.ProvideTask(p.construct)
		return nil
	})).Build()
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop, release := s.way.context(th.start.Add(s.stop), svc)
	defer release()
	over := make(chan struct{})
	go func() {
		if th.pause(s.stop, over) {
			stop()
		}
	}()
	result := svc.Run(ctx)
	p.outcome.end = th.now()
	close(over)
	close(th.release)

	p.inspect(svc, result)
	return p
}

func (p *performance) construct(h *wiring.ShutdownHooks) []task.Task {
	h.Add("close", func(ctx context.Context) error {
		if p.hook.happened() {
			p.problem("the hook runs twice")
		}
		if ctx.Err() != nil {
			p.problem("the context of the hook has ended")
		}
		p.theatre.record(&p.hook)
		return nil
	})
	tasks := make([]task.Task, len(p.actors))
	for i, a := range p.actors {
		tasks[i] = a.task()
	}
	return tasks
}

// inspect looks at the service when Run has returned.
func (p *performance) inspect(svc *service.Service, result error) {
	status := svc.Status()
	p.problems = append(p.problems, checkTrace(p.trace, status.Tasks)...)
	if p.hook.when() != p.outcome.end {
		p.problem("the hook runs %v, and Run returns at %v", p.hook, p.outcome.end)
	}
	requested, _ := first[service.StopRequested](p.trace)
	if !same(requested.Cause, status.Cause) {
		p.problem("the event gives the cause %v, the status %v", requested.Cause, status.Cause)
	}
	p.outcome.cause = p.describeCause(status.Cause)
	p.outcome.ready = closed(svc.Ready())
	_, opened := first[service.GateOpened](p.trace)
	_, stopped := first[service.StopRequested](p.trace)
	if p.outcome.ready && opened == never || !p.outcome.ready && opened != never && opened != stopped {
		p.problem("the gate opens %s, the stop begins %s, ready: %v", moment(opened), moment(stopped), p.outcome.ready)
	}
	for _, err := range multierr.Errors(result) {
		p.outcome.errs += p.describe(err) + "\n"
	}
	p.theatre.mu.Lock()
	defer p.theatre.mu.Unlock()
	for i, a := range p.actors {
		st := status.Tasks[i]
		if a.entries > 1 {
			p.problem("task %q was entered %d times", a.ID, a.entries)
		}
		if a.noticed.happened() && !same(a.cause, status.Cause) {
			p.problem("task %q was told the cause %v, the status says %v", a.ID, a.cause, status.Cause)
		}
		if (st.Err != nil) != (st.State == service.StateFailed || st.State == service.StateAbandoned) {
			p.problem("task %q is %v with the error %v", a.ID, st.State, st.Err)
		}
		if st.Err != nil && !errors.Is(result, st.Err) {
			p.problem("the result lacks the error that the status gives for task %q: %v", a.ID, st.Err)
		}
		p.outcome.tasks = append(p.outcome.tasks, taskOutcome{string(a.ID), st.State.String(), a.entered.when(), a.noticed.when()})
	}
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// describe says which error of the model err is, or what it is else.
func (p *performance) describe(err error) string {
	if same(err, p.way.cause()) {
		return p.way.String()
	}
	failure, ok := as[*service.TaskError](err)
	if !ok {
		return fmt.Sprintf("unexpected %T: %v", err, err)
	}
	i := slices.IndexFunc(p.actors, func(a *actor) bool { return a.ID == failure.ID })
	if i < 0 || p.actors[i].Kind != failure.Kind || failure.Layer != "node" {
		return fmt.Sprintf("error of an unknown task: %+v", failure)
	}
	return string(failure.ID) + ": " + describeFailure(failure, p.actors[i].err)
}

// describeFailure says in the words of the model what is in the error of a task, whose
// own error is given.
func describeFailure(failure *service.TaskError, own error) string {
	if errors.Is(failure, service.ErrStopTimeout) {
		if !strings.Contains(failure.Stack, "proof.(*actor)") {
			return "abandoned without a stack: " + failure.Stack
		}
		return "abandoned"
	}
	if p, ok := as[*service.PanicError](failure.Err); ok {
		if !strings.Contains(string(p.Stack), "proof.perform") || failure.Stack != string(p.Stack) {
			return "panic without the stack of the place: " + failure.Stack
		}
		switch p.Value {
		case task.ErrGoexit:
			return exit.String()
		case own:
			return crash.String()
		case errInterrupted:
			return crashCancel.String()
		}
	}
	switch any(failure.Err) {
	case own:
		return fail.String()
	case errInterrupted:
		return cancel.String()
	}
	return fmt.Sprintf("unexpected %T: %v", failure.Err, failure.Err)
}

func (p *performance) describeCause(err error) string {
	if err == nil || same(err, p.way.cause()) {
		return p.way.String()
	}
	if _, ok := as[*service.TaskError](err); ok {
		return p.describe(err)
	}
	if id := returnedTask(err, p.actors); id != "" {
		return "return of " + id
	}
	return "all done"
}

// returnedTask returns the ID of the task whose return is the cause of the stop, or
// nothing.
func returnedTask(cause error, actors []*actor) string {
	for _, a := range actors {
		if strings.Contains(cause.Error(), fmt.Sprintf("task %q", a.ID)) && strings.Contains(cause.Error(), "returned") {
			return string(a.ID)
		}
	}
	return ""
}

// GoString is what rapid prints.
func (s setting) GoString() string { return s.String() }

// String lists the scripts and the stop, a line each.
func (s setting) String() string {
	var b strings.Builder
	for _, script := range s.scripts {
		fmt.Fprintf(&b, "  %v\n", script)
	}
	fmt.Fprintf(&b, "  %v at %v\n", s.way, s.stop)
	return b.String()
}

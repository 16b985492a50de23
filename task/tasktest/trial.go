package tasktest

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/wireframework/wireframework/internal/testkit"
	"github.com/wireframework/wireframework/task"
)

var errStop = errors.New("stop requested by tasktest")

// plan says how an instance is treated.
type plan struct {
	stopped  bool          // before its first instruction
	runFor   time.Duration // until the stop
	drainNow bool          // the drain ends together with the stop
}

// trial is the life of one instance.
type trial struct {
	*suite
	plan
	task   task.Task
	rt     *fakeRuntime
	maker  testkit.Scope // what making it has started
	runner testkit.Scope // what running it has started

	done     chan struct{} // closed when Run has ended; nil before it is called
	err      error         // of Run; set before done is closed
	problems []string      // without their subject
}

// try runs an instance by the plan, and returns what is wrong.
func (s *suite) try(t testing.TB, p plan) []string {
	tr := s.newTrial(t, p)
	if tr.make() {
		tr.run()
		tr.end()
	}
	return tr.problems
}

func (s *suite) newTrial(t testing.TB, p plan) *trial {
	return &trial{
		suite:  s,
		plan:   p,
		rt:     newRuntime(testkit.Logger(t), s.stopTimeout),
		maker:  testkit.NewScope(),
		runner: testkit.NewScope(),
	}
}

func (tr *trial) problem(format string, args ...any) {
	tr.problems = append(tr.problems, fmt.Sprintf(format, args...))
}

// make makes the instance, and reports whether there is one.
func (tr *trial) make() bool {
	tr.maker.Do(context.Background(), func(context.Context) {
		tr.guard("made", func() { tr.task = tr.newTask() })
	})
	switch {
	case len(tr.problems) > 0:
		return false
	case tr.task == nil:
		tr.problem("is nil: the function given to tasktest.Run has to make one")
		return false
	case tr.isKnown(tr.task):
		tr.problem("is the same instance as before: a task is run at most once, so the function given to tasktest.Run has to make a new one each time")
		return false
	}
	tr.made = append(tr.made, tr.task)
	return true
}

// guard calls f; a panic is a problem.
func (tr *trial) guard(when string, f func()) {
	defer func() {
		if v := recover(); v != nil {
			tr.problem("panics when it is %s: %v\n%s", when, v, indent(string(debug.Stack())))
		}
	}()
	f()
}

// run runs the instance, stops it, and waits until it has ended or has no time left.
func (tr *trial) run() {
	ctx, stop := context.WithCancelCause(task.NewContext(context.Background(), tr.rt))
	defer stop(nil)
	if tr.stopped {
		stop(errStop)
	}
	tr.done = make(chan struct{})
	go tr.runner.Do(ctx, tr.enter)
	if !tr.stopped && tr.endsWithin(tr.runFor) {
		tr.judgeEarly()
		return
	}
	if tr.drainNow {
		tr.rt.endDrain()
	}
	stop(errStop)
	if tr.awaitEnd() {
		tr.judgeLate()
	}
}

// enter is the body of the task's goroutine. A panic and a Goexit are errors.
func (tr *trial) enter(ctx context.Context) {
	defer close(tr.done)
	returned := false
	defer func() {
		if returned {
			return
		}
		value := recover()
		if value == nil {
			value = task.ErrGoexit
		}
		tr.err = &task.PanicError{Value: value, Stack: debug.Stack()}
	}()
	tr.err = tr.task.Run(ctx)
	returned = true
}

// endsWithin waits until Run has ended, at most for d. Zero is, in a bubble, until
// nothing moves any more.
func (tr *trial) endsWithin(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-tr.done:
		return true
	case <-timer.C:
		testkit.Settle() // what ends at the same moment ends in time
		return tr.ended()
	}
}

func (tr *trial) ended() bool {
	select {
	case <-tr.done:
		return true
	default:
		return false
	}
}

// awaitEnd waits as a service does: until the stop timeout, and a moment longer if
// the task drains.
func (tr *trial) awaitEnd() bool {
	if tr.drainNow {
		return tr.awaitDrained()
	}
	told := time.Now()
	testkit.Settle() // it may announce a timeout of its own yet
	limit := tr.rt.stopTimeout()
	for ; !tr.endsWithin(limit - time.Since(told)); limit = tr.rt.stopTimeout() {
		if tr.rt.stopTimeout() <= limit {
			return tr.awaitLast(limit)
		}
	}
	return true
}

// awaitLast gives a task that drains a last moment.
func (tr *trial) awaitLast(limit time.Duration) bool {
	tr.rt.endDrain()
	if tr.rt.hasDrained() && tr.endsWithin(tr.grace) {
		return true
	}
	tr.problem("does not stop: %v after its context was cancelled it still runs%s", limit, tr.place())
	return false
}

func (tr *trial) awaitDrained() bool {
	ended := tr.endsWithin(tr.grace)
	switch {
	case !tr.rt.hasDrained():
		tr.problem("never asks for task.Drain, so nothing ends what it does after the stop (pass task.Drain(ctx) on, or leave tasktest.Drains out if there is nothing to do)")
	case !ended:
		tr.problem("does not heed task.Drain: %v after the drain was over it still runs (pass task.Drain(ctx) to all that it does after the stop)%s", tr.grace, tr.place())
	}
	return ended
}

// place shows where the instance hangs.
func (tr *trial) place() string {
	all := tr.runner.Goroutines()
	if len(all) == 0 {
		return ""
	}
	return "; this is where:\n" + list(all)
}

// judgeEarly judges a return before the stop.
func (tr *trial) judgeEarly() {
	switch kind := tr.task.Kind(); {
	case tr.panicked():
	case tr.err != nil:
		tr.problem("returns an error before it is told to stop, which fails the service: %v", tr.err)
	case !tr.mayEnd && (kind == task.Regular || kind == task.Unconstrained || kind == task.Daemon):
		tr.problem("returns nil before it is told to stop, which stops the service (make it a oneshot, or give tasktest.MayEnd if that is meant)")
	}
}

// judgeLate judges a return after the stop.
func (tr *trial) judgeLate() {
	switch {
	case tr.panicked():
	case tr.err == nil || errors.Is(tr.err, context.Canceled) || errors.Is(tr.err, errStop):
	case tr.drainNow && errors.Is(tr.err, context.DeadlineExceeded):
	default:
		tr.problem("returns an error of its own when it is stopped, which fails the service: %v (return nil, or the error of the context)", tr.err)
	}
}

func (tr *trial) panicked() bool {
	p, ok := errors.AsType[*task.PanicError](tr.err)
	switch {
	case !ok:
	case p.Value == any(task.ErrGoexit):
		tr.problem("ends its goroutine with runtime.Goexit, which fails the service\n%s", indent(string(p.Stack)))
	default:
		tr.problem("panics, which fails the service: %v\n%s", p.Value, indent(string(p.Stack)))
	}
	return ok
}

// end cleans up after the instance, and finds what is left.
func (tr *trial) end() {
	tr.cleanup()
	// What hangs has been told.
	if tr.done != nil && tr.ended() {
		if left := tr.runner.Left(); len(left) > 0 {
			tr.problem("leaves goroutines behind, which Run has to wait for:\n%s", list(left))
		}
	}
	if left := tr.maker.Left(); len(left) > 0 {
		tr.problem("leaves goroutines behind that were started when it was made (end them with tasktest.Cleanup):\n%s", list(left))
	}
}

func list(left []testkit.Goroutines) string {
	texts := make([]string, len(left))
	for i, g := range left {
		texts[i] = indent(g.String())
	}
	return strings.Join(texts, "\n")
}

func indent(text string) string {
	const margin = "    "
	return margin + strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n"+margin)
}

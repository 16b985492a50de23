package proof

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/wireframework/wireframework/task"
)

// never is a moment that does not come.
const never = time.Duration(-1)

// deed is how foreign code ends: the Run of a task, a constructor, a hook.
type deed uint8

const (
	succeed     deed = iota // returns nil
	fail                    // returns an error of its own
	crash                   // panics
	crashCancel             // panics with an error that wraps context.Canceled
	exit                    // calls runtime.Goexit
	cancel                  // returns an error that wraps context.Canceled
)

func (d deed) String() string {
	return [...]string{"nil", "error", "panic", "panic with a context error", "Goexit", "context error"}[d]
}

var errInterrupted = fmt.Errorf("interrupted: %w", context.Canceled)

// perform does a deed; err is the error to return or to panic with.
func perform(d deed, err error) error {
	switch d {
	case succeed:
		return nil
	case crash:
		panic(err)
	case crashCancel:
		panic(errInterrupted)
	case exit:
		runtime.Goexit()
	case cancel:
		return errInterrupted
	}
	return err
}

// same reports whether a is b itself, not an error that wraps it.
func same(a, b error) bool { return any(a) == any(b) }

// as returns err as an E if it is one itself, not if it wraps one.
func as[E error](err error) (E, bool) {
	e, ok := any(err).(E)
	return e, ok
}

// script is what a task does. Times count from the start of the run.
type script struct {
	ID   task.ID
	Kind task.Kind

	At time.Duration // when it acts unasked, or at once if it is entered later; or never
	Do deed

	After time.Duration // how long after it has noticed the stop it ends; or never
	Then  deed
}

func gated(k task.Kind) bool { return k == task.Regular || k == task.Oneshot }

// endless kinds stop the service when they return.
func endless(k task.Kind) bool {
	return k == task.Regular || k == task.Unconstrained || k == task.Daemon
}

func (s script) String() string {
	text := fmt.Sprintf("%s %q", s.Kind, s.ID)
	if s.At == never {
		text += " waits for the stop"
	} else {
		text += fmt.Sprintf(": %v at %v", s.Do, s.At)
	}
	if s.After == never {
		return text + "; told to stop it hangs"
	}
	return text + fmt.Sprintf("; told to stop: %v after %v", s.Then, s.After)
}

// stamp is a recorded moment. Stamps are numbered in the order of the clock of the
// wall, which tells what came first within an instant of virtual time.
type stamp struct {
	nr int // from 1; zero if it did not happen
	at time.Duration
}

func (s stamp) happened() bool { return s.nr > 0 }

// when returns the time of the stamp, or never.
func (s stamp) when() time.Duration {
	if !s.happened() {
		return never
	}
	return s.at
}

func (s stamp) String() string { return moment(s.when()) }

func moment(d time.Duration) string {
	if d == never {
		return "never"
	}
	return "at " + d.String()
}

// theatre is where scripts are played.
type theatre struct {
	start   time.Time
	release chan struct{} // closed when the play is over, for those that hang

	mu   sync.Mutex // protects following fields, and what actors have recorded
	last int        // number of the last stamp
}

func newTheatre() *theatre {
	return &theatre{start: time.Now(), release: make(chan struct{})}
}

// now is the time since the start of the play.
func (th *theatre) now() time.Duration { return time.Since(th.start) }

// record sets a stamp.
func (th *theatre) record(s *stamp) {
	th.mu.Lock()
	defer th.mu.Unlock()
	th.last++
	*s = stamp{th.last, th.now()}
}

// pause waits for d, or without end if d is never; but no longer than until one of
// interrupts happens. It reports whether d has passed.
func (th *theatre) pause(d time.Duration, interrupt <-chan struct{}) bool {
	if d == 0 {
		return true
	}
	var over <-chan time.Time
	if d != never {
		timer := time.NewTimer(d)
		defer timer.Stop()
		over = timer.C
	}
	select {
	case <-over:
		return true
	case <-interrupt:
	case <-th.release:
	}
	return false
}

// actor is a task that follows a script.
type actor struct {
	script
	*theatre
	err error // what it returns or panics with

	stops  func(stamp *stamp)                    // called before it acts unasked; may be nil
	drains func(context.Context) <-chan struct{} // what cuts its time to stop short; may be nil

	// Recorded.
	entries  int
	entered  stamp
	noticed  stamp // the stop
	drained  stamp // drains cut its time short
	stopped  stamp // it has asked for the stop
	returned stamp
	did      deed
	cause    error // context.Cause when it noticed the stop
}

func (th *theatre) cast(s script) *actor {
	return &actor{script: s, theatre: th, err: errors.New("error of " + string(s.ID))}
}

// task returns the actor as a task of the service.
func (a *actor) task() task.Task { return task.New(a.ID, a.Kind, a.play) }

func (a *actor) play(ctx context.Context) error {
	a.mu.Lock()
	a.entries++
	a.mu.Unlock()
	a.record(&a.entered)
	do := a.Do
	if a.awaitMoment(ctx) {
		if a.stops != nil {
			a.stops(&a.stopped)
		}
	} else {
		a.comeToAnEnd(ctx)
		do = a.Then
	}
	a.mu.Lock()
	a.did = do
	a.mu.Unlock()
	a.record(&a.returned)
	return perform(do, a.err)
}

// awaitMoment reports whether the moment to act came before the stop.
func (a *actor) awaitMoment(ctx context.Context) bool {
	if a.At == never {
		<-ctx.Done()
		return false
	}
	timer := time.NewTimer(a.At - a.now())
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// comeToAnEnd takes the time that the task needs to stop.
func (a *actor) comeToAnEnd(ctx context.Context) {
	a.record(&a.noticed)
	a.mu.Lock()
	a.cause = context.Cause(ctx)
	a.mu.Unlock()
	var cut <-chan struct{}
	if a.drains != nil {
		cut = a.drains(ctx)
	}
	if !a.pause(a.After, cut) {
		a.record(&a.drained)
	}
}

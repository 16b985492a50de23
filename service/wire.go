package service

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/pprof"
	"time"

	"github.com/wireframework/wireframework/internal/supervise"
	"github.com/wireframework/wireframework/wiring"
)

const slowConstructor = 10 * time.Second // between two reports of one constructor

// wire calls the constructors, and reports whether there are tasks to run. They run
// on a goroutine of their own, so that one that hangs after the stop can be left
// behind.
func (r *run) wire() bool {
	for _, w := range r.plan.Warnings() {
		r.events.log(func(l *slog.Logger) { l.Warn(w) })
	}
	r.setPhase(PhaseWiring)
	if r.events.verbose() {
		r.build.Observe(constructorObserver{r.events})
	}
	r.build.LateHooks(r.lateHook)
	r.build.HaltWhen(r.stopCause)
	for {
		call := supervise.Go(r.ctx, pprof.Labels("wireframework", "wiring"), func(ctx context.Context) error {
			r.build.Run(ctx)
			return nil
		})
		if !r.await(call) {
			return false
		}
		if call.Exited() {
			continue // a constructor has called Goexit: the others go on
		}
		if err := call.Err(); err != nil {
			r.fail(err)
		}
		break
	}
	tasks, err := r.build.Result()
	if err == nil && len(tasks) == 0 && !r.plan.ResourcesOnly() && !r.stop.Requested() {
		err = ErrNoTasks // slices of tasks that turned out to be empty
	}
	if err != nil {
		r.events.log(func(l *slog.Logger) { l.Error("wiring failed", "error", err.Error()) })
		r.fail(err)
		return false
	}
	r.mu.Lock()
	r.tasks = tasks
	r.mu.Unlock()
	return true
}

// stopCause returns the cause of the stop once it has been requested.
func (r *run) stopCause() error {
	if !r.stop.Requested() {
		return nil
	}
	reason, _ := r.stop.Reason()
	return reason.Cause
}

// await waits for the constructors. After a stop they have the StopTimeout; await
// reports false if they did not return then.
func (r *run) await(call *supervise.Call) bool {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	slow := slowness{}
	stopped, done := r.stop.Done(), r.parent.Done()
	var deadline <-chan time.Time // nil until the stop
	for {
		select {
		case <-call.Done():
			return true
		case <-done:
			done = nil
			r.stop.Requested() // turns the end of the context into a request
		case <-stopped:
			stopped = nil
			r.beginStop()
			r.cancel(r.stopCause())
			deadline = time.After(min(r.config.stopTimeout, time.Until(r.deadline())))
		case <-deadline:
			r.leaveConstructor()
			return false
		case <-ticker.C:
			r.reportSlow(&slow)
		}
	}
}

// leaveConstructor reports the constructor that hangs, and where.
func (r *run) leaveConstructor() {
	if _, err := r.build.Result(); err != nil {
		r.fail(err) // what failed before
	}
	src, _, ok := r.build.Current()
	if !ok {
		return // it has returned at this moment
	}
	limit := min(r.config.stopTimeout, r.config.shutdownTimeout)
	err := &wiring.ConstructorError{
		Source: src,
		Err:    fmt.Errorf("%w: still running %v after the stop request", ErrStopTimeout, limit),
		Stack:  constructorStack(src),
	}
	r.fail(err)
	r.events.log(func(l *slog.Logger) {
		l.Error("constructor abandoned", "layer", src.Layer, "constructor", src.Function,
			"error", err.Err.Error(), "stack", err.Stack)
	})
}

// constructorStack returns where a constructor hangs, with what its layer has started.
func constructorStack(src wiring.Source) string {
	return supervise.Stacks("wireframework")[supervise.Owner{Name: "wiring", Layer: src.Layer}]
}

// slowness is what has been reported about the constructor that runs.
type slowness struct {
	since time.Time
	next  time.Duration
}

func (r *run) reportSlow(s *slowness) {
	src, since, ok := r.build.Current()
	if !ok {
		return
	}
	if !since.Equal(s.since) {
		s.since, s.next = since, slowConstructor
	}
	if elapsed := time.Since(since); elapsed >= s.next {
		s.next += slowConstructor
		r.events.emit(ConstructorSlow{src.Layer, src.Function, src.Location, elapsed})
	}
}

// constructorObserver turns what the build reports into events.
type constructorObserver struct{ events *emitter }

func (o constructorObserver) ConstructorStarted(src wiring.Source) {
	o.events.emit(ConstructorStarted{src.Layer, src.Function, src.Location})
}

func (o constructorObserver) ConstructorFinished(src wiring.Source, d time.Duration, err error) {
	if err != nil {
		o.events.emit(ConstructorFailed{src.Layer, src.Function, src.Location, d, err})
		return
	}
	o.events.emit(ConstructorFinished{src.Layer, src.Function, src.Location, d})
}

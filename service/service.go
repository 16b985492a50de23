package service

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/multierr"

	"github.com/wireframework/wireframework/internal/failure"
	"github.com/wireframework/wireframework/internal/supervise"
	"github.com/wireframework/wireframework/resource"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

// Service is a verified node. [Service.Run] runs it once; all other methods may be
// called at any time, from any goroutine, and do not block.
type Service struct {
	config config
	plan   *wiring.Plan
	build  *wiring.Build
	stop   *supervise.Stop
	events *emitter
	logger atomic.Pointer[slog.Logger]
	called atomic.Bool   // Run has been called
	ready  chan struct{} // closed when every gated task has been started

	mu    sync.Mutex // protects following fields
	phase Phase
	since time.Time
	tasks []wiring.Task         // nil until wired
	sup   *supervise.Supervisor // nil until the tasks start
}

// Handle is what a constructor or a task may ask of the service it belongs to. It
// is a resource of every service.
type Handle interface {
	Stop(cause error)
	Ready() <-chan struct{}
	Status() Status
	Graph() *wiring.Graph
}

// Run wires the service, runs its tasks, and blocks until it has stopped: each task
// has ended or has been abandoned, and the shutdown hooks have run. It returns nil
// after a clean stop, and else the cause of the stop followed by every other error,
// joined with multierr, so that errors.Is and errors.As find each.
//
// The end of ctx is a request to stop. It is a clean one unless its cause is
// something else than a cancellation, such as a deadline. The values of ctx reach
// constructors, tasks and hooks.
//
// A service runs once; any other call returns [ErrAlreadyRun] at once.
func (s *Service) Run(ctx context.Context) error {
	if !s.called.CompareAndSwap(false, true) {
		return ErrAlreadyRun
	}
	r := newRun(ctx, s)
	if !s.stop.Requested() {
		if r.wire() {
			r.runTasks()
		}
		r.runHooks()
	}
	return r.finish()
}

// Stop asks the service to stop. The first call counts, and so does its cause: with
// nil the stop is clean, else Run returns an error that contains the cause. A
// service that has not been run yet will construct nothing when it is.
func (s *Service) Stop(cause error) {
	if cause == nil {
		s.stop.Request(supervise.Reason{Cause: ErrStopRequested})
		return
	}
	s.stop.Request(supervise.Reason{Cause: cause, Fails: true})
}

// Ready is closed when the gate has opened and every gated task has been started.
// It stays closed; whether the service is ready at the moment is in
// [Service.Status]. It is never closed if the service stops before.
func (s *Service) Ready() <-chan struct{} { return s.ready }

// Status returns a snapshot. Its cost grows with the number of tasks, and it never
// makes a task wait.
func (s *Service) Status() Status {
	s.stop.Requested() // turns the end of the context into a request
	s.mu.Lock()
	reason, at := s.stop.Reason() // under the lock, so that it fits to the phase
	status := Status{Phase: s.phase, Since: s.since, Cause: reason.Cause}
	tasks, sup := s.tasks, s.sup
	s.mu.Unlock()
	if reason.Cause != nil && status.Phase != PhaseBuilt && status.Phase < PhaseStopping {
		status.Phase, status.Since = PhaseStopping, at
	}
	status.Tasks = make([]TaskStatus, len(tasks))
	for i := range tasks {
		t := &tasks[i]
		ts := TaskStatus{ID: t.ID, Kind: t.Kind, Layer: t.Layer, Since: status.Since}
		if sup != nil {
			var state supervise.State
			state, ts.Since, ts.Err = sup.Status(i)
			ts.State = State(state)
		}
		if t.Kind == task.Precondition && ts.State != StateDone {
			status.Pending = append(status.Pending, t.ID)
		}
		status.Tasks[i] = ts
	}
	return status
}

// Graph returns the wiring of the service: layers, constructors, resources, tasks,
// and what needs what. IDs and kinds of tasks are known once the service is wired;
// in a run the graph tells too what has become of constructors and tasks.
func (s *Service) Graph() *wiring.Graph {
	s.mu.Lock()
	tasks, sup := s.tasks, s.sup
	s.mu.Unlock()
	g := s.plan.Graph(tasks)
	s.build.Annotate(g)
	if sup == nil {
		return g
	}
	for i := range tasks { // none if it stopped, or has only resources: the graph lists what could have run
		state, _, err := sup.Status(i)
		g.Tasks[i].State = State(state).String()
		if err != nil {
			g.Tasks[i].Error = err.Error()
		}
	}
	return g
}

// Warnings returns what is probably not meant, a line each: constructors that
// nothing needs, optional resources that nobody provides, groups that are spelled in
// two ways, members of another type than those who ask for their group take. Run logs
// them.
func (s *Service) Warnings() []string { return s.plan.Warnings() }

// setPhase is the only function that changes the phase.
func (s *Service) setPhase(p Phase) {
	s.mu.Lock()
	from := s.phase
	s.phase, s.since = p, time.Now()
	s.mu.Unlock()
	if p == PhaseRunning {
		close(s.ready)
	}
	if from != p {
		s.events.emit(PhaseChanged{From: from, To: p})
	}
}

// observerGroup is what layers observe the service with.
var observerGroup = resource.ID{Type: reflect.TypeFor[[]Observer](), Group: "observers"}

// setObservers takes the observers of the layers, which are built first.
func (s *Service) setObservers(v reflect.Value) {
	if s.events.layers {
		s.events.emit(observersJoined(v.Interface().([]Observer))) //nolint:forcetypeassert // the type of the group
	}
}

// setLogger takes the logger that the graph has ended up with.
func (s *Service) setLogger(v reflect.Value) {
	if l, _ := v.Interface().(*slog.Logger); l != nil {
		s.logger.Store(l)
	}
}

// run is the one run of a service. It belongs to the goroutine of Run.
type run struct {
	*Service
	parent   context.Context         // what Run was given
	ctx      context.Context         // for constructors; ends after the last hook
	cancel   context.CancelCauseFunc // of ctx
	stopping bool
	errs     []error // in order of time
}

func newRun(ctx context.Context, s *Service) *run {
	r := &run{Service: s, parent: ctx}
	r.ctx, r.cancel = context.WithCancelCause(context.WithoutCancel(ctx))
	s.stop.Watch(ctx)
	return r
}

// fail adds an error, which stops the service if nothing has before.
func (r *run) fail(err error) {
	r.errs = append(r.errs, err)
	r.stop.Request(supervise.Reason{Cause: err, Fails: true})
}

// beginStop tells the world, once, that the service stops.
func (r *run) beginStop() {
	if r.stopping {
		return
	}
	r.stopping = true
	reason, _ := r.stop.Reason()
	r.events.emit(StopRequested{Cause: reason.Cause})
	r.setPhase(PhaseStopping)
}

// deadline is the end of the time for the whole stop.
func (r *run) deadline() time.Time {
	_, at := r.stop.Reason()
	return at.Add(r.config.shutdownTimeout)
}

// runTasks runs the tasks until all have ended or have been abandoned.
func (r *run) runTasks() {
	if r.stop.Requested() {
		r.beginStop()
	} else {
		r.setPhase(PhaseWaiting)
	}
	sup := supervise.New(supervise.Config{
		Tasks:               taskList(r.tasks),
		Stop:                r.stop,
		Done:                r.parent.Done(),
		Context:             context.WithoutCancel(r.parent),
		Logger:              r.logger.Load(),
		Sink:                &sink{r},
		Stay:                r.plan.ResourcesOnly(),
		StopTimeout:         r.config.stopTimeout,
		ShutdownTimeout:     r.config.shutdownTimeout,
		PreconditionTimeout: r.config.preconditionTimeout,
		DrainDelay:          r.config.drainDelay,
	})
	r.mu.Lock()
	r.sup = sup
	r.mu.Unlock()
	r.errs = append(r.errs, sup.Run()...)
}

// taskList shows the supervisor the tasks as it knows them.
type taskList []wiring.Task

func (l taskList) Len() int { return len(l) }

func (l taskList) Task(i int) supervise.Task {
	t := &l[i]
	return supervise.Task{Task: t.Task, ID: t.ID, Kind: t.Kind, Layer: t.Layer}
}

// finish ends the run and returns its error: the cause first, if it is one.
func (r *run) finish() error {
	r.beginStop()
	r.cancel(nil)
	reason, _ := r.stop.Reason()
	errs := r.errs
	if reason.Fails {
		cause := reason.Cause
		errs = slices.DeleteFunc(errs, func(err error) bool {
			return err == cause //nolint:errorlint // this very error, not one that wraps it
		})
		if _, several := any(cause).(interface{ Errors() []error }); several && len(errs) > 0 {
			cause = fmt.Errorf("%w", cause) // multierr would take it apart, and errors.Is would not find it
		}
		errs = append([]error{cause}, errs...)
	}
	r.setPhase(PhaseStopped)
	r.events.close()
	return multierr.Combine(errs...)
}

// sink turns what the supervisor reports into events.
type sink struct{ *run }

func (s *sink) Verbose() bool { return s.events.verbose() }

func (s *sink) TaskChanged(i int, from, to supervise.State, err error) {
	t := &s.tasks[i]
	s.events.emit(TaskChanged{ID: t.ID, Kind: t.Kind, Layer: t.Layer, From: State(from), To: State(to), Err: err})
	if failure, ok := errors.AsType[*TaskError](err); ok && to == supervise.Abandoned {
		s.events.emit(TaskAbandoned{ID: t.ID, Kind: t.Kind, Layer: t.Layer, Stack: failure.Stack, Err: err})
	}
}

func (s *sink) GateWaiting(pending []task.ID, waited time.Duration) {
	s.events.emit(GateWaiting{Pending: pending, Elapsed: waited})
}

func (s *sink) GateOpened(waited time.Duration) {
	s.events.emit(GateOpened{Waited: waited})
}

func (s *sink) Ready() {
	s.setPhase(PhaseRunning)
	s.events.log(func(l *slog.Logger) { l.Info("ready", "tasks", len(s.tasks)) })
}

func (s *sink) Stopping() { s.beginStop() }

func (s *sink) TaskError(i int, err error, stack string) error {
	t := &s.tasks[i]
	if stack == "" {
		stack = failure.Stack(err)
	}
	return &TaskError{ID: t.ID, Kind: t.Kind, Layer: t.Layer, Stack: stack, Err: err}
}

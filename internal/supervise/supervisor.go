package supervise

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"runtime/pprof"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wireframework/wireframework/task"
)

const (
	waitingInterval = 10 * time.Second       // between two reports of a shut gate
	drainGrace      = 100 * time.Millisecond // to return after the drain has ended
)

var (
	// ErrStopTimeout is in the error of a task that did not return in time.
	ErrStopTimeout = errors.New("did not stop in time")

	// ErrPreconditionTimeout is in the error of a precondition that took too long.
	ErrPreconditionTimeout = errors.New("precondition not met in time")

	errAllDone     = errors.New("every task that keeps the service alive has returned")
	errOnlyDaemons = errors.New("no task keeps the service alive: there are only daemons")
)

// Task is a task as the supervisor runs it. ID and Kind were read from the task
// once; they are what counts.
type Task struct {
	Task  task.Task
	ID    task.ID
	Layer string
	Kind  task.Kind
}

// Tasks are the tasks of a run, in registration order. They do not change, and may be
// asked from any goroutine.
type Tasks interface {
	Len() int
	Task(i int) Task
}

// Config is what a run needs. All fields are required unless they say otherwise.
type Config struct {
	Tasks   Tasks
	Stop    *Stop           // may have been requested already
	Done    <-chan struct{} // of the context that Stop watches; nil if it never ends
	Context context.Context // for the values of the tasks' contexts
	Logger  *slog.Logger    // for task.Logger
	Sink    Sink
	Stay    bool // go on without tasks, until the stop

	StopTimeout         time.Duration // for each task, from the moment it is told to stop
	ShutdownTimeout     time.Duration // for all tasks, from the request to stop
	PreconditionTimeout time.Duration // Optional; defaults to no timeout.
	DrainDelay          time.Duration // Optional; defaults to none.
}

// Sink hears of what happens. The loop calls it, never under a lock; it should
// return soon.
type Sink interface {
	Verbose() bool // wants to hear of changes without an error
	TaskChanged(i int, from, to State, err error)
	GateWaiting(pending []task.ID, waited time.Duration)
	GateOpened(waited time.Duration)
	Ready()    // every gated task has been started
	Stopping() // the stop has begun; nothing is started any more

	// TaskError makes the error of the run from the error of a task.
	TaskError(i int, err error, stack string) error
}

// Supervisor runs the tasks of one service, once.
type Supervisor struct {
	Config // immutable

	records []record
	results inbox
	late    chan struct{} // wakes the loop after an announcement; has room for one

	begin time.Time

	// Owned by the loop.
	now      time.Duration // since begin, when the loop went round last
	agenda   *agenda
	stopped  <-chan struct{} // nil once the stop has been seen
	done     <-chan struct{} // nil once the end of the context has been seen
	unmet    int             // preconditions that have not succeeded
	ready    bool
	stopping bool
	workers  crew // all tasks but the daemons
	daemons  crew
	own      []*record        // tasks with a timeout of their own
	errs     []error          // in order of time
	stacks   map[Owner]string // of tasks; nil but while the agenda runs and gives up tasks

	mu        sync.Mutex        // protects following fields
	announced []*record         // tasks that have set a timeout of their own
	failures  map[*record]error // of tasks that failed or were abandoned
}

// crew is a set of tasks that is told to stop together. From that moment, what runs is
// stopping; that is said here, once, and not in each record.
type crew struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	left   int           // tasks that have not ended
	told   atomic.Uint64 // a life; 0 until the crew is told. Written by the loop
}

// isTold reports whether the crew has been told to stop, and since when.
func (c *crew) isTold() (stopping life, told bool) {
	l := life(c.told.Load())
	return l, l != 0
}

// New returns a supervisor that is ready to run.
func New(c Config) *Supervisor {
	s := &Supervisor{
		Config:   c,
		records:  make([]record, c.Tasks.Len()),
		results:  newInbox(),
		late:     make(chan struct{}, 1),
		stopped:  c.Stop.Done(),
		done:     c.Done,
		agenda:   newAgenda(),
		begin:    time.Now(),
		failures: make(map[*record]error),
	}
	s.workers.ctx, s.workers.cancel = context.WithCancelCause(c.Context)
	s.daemons.ctx, s.daemons.cancel = context.WithCancelCause(c.Context)
	for i := range s.records {
		r := &s.records[i]
		r.sup, r.index, r.kind = s, int32(i), c.Tasks.Task(i).Kind //nolint:gosec // nobody has 2^31 tasks
		s.crewOf(r.kind).left++
		if r.kind == task.Precondition {
			s.unmet++
		}
	}
	return s
}

func (s *Supervisor) crewOf(k task.Kind) *crew {
	if k == task.Daemon {
		return &s.daemons
	}
	return &s.workers
}

// Run starts the tasks and blocks until each has ended or has been abandoned. It
// returns the errors of tasks in order of time. It may be called once.
func (s *Supervisor) Run() []error {
	defer s.agenda.stop()
	defer s.workers.cancel(nil)
	defer s.daemons.cancel(nil)

	s.start()
	for s.settle(); s.workers.left+s.daemons.left > 0 || !s.stopping; s.settle() {
		s.now = time.Since(s.begin)
		if !s.stopping && s.Stop.Requested() {
			s.beginStop() // before any result that has arrived too
			continue
		}
		if r := s.results.take(); r != nil {
			s.collect(r) // before any deadline: who has returned is not late
			continue
		}
		select {
		case <-s.results.filled:
			runtime.Gosched() // tasks that end together arrive together
		case <-s.stopped:
		case <-s.done:
		case <-s.late:
			s.schedule()
		case <-s.agenda.timer.C:
			s.now = time.Since(s.begin)
			s.agenda.run()
			s.stacks = nil
		}
	}
	return s.errs
}

// start starts what does not wait for the gate, and opens the gate if there is
// nothing to wait for.
func (s *Supervisor) start() {
	if s.Stop.Requested() {
		return
	}
	if s.unmet == 0 {
		s.open(func(task.Kind) bool { return true })
		return
	}
	s.launch(func(k task.Kind) bool { return !gated(k) })
	s.agenda.at(s.begin.Add(waitingInterval), s.reportWaiting)
	if s.PreconditionTimeout > 0 {
		s.agenda.at(s.begin.Add(s.PreconditionTimeout), s.failWaiting)
	}
}

func gated(k task.Kind) bool { return k == task.Regular || k == task.Oneshot }

// open opens the gate and starts, in registration order, the tasks of the kinds that
// have not been started; unless the stop has been requested, which always wins. Once it
// is open all are started: a stop that comes now finds them running.
func (s *Supervisor) open(kinds func(task.Kind) bool) {
	if s.Stop.Requested() {
		return
	}
	s.now = time.Since(s.begin)
	s.Sink.GateOpened(s.now)
	if s.Stop.Requested() { // by an observer
		return
	}
	s.launch(kinds)
	s.ready = true
	s.Sink.Ready()
}

// launch starts the goroutines of the tasks of some kinds. A goroutine inherits the
// labels of the one that starts it, so they are started by one that nobody else needs.
func (s *Supervisor) launch(kinds func(task.Kind) bool) {
	for i := range s.records {
		if r := &s.records[i]; kinds(r.kind) {
			s.change(r, Running, nil)
		}
	}
	started := make(chan struct{})
	go func() {
		defer close(started)
		for i := range s.records {
			if r := &s.records[i]; kinds(r.kind) {
				pprof.Do((*taskContext)(r), r.labels(), func(ctx context.Context) { go r.run(ctx) })
			}
		}
	}()
	<-started
}

// settle draws the conclusions that depend on all tasks: nothing is left to keep
// the service alive, or only daemons are left of a service that stops.
func (s *Supervisor) settle() {
	if s.workers.left > 0 || s.Stay && !s.Stop.Requested() {
		return
	}
	if !s.stopping {
		cause := errAllDone
		if s.daemons.left == len(s.records) && len(s.records) > 0 {
			cause = errOnlyDaemons
		}
		first := s.Stop.Request(Reason{Cause: cause})
		s.beginStop()
		if first { // nobody has asked for the stop, so there is nothing to drain
			s.tell(&s.workers)
		}
	}
	if _, told := s.workers.isTold(); told { // not before the end of the drain delay
		s.tell(&s.daemons)
	}
}

// collect takes the result of a task that has ended.
func (s *Supervisor) collect(r *record) {
	clean := r.outcome == nil || r.asked && r.returned && s.isStop(r.outcome) // a panic is never quiet
	late := r.tooLate()
	switch {
	case r.state() == Skipped:
		// It was kept out of Run.
	case r.state() == Abandoned:
		if r.entered && !clean {
			_ = s.report(r, r.outcome, "")
		}
	case !r.entered:
		s.end(r, Skipped, nil)
	case !clean:
		s.fail(r, Failed, r.outcome, "")
	case late != nil:
		s.end(r, Failed, late)
	default:
		s.end(r, Done, nil)
		if !r.asked {
			s.succeed(r)
		}
	}
}

// isStop reports whether a task that was told to stop returned just that. What else it
// may have joined to it is taken for a consequence, such as a transaction that cannot be
// rolled back because its connection was interrupted.
func (s *Supervisor) isStop(err error) bool {
	reason, _ := s.Stop.Reason()
	return errors.Is(err, context.Canceled) || errors.Is(err, reason.Cause)
}

// succeed draws the consequences of a nil return before the stop.
func (s *Supervisor) succeed(r *record) {
	switch r.kind {
	case task.Precondition:
		s.unmet--
		if s.unmet == 0 {
			s.open(gated)
		}
	case task.Regular, task.Unconstrained, task.Daemon:
		s.Stop.Request(Reason{Cause: fmt.Errorf("task %q (layer %q) returned", r.id(), r.task().Layer)})
	case task.Oneshot, task.UnconstrainedOneshot:
	}
}

// fail ends a task with an error, which stops the service.
func (s *Supervisor) fail(r *record, to State, err error, stack string) {
	err = s.report(r, err, stack)
	s.end(r, to, err)
	s.Stop.Request(Reason{Cause: err, Fails: true})
}

// report adds the error of a task to those of the run.
func (s *Supervisor) report(r *record, err error, stack string) error {
	err = s.Sink.TaskError(int(r.index), err, stack)
	s.errs = append(s.errs, err)
	return err
}

func (s *Supervisor) end(r *record, to State, err error) {
	s.crewOf(r.kind).left--
	s.change(r, to, err)
	r.endDrain(context.Canceled) // after the change, see Drain
}

// change moves a task from one state to the next; only tell does so too.
func (s *Supervisor) change(r *record, to State, err error) {
	from := r.state()
	mustFollow(from, to)
	if err != nil {
		s.mu.Lock()
		s.failures[r] = err
		s.mu.Unlock()
	}
	r.life.Store(uint64(newLife(to, s.now)))
	if err != nil || s.Sink.Verbose() {
		s.Sink.TaskChanged(int(r.index), from, to, err)
	}
}

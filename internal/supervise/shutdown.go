package supervise

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/wireframework/wireframework/task"
)

// reportWaiting tells, at intervals, which preconditions keep the gate shut.
func (s *Supervisor) reportWaiting() {
	if s.unmet == 0 || s.stopping {
		return
	}
	var ids []task.ID
	for _, r := range s.waiting() {
		ids = append(ids, r.id())
	}
	s.Sink.GateWaiting(ids, time.Since(s.begin))
	s.agenda.at(time.Now().Add(waitingInterval), s.reportWaiting)
}

// failWaiting fails the service for each precondition that has not succeeded
// within the precondition timeout. They are told to stop like all others.
func (s *Supervisor) failWaiting() {
	s.collectArrived()
	if s.unmet == 0 || s.Stop.Requested() {
		return
	}
	for _, r := range s.waiting() {
		err := fmt.Errorf("%w: not after %v (PreconditionTimeout)", ErrPreconditionTimeout, s.PreconditionTimeout)
		err = s.report(r, err, "")
		r.setLate(err)
		s.Stop.Request(Reason{Cause: err, Fails: true})
	}
}

// waiting returns the preconditions that still run.
func (s *Supervisor) waiting() []*record {
	var waiting []*record
	for i := range s.records {
		if r := &s.records[i]; r.kind == task.Precondition && r.state() == Running {
			waiting = append(waiting, r)
		}
	}
	return waiting
}

// beginStop begins the stop that has been requested: nothing is started any more,
// and the broadcast goes out, at once or after the drain delay.
func (s *Supervisor) beginStop() {
	s.stopping, s.stopped, s.done = true, nil, nil
	s.Sink.Stopping()
	for i := range s.records {
		if r := &s.records[i]; r.state() == Pending {
			s.end(r, Skipped, nil)
		}
	}
	_, requested := s.Stop.Reason()
	s.planGivingUp(requested)
	if s.ready && s.DrainDelay > 0 {
		s.agenda.at(requested.Add(s.DrainDelay), func() { s.tell(&s.workers) })
		return
	}
	s.tell(&s.workers)
}

// planGivingUp bounds the whole stop. Daemons are told only when no other task is
// left, so the others are given up a moment earlier where there are daemons. What is
// given up has had a last call before.
func (s *Supervisor) planGivingUp(requested time.Time) {
	moment := min(drainGrace, s.ShutdownTimeout/4)
	end := requested.Add(s.ShutdownTimeout)
	workers := end
	if s.daemons.left > 0 {
		workers = end.Add(-moment)
	}
	s.agenda.at(workers.Add(-moment), func() { s.lastCall(&s.workers) })
	s.agenda.at(workers, func() { s.giveUp(&s.workers) })
	s.agenda.at(end.Add(-moment), func() { s.lastCall(&s.daemons) })
	s.agenda.at(end, func() { s.giveUp(&s.daemons) })
}

// tell tells a crew to stop, once, and plans its deadlines.
func (s *Supervisor) tell(c *crew) {
	if _, told := c.isTold(); told {
		return
	}
	s.now = time.Since(s.begin)
	stopping := newLife(Stopping, s.now)
	c.told.Store(uint64(stopping)) // before a task can see it
	if s.Sink.Verbose() {
		for _, r := range s.stoppingOf(c) {
			s.Sink.TaskChanged(int(r.index), Running, Stopping, nil)
		}
	}
	reason, _ := s.Stop.Reason()
	c.cancel(reason.Cause)
	s.schedule()
	for _, r := range s.own {
		s.planOwn(r)
	}
	s.agenda.at(s.begin.Add(stopping.since()).Add(s.StopTimeout), func() { s.expire(c) })
}

// stoppingOf returns the tasks of a crew that have been told to stop, and run.
func (s *Supervisor) stoppingOf(c *crew) []*record {
	var stopping []*record
	for i := range s.records {
		if r := &s.records[i]; r.state() == Stopping && s.crewOf(r.kind) == c {
			stopping = append(stopping, r)
		}
	}
	return stopping
}

// planOwn plans the deadline of a task that has a timeout of its own, once it has
// been told to stop.
func (s *Supervisor) planOwn(r *record) {
	d, own := r.stopTimeout()
	if !own || r.planned || r.state() != Stopping {
		return
	}
	r.planned = true // a second time would cut its last moment short
	told, _ := s.crewOf(r.kind).isTold()
	s.agenda.at(s.begin.Add(told.since()).Add(d), func() { s.overdue([]*record{r}, d) })
}

// announce says that a task has set a timeout of its own. It is called by the task, and
// wakes the loop only if that may have planned the deadlines already.
func (s *Supervisor) announce(r *record) {
	s.mu.Lock()
	s.announced = append(s.announced, r)
	s.mu.Unlock()
	if !s.Stop.Requested() {
		return
	}
	select {
	case s.late <- struct{}{}:
	default:
	}
}

func (s *Supervisor) schedule() {
	s.mu.Lock()
	announced := s.announced
	s.announced = nil
	s.mu.Unlock()
	s.own = append(s.own, announced...)
	for _, r := range announced {
		s.planOwn(r)
	}
}

// expire is the deadline of all members of a crew that have no timeout of their
// own.
func (s *Supervisor) expire(c *crew) {
	s.schedule()
	late := slices.DeleteFunc(s.stoppingOf(c), func(r *record) bool {
		_, own := r.stopTimeout()
		return own
	})
	s.overdue(late, s.StopTimeout)
}

// overdue ends the drain of tasks that are at their deadline, which gives those
// that use it a last moment, and gives up the others.
func (s *Supervisor) overdue(late []*record, limit time.Duration) {
	s.collectArrived()
	err := fmt.Errorf("%w: still running %v after it was told (StopTimeout)", ErrStopTimeout, limit)
	var draining, hung []*record
	for _, r := range late {
		if r.endDrain(context.DeadlineExceeded) {
			draining = append(draining, r)
		} else {
			hung = append(hung, r)
		}
	}
	s.abandon(hung, err)
	if len(draining) > 0 {
		s.agenda.at(time.Now().Add(drainGrace), func() { s.abandon(draining, err) })
	}
}

// lastCall tells a crew to stop that has not been told yet, and ends the drains.
func (s *Supervisor) lastCall(c *crew) {
	s.tell(c)
	for _, r := range s.stoppingOf(c) {
		r.endDrain(context.DeadlineExceeded)
	}
}

// giveUp gives up what is left of a crew when the time for the whole stop is over.
func (s *Supervisor) giveUp(c *crew) {
	late := s.stoppingOf(c)
	for _, r := range late {
		r.endDrain(context.DeadlineExceeded)
	}
	s.abandon(late, fmt.Errorf("%w: still running %v after the stop request (ShutdownTimeout)", ErrStopTimeout, s.ShutdownTimeout))
}

// abandon gives up those of the tasks that still run, and says where they hang.
func (s *Supervisor) abandon(late []*record, err error) {
	s.collectArrived()
	late = slices.DeleteFunc(late, func(r *record) bool { return r.state() != Stopping })
	if len(late) == 0 {
		return
	}
	for _, r := range late {
		if r.claim.CompareAndSwap(false, true) {
			s.end(r, Skipped, nil) // it never got to run, and now it never will
			continue
		}
		if s.stacks == nil {
			s.stacks = Stacks("task")
		}
		s.fail(r, Abandoned, err, s.stacks[Owner{string(r.id()), r.task().Layer}])
	}
}

// collectArrived takes the results that are there already: who has returned is
// not late.
func (s *Supervisor) collectArrived() {
	for r := s.results.take(); r != nil; r = s.results.take() {
		s.collect(r)
	}
}

// Status returns the state of a task, since when, and the error of one that failed or
// was abandoned. It is safe for concurrent use and never makes a task wait.
func (s *Supervisor) Status(i int) (State, time.Time, error) {
	r := &s.records[i]
	l := r.now()
	var err error
	if l.state() == Failed || l.state() == Abandoned {
		s.mu.Lock()
		err = s.failures[r]
		s.mu.Unlock()
	}
	return l.state(), s.begin.Add(l.since()), err
}

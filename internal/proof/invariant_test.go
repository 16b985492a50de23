package proof

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
)

// inspection is what must hold when a plan has been played, whatever the plan was. It
// works with what was recorded in the tasks, constructors and hooks themselves; of the
// events it takes only when tasks were told to stop and when they were over.
type inspection struct {
	*play
	requested time.Duration // when the stop began
	began     time.Duration // when the tasks did, or never
	started   map[task.ID]bool
	told      map[task.ID]time.Duration
	over      map[task.ID]time.Duration
	workersAt time.Duration // when the last task that is no daemon was over, but not before the request
	tasksAt   time.Duration // when the last task was over
	claims    []*claim
}

// check looks for what is wrong, and adds it to the problems.
func (p *play) check() {
	p.mu.Lock()
	defer p.mu.Unlock()
	in := &inspection{play: p, started: make(map[task.ID]bool), told: make(map[task.ID]time.Duration), over: make(map[task.ID]time.Duration)}
	p.problems = append(p.problems, checkTrace(p.trace, in.status.Tasks)...)
	in.read()
	in.checkEnd()
	in.checkConstructors()
	in.checkEntries()
	in.checkGate()
	in.checkReady()
	in.checkPromptness()
	in.checkBroadcast()
	in.checkDeadlines()
	in.checkHooks()
	in.checkErrors()
	in.checkCause()
}

// read takes from the trace what the checks need.
func (in *inspection) read() {
	_, in.requested = first[service.StopRequested](in.trace)
	in.began, in.workersAt, in.tasksAt = never, in.requested, in.requested
	for _, e := range in.trace.all() {
		switch ev := e.ev.(type) {
		case service.PhaseChanged:
			if ev.To == service.PhaseWaiting {
				in.began = e.at
			}
		case service.TaskChanged:
			switch {
			case ev.To == service.StateRunning:
				in.started[ev.ID] = true
			case ev.To == service.StateStopping:
				in.told[ev.ID] = e.at
			case final(ev.To):
				in.over[ev.ID] = e.at
				in.tasksAt = max(in.tasksAt, e.at)
				if ev.Kind != task.Daemon {
					in.workersAt = max(in.workersAt, e.at)
				}
			}
		}
	}
}

// checkEnd: everything is over, in time.
func (in *inspection) checkEnd() {
	if in.status.Phase != service.PhaseStopped || in.status.Cause == nil {
		in.problem("at the end the phase is %v, and the cause %v", in.status.Phase, in.status.Cause)
	}
	for _, t := range in.status.Tasks {
		if t.Kind == task.Precondition && (t.State != service.StateDone) != slices.Contains(in.status.Pending, t.ID) {
			in.problem("precondition %q is %v, and the pending ones are %v", t.ID, t.State, in.status.Pending)
		}
	}
	ran := 0
	for _, h := range in.hooks {
		ran += h.calls
	}
	limit := in.requested + in.limits.shutdown + time.Duration(ran)*time.Millisecond
	if in.requested == never || in.end.at > limit {
		in.problem("the stop was requested %s, and Run returned %v, after %v", moment(in.requested), in.end, limit)
	}
}

// patience is how long a constructor may take after the stop.
func (in *inspection) patience() time.Duration {
	return in.requested + min(in.limits.stop, in.limits.shutdown)
}

// firstStop is the first stamp of somebody who has asked for the stop.
func (in *inspection) firstStop() stamp {
	var earliest stamp
	consider := func(s stamp) {
		if s.happened() && (!earliest.happened() || s.nr < earliest.nr) {
			earliest = s
		}
	}
	for _, s := range in.stopped {
		consider(s)
	}
	for _, a := range in.actors {
		consider(a.stopped)
	}
	for _, c := range in.constructors {
		consider(c.stopped)
	}
	consider(in.observed)
	return earliest
}

// checkConstructors: each is called at most once, none after a stop, and all for which
// there is no reason against it.
func (in *inspection) checkConstructors() {
	stop := in.firstStop()
	failed := make([]bool, len(in.constructors))
	for i, c := range in.constructors {
		switch {
		case c.calls > 1:
			in.problem("the constructor of %s is called %d times", c.layer, c.calls)
		case c.calls == 1 && c.entered.at > in.requested:
			in.problem("the constructor of %s is called %v, after the stop", c.layer, c.entered)
		case c.calls == 1 && in.stoppedBefore:
			in.problem("the constructor of %s is called, but the stop came before Run", c.layer)
		}
		if c.heeds && c.entered.happened() && (!c.returned.happened() || c.returned.at > in.requested) {
			in.problem("the constructor of %s heeds its context, but returns %v", c.layer, c.returned)
		}
		for _, other := range in.constructors {
			if s := other.stopped; s.happened() && c.entered.nr > s.nr {
				in.problem("the constructor of %s is called after that of %s has stopped the service", c.layer, other.layer)
			}
		}
		blocked := slices.ContainsFunc(c.needs, func(need int) bool { return failed[need] })
		failed[i] = blocked || c.ends != succeed
		if blocked && c.calls > 0 {
			in.problem("the constructor of %s is called, but what it needs has failed", c.layer)
		}
		wired := in.lastConstructed()
		interrupted := in.stoppedBefore || in.requested <= wired.at || stop.happened() && stop.nr < wired.nr
		if !blocked && c.calls == 0 && !interrupted && !in.hangs() {
			in.problem("the constructor of %s is not called", c.layer)
		}
	}
}

// hangs reports whether a constructor has never returned.
func (in *inspection) hangs() bool {
	return slices.ContainsFunc(in.constructors, func(c *constructor) bool { return c.calls > 0 && !c.returned.happened() })
}

// built reports whether every constructor has done its work.
func (in *inspection) built() bool {
	return !slices.ContainsFunc(in.constructors, func(c *constructor) bool { return c.ends != succeed || !c.returned.happened() })
}

// lastConstructed is when the last constructor returned.
func (in *inspection) lastConstructed() stamp {
	var last stamp
	for _, c := range in.constructors {
		if c.returned.nr > last.nr {
			last = c.returned
		}
	}
	return last
}

// checkEntries: tasks are entered once, after the wiring, before the stop, and those of
// a node whose wiring failed or was stopped never.
func (in *inspection) checkEntries() {
	broken := slices.ContainsFunc(in.constructors, func(c *constructor) bool {
		return c.calls == 1 && (c.ends != succeed || !c.returned.happened())
	})
	stop, wired := in.firstStop(), in.lastConstructed()
	for i, a := range in.actors {
		if a.entries > 1 {
			in.problem("task %q is entered %d times", a.ID, a.entries)
		}
		state := service.StateSkipped // of a task that was never made
		if len(in.status.Tasks) == len(in.actors) {
			state = in.status.Tasks[i].State
		}
		switch {
		case a.entries == 0 && (state != service.StateSkipped || in.started[a.ID] && !in.noTime(a)):
			in.problem("task %q is %v, but was not entered", a.ID, state)
		case a.entries == 0:
		case state == service.StateSkipped:
			in.problem("task %q is %v, but was entered", a.ID, state)
		case a.entered.at > in.requested:
			in.problem("task %q is entered %v, after the stop", a.ID, a.entered)
		case broken || in.stoppedBefore:
			in.problem("task %q is entered, but the wiring failed or never began", a.ID)
		case stop.happened() && stop.nr < wired.nr:
			in.problem("task %q is entered, but the stop came during the wiring", a.ID)
		case a.noticed.happened() && !same(a.cause, in.status.Cause):
			in.problem("task %q was told the cause %v, the status says %v", a.ID, a.cause, in.status.Cause)
		case !gated(a.Kind) && a.entered.at != in.began:
			in.problem("task %q is entered %v, but the tasks begin %s", a.ID, a.entered, moment(in.began))
		}
	}
}

// noTime reports whether there was no time at all to stop, not even for the goroutine of
// the task to come so far as to enter Run.
func (in *inspection) noTime(a *actor) bool {
	return in.over[a.ID] == in.requested && min(in.limits.stop, in.limits.shutdown) == 0
}

// checkGate: gated tasks are entered once all preconditions have succeeded without a
// stop; then at once, and all together.
func (in *inspection) checkGate() {
	stop := in.firstStop()
	opens, shut := in.began, in.began == never
	for _, a := range in.actors {
		if a.Kind != task.Precondition {
			continue
		}
		success := a.returned.happened() && a.did == succeed && !a.noticed.happened()
		if !success || stop.happened() && stop.nr < a.returned.nr || a.returned.at > in.requested {
			shut = true
		}
		opens = max(opens, a.returned.at)
		for _, b := range in.actors {
			if gated(b.Kind) && b.entered.happened() && (!success || b.entered.nr < a.returned.nr) {
				in.problem("task %q is entered %v, before the success of precondition %q", b.ID, b.entered, a.ID)
			}
		}
	}
	_, opened := first[service.GateOpened](in.trace)
	switch {
	case shut && opened != never:
		in.problem("the gate opens %s, but must not", moment(opened))
	case !shut && in.requested > opens && opened != opens:
		in.problem("the gate opens %s, but should %s", moment(opened), moment(opens))
	}
	for _, a := range in.actors {
		if !gated(a.Kind) {
			continue
		}
		if a.entered.happened() && a.entered.at != opened {
			in.problem("task %q is entered %v, but the gate opens %s", a.ID, a.entered, moment(opened))
		}
		if !a.entered.happened() && in.ready && !in.noTime(a) {
			in.problem("task %q is not entered, but the gate opens %s", a.ID, moment(opened))
		}
	}
}

// checkReady: Ready is closed if and only if the gate has opened, and then every gated
// task has been started; but a stop at the moment of the opening can keep them out.
func (in *inspection) checkReady() {
	phase := false
	for _, e := range in.trace.all() {
		if ev, ok := e.ev.(service.PhaseChanged); ok {
			phase = phase || ev.To == service.PhaseRunning
		}
	}
	_, opened := first[service.GateOpened](in.trace)
	all := true
	for _, a := range in.actors {
		all = all && (!gated(a.Kind) || in.started[a.ID])
	}
	if in.ready != phase || in.ready && (opened == never || !all) || !in.ready && opened != never && opened != in.requested {
		in.problem("ready: %v, phase running: %v, gate opened %s, every gated task started: %v", in.ready, phase, moment(opened), all)
	}
}

// checkPromptness: whatever stops the service does so at once.
func (in *inspection) checkPromptness() {
	must := func(at time.Duration, what string) {
		if in.requested > at {
			in.problem("the stop begins %s, but should %s: %s", moment(in.requested), moment(at), what)
		}
	}
	if stop := in.firstStop(); stop.happened() && stop.nr < in.end.nr {
		must(stop.at, "somebody asked for it")
	}
	for _, s := range in.stops {
		if s.way == ctxDeadline && s.at < in.end.at {
			must(s.at, "the context has ended")
		}
	}
	for _, a := range in.actors {
		if a.returned.happened() && !a.noticed.happened() && (a.did != succeed || endless(a.Kind)) {
			must(a.returned.at, "task "+string(a.ID)+" has returned")
		}
		if t := in.limits.precondition; t > 0 && a.Kind == task.Precondition && in.began != never &&
			(!a.returned.happened() || a.returned.at > in.began+t) {
			must(in.began+t, "precondition "+string(a.ID)+" is late")
		}
	}
	if alive, since := in.keptAlive(); !alive {
		must(since, "nothing keeps the service alive")
	}
}

// keptAlive reports whether a task kept the service alive until the stop, or the wiring
// failed; and otherwise since when none did.
func (in *inspection) keptAlive() (alive bool, since time.Duration) {
	if in.began == never || len(in.status.Tasks) < len(in.actors) {
		return true, 0
	}
	since = in.began
	for _, a := range in.actors {
		if a.Kind == task.Daemon {
			continue
		}
		if in.over[a.ID] >= in.requested {
			return true, 0
		}
		since = max(since, in.over[a.ID])
	}
	return false, since
}

// checkCause: the cause of the stop is something that happened at that moment.
func (in *inspection) checkCause() {
	cause := in.status.Cause
	if cause == nil {
		return
	}
	at := func(s stamp) bool { return s.happened() && s.at == in.requested }
	ways := func(ways ...stopWay) bool {
		for i, s := range append(slices.Clone(in.stops), lastStop) {
			if slices.Contains(ways, s.way) && (at(in.stopped[i]) || s.way == ctxDeadline && s.at == in.requested) {
				return true
			}
		}
		return false
	}
	ok := false
	switch {
	case same(cause, service.ErrStopRequested):
		ok = ways(stopNil) || at(in.observed) || slices.ContainsFunc(in.actors, func(a *actor) bool { return at(a.stopped) }) ||
			slices.ContainsFunc(in.constructors, func(c *constructor) bool { return at(c.stopped) })
	case same(cause, errOutside):
		ok = ways(stopErr, ctxCause) || in.stoppedBefore
	case same(cause, context.Canceled):
		ok = ways(ctxCancel)
	case same(cause, context.DeadlineExceeded):
		ok = ways(ctxDeadline)
	case errors.Is(cause, service.ErrPreconditionTimeout):
		ok = in.requested == in.began+in.limits.precondition
	case errors.Is(cause, service.ErrNoTasks):
		ok = len(in.actors) == 0 && in.requested == in.lastConstructed().at
	default:
		ok = in.explains(cause)
	}
	if !ok {
		in.problem("the stop begins %s, when its cause did not happen: %v", moment(in.requested), cause)
	}
}

// explains reports whether a task or a constructor did at the moment of the stop what
// the cause says.
func (in *inspection) explains(cause error) bool {
	if failure, ok := as[*service.TaskError](cause); ok {
		return slices.ContainsFunc(in.actors, func(a *actor) bool {
			return a.ID == failure.ID && a.returned.happened() && a.returned.at == in.requested && a.did != succeed
		})
	}
	if id := returnedTask(cause, in.actors); id != "" {
		return slices.ContainsFunc(in.actors, func(a *actor) bool {
			return string(a.ID) == id && endless(a.Kind) && a.did == succeed && a.returned.happened() && a.returned.at == in.requested
		})
	}
	if in.began == never { // the report of the wiring
		return in.lastConstructed().at == in.requested
	}
	for _, a := range in.actors {
		if a.Kind != task.Daemon && in.over[a.ID] > in.requested {
			return false
		}
	}
	return true
}

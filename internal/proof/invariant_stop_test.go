package proof

import (
	"slices"
	"strings"
	"time"

	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
)

// checkBroadcast: the tasks are told at the right time, and notice it then.
func (in *inspection) checkBroadcast() {
	for _, a := range in.actors {
		told, ok := in.told[a.ID]
		if a.noticed.happened() && (!ok || a.noticed.at != told) {
			in.problem("task %q notices the stop %v, but is told %s", a.ID, a.noticed, moment(told))
		}
		if !ok {
			continue
		}
		want := in.requested
		if in.ready && !in.allDone() {
			want += in.limits.drain
			if lastCall := in.requested + in.limits.shutdown - 2*grace; in.limits.drain > 0 && want >= lastCall && told >= lastCall {
				continue
			}
		}
		if a.Kind == task.Daemon {
			want = max(want, in.workersAt)
			for _, b := range in.actors {
				if b.Kind != task.Daemon && b.returned.nr > a.noticed.nr && a.noticed.happened() && in.over[b.ID] > a.noticed.at {
					in.problem("daemon %q notices the stop %v, before %q is over", a.ID, a.noticed, b.ID)
				}
			}
		}
		if told != want {
			in.problem("task %q is told to stop %s, but should be %s", a.ID, moment(told), moment(want))
		}
	}
}

// allDone reports whether the service stopped because nothing was left to keep it alive.
func (in *inspection) allDone() bool {
	return strings.Contains(in.status.Cause.Error(), "keeps the service alive")
}

// grace is how long a task has to return when its drain has ended.
const grace = 100 * time.Millisecond

// checkDeadlines: a task is given up at its deadline, if it has not returned, and never
// before; a drain ends then.
func (in *inspection) checkDeadlines() {
	end := in.requested + in.limits.shutdown
	for i, a := range in.actors {
		told, ok := in.told[a.ID]
		if !ok || len(in.status.Tasks) == 0 || a.entries == 0 {
			continue
		}
		timeout := in.limits.stop
		if own := in.tasks[i].own; own != never {
			timeout = own
		}
		deadline := told + timeout
		over := in.over[a.ID]
		if in.limits.stop == 0 && told == a.entered.at {
			continue // no time, not even to announce a timeout of its own
		}
		if over > min(deadline+grace, end) {
			in.problem("task %q was told to stop %s and is over %s, but its deadline is %s", a.ID, moment(told), moment(over), moment(deadline))
		}
		// Near the end of all the deadlines come a moment earlier.
		if a.drained.happened() && a.drained.nr < in.end.nr && a.drained.at != deadline && a.drained.at < min(deadline, end-2*grace) {
			in.problem("the drain of task %q ends %v, but its deadline is %s", a.ID, a.drained, moment(deadline))
		}
		if in.status.Tasks[i].State != service.StateAbandoned {
			continue
		}
		switch {
		case over < min(deadline, end-grace):
			in.problem("task %q is given up %s, but its deadline is %s", a.ID, moment(over), moment(deadline))
		case a.returned.happened() && a.returned.at < over:
			in.problem("task %q is given up %s, but has returned %v", a.ID, moment(over), a.returned)
		case a.drained.happened() && deadline > told && (a.drained.at < over || over < end-2*grace):
			in.problem("task %q is given up %s, but its drain has ended %v, and it returned %v", a.ID, moment(over), a.drained, a.returned)
		}
	}
}

// checkHooks: every hook of every constructor runs once, after all tasks, last added
// first, with a fresh and bounded context.
func (in *inspection) checkHooks() {
	var ran []*hook
	var firstRun stamp
	for _, h := range in.hooks {
		if h.entered.happened() {
			ran = append(ran, h)
			if !firstRun.happened() || h.entered.nr < firstRun.nr {
				firstRun = h.entered
			}
		}
		switch {
		case h.calls > 1:
			in.problem("hook %s runs %d times", h.name, h.calls)
		case h.calls == 0 && h.added.at < in.patience():
			in.problem("hook %s does not run", h.name)
		case h.calls == 0:
		case h.ended:
			in.problem("the context of hook %s has ended when it is called", h.name)
		case h.heeds && (!h.returned.happened() || h.returned.at > h.deadline):
			in.problem("hook %s heeds its context, which ends at %v, but returns %v", h.name, h.deadline, h.returned)
		case h.deadline <= h.entered.at || h.deadline > h.entered.at+in.limits.hook:
			in.problem("hook %s is called %v with the deadline %v", h.name, h.entered, h.deadline)
		}
	}
	for _, a := range in.actors {
		if a.entered.happened() && firstRun.happened() && in.over[a.ID] > firstRun.at {
			in.problem("a hook runs %v, before task %q is over", firstRun, a.ID)
		}
		if a.returned.nr > firstRun.nr && firstRun.happened() && in.stateOf(a) != service.StateAbandoned {
			in.problem("a hook runs %v, before task %q has returned", firstRun, a.ID)
		}
	}
	slices.SortFunc(ran, func(a, b *hook) int { return a.entered.nr - b.entered.nr })
	for i := 1; i < len(ran); i++ {
		if before, h := ran[i-1], ran[i]; h.added.nr > before.added.nr && h.added.at < in.patience() {
			in.problem("hook %s runs after %s, but was added later", h.name, before.name)
		}
	}
}

func (in *inspection) stateOf(a *actor) service.State {
	for _, t := range in.status.Tasks {
		if t.ID == a.ID {
			return t.State
		}
	}
	return service.StateSkipped
}

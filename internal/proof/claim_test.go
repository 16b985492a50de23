package proof

import (
	"context"
	"errors"
	"fmt"

	"go.uber.org/multierr"

	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

// claim is an error that belongs into the result of a run.
type claim struct {
	what    string
	certain bool // otherwise it may be there: something happened at the same instant
	matches func(error) bool
	found   int
}

func (in *inspection) claim(certain bool, matches func(error) bool, format string, args ...any) {
	in.claims = append(in.claims, &claim{what: fmt.Sprintf(format, args...), certain: certain, matches: matches})
}

// checkErrors: the result holds exactly what went wrong, once each, and the cause first.
func (in *inspection) checkErrors() {
	in.claimCause()
	in.claimWiring()
	for i, a := range in.actors {
		in.claimTask(a, in.tasks[i])
	}
	for _, h := range in.hooks {
		if h.calls > 0 {
			in.claimHook(h)
		}
	}
	all := multierr.Errors(in.result)
	for _, err := range all {
		in.find(err)
	}
	for _, c := range in.claims {
		if c.certain && c.found == 0 {
			in.problem("the result lacks %s", c.what)
		}
		if c.found > 1 {
			in.problem("the result has %s %d times", c.what, c.found)
		}
	}
	for i, err := range all {
		if same(err, in.status.Cause) && i > 0 {
			in.problem("the cause is not first in the result, but at %d", i)
		}
	}
}

// find looks for the claim that explains the error. A report of the wiring is several.
func (in *inspection) find(err error) {
	if report, ok := any(err).(interface{ Unwrap() []error }); ok {
		for _, part := range report.Unwrap() {
			in.find(part)
		}
		return
	}
	for _, c := range in.claims {
		if c.matches(err) {
			c.found++
			return
		}
	}
	in.problem("nothing explains this error in the result: %v", err)
}

func (in *inspection) claimCause() {
	is := func(want error) func(error) bool { return func(err error) bool { return same(err, want) } }
	if cause := in.status.Cause; same(cause, errOutside) || same(cause, context.DeadlineExceeded) {
		in.claim(true, is(cause), "the cause")
	}
	if wired := in.lastConstructed(); len(in.actors) == 0 && in.built() && in.requested >= wired.at {
		in.claim(in.requested > wired.at, is(service.ErrNoTasks), "ErrNoTasks")
	}
}

func (in *inspection) claimWiring() {
	for _, c := range in.constructors {
		if c.calls == 0 {
			continue
		}
		of := func(is func(error) bool) func(error) bool {
			return func(err error) bool {
				failure, ok := as[*wiring.ConstructorError](err)
				return ok && failure.Layer == c.layer && is(failure.Err)
			}
		}
		abandoned := of(func(err error) bool { return errors.Is(err, service.ErrStopTimeout) })
		if !c.returned.happened() || c.returned.nr > in.end.nr || c.returned.at > in.patience() {
			in.claim(in.patience() > in.requested, abandoned, "that the constructor of %s hangs", c.layer)
			continue
		}
		if c.returned.at == in.patience() {
			in.claim(false, abandoned, "that the constructor of %s hangs", c.layer)
		}
		own := of(func(err error) bool { return isDeed(err, c.ends, c.err) })
		certain := c.returned.at < in.patience()
		switch {
		case c.ends == succeed:
		case c.ends != cancel:
			in.claim(certain, own, "the failure of the constructor of %s (%v)", c.layer, c.ends)
		case c.returned.at < in.requested || c.returned.at == in.requested && !c.noticed.happened():
			in.claim(c.returned.at < in.requested, own, "the failure of the constructor of %s (%v)", c.layer, c.ends)
		}
	}
	if in.patience() == in.requested { // no time at all, not even for what the service asks for itself
		in.claim(false, func(err error) bool {
			_, ok := as[*wiring.ConstructorError](err)
			return ok && errors.Is(err, service.ErrStopTimeout)
		}, "that a constructor hangs")
	}
}

// isDeed reports whether err is what a deed comes to, whose own error is given.
func isDeed(err error, d deed, own error) bool {
	p, panicked := as[*service.PanicError](err)
	switch d {
	case fail:
		return same(err, own)
	case cancel:
		return same(err, errInterrupted)
	case crash:
		return panicked && p.Value == any(own)
	case crashCancel:
		return panicked && p.Value == any(errInterrupted)
	case exit:
		return panicked && p.Value == any(task.ErrGoexit)
	}
	return false
}

func (in *inspection) claimTask(a *actor, plan taskPlan) {
	of := func(is func(error) bool) func(error) bool {
		return func(err error) bool {
			failure, ok := as[*service.TaskError](err)
			return ok && failure.ID == a.ID && failure.Kind == a.Kind && failure.Layer == fmt.Sprintf("l%d", plan.layer) && is(failure.Err)
		}
	}
	state, over := in.stateOf(a), in.over[a.ID]
	abandoned := state == service.StateAbandoned
	if abandoned {
		in.claim(true, of(func(err error) bool { return errors.Is(err, service.ErrStopTimeout) }), "that task %q hangs", a.ID)
	}
	if !a.entered.happened() {
		return
	}
	late, maybeLate := in.claimLate(a, of)
	if !a.returned.happened() || a.returned.at > in.tasksAt {
		if !abandoned {
			in.problem("task %q has not returned, and is %v", a.ID, state)
		}
		return
	}
	// What comes when the last task is over may not be heard any more.
	heard := !abandoned || a.returned.at < in.tasksAt
	quiet := a.did == succeed || a.did == cancel && (a.noticed.happened() || a.returned.at > in.requested)
	maybeQuiet := a.did == cancel && !quiet && a.returned.at == in.requested
	if !quiet {
		in.claim(heard && !maybeQuiet, of(func(err error) bool { return isDeed(err, a.did, a.err) }), "the failure of task %q (%v)", a.ID, a.did)
	}
	want := service.StateDone
	if !quiet || late {
		want = service.StateFailed
	}
	if !abandoned && state != want && !maybeQuiet && !maybeLate {
		in.problem("task %q returned with %v, and is %v", a.ID, a.did, state)
	}
	if !abandoned && over < a.returned.at {
		in.problem("task %q is over %s, but returns %v", a.ID, moment(over), a.returned)
	}
}

// claimLate claims the error of a precondition that took too long for the gate, and
// reports whether it did for certain, or if it returned at that very moment, perhaps.
func (in *inspection) claimLate(a *actor, of func(func(error) bool) func(error) bool) (certainly, perhaps bool) {
	if a.Kind != task.Precondition || !errors.Is(in.status.Cause, service.ErrPreconditionTimeout) {
		return false, false
	}
	if a.returned.happened() && a.returned.at < in.requested {
		return false, false
	}
	certainly = !a.returned.happened() || a.returned.at > in.requested || a.noticed.happened()
	in.claim(certainly, of(func(err error) bool { return errors.Is(err, service.ErrPreconditionTimeout) }), "that precondition %q is late", a.ID)
	return certainly, !certainly
}

func (in *inspection) claimHook(h *hook) {
	of := func(is func(error) bool) func(error) bool {
		return func(err error) bool {
			failure, ok := as[*service.HookError](err)
			return ok && failure.Name == h.name && failure.Layer == h.name[:2] && is(failure.Err)
		}
	}
	inTime := h.returned.happened() && h.returned.at <= h.deadline
	tooLate := !h.returned.happened() || h.returned.at >= h.deadline
	if inTime && h.ends != succeed {
		in.claim(!tooLate, of(func(err error) bool { return isDeed(err, h.ends, h.err) }), "the failure of hook %s (%v)", h.name, h.ends)
	}
	if tooLate {
		in.claim(!inTime, of(func(err error) bool { return errors.Is(err, service.ErrStopTimeout) }), "that hook %s hangs", h.name)
	}
}

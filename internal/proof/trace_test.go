package proof

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
)

// trace records the events of a service.
type trace struct {
	start time.Time

	mu     sync.Mutex // protects following fields
	events []traced
}

type traced struct {
	at time.Duration
	ev service.Event
}

func (tr *trace) observe(ev service.Event) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.events = append(tr.events, traced{time.Since(tr.start), ev})
}

func (tr *trace) all() []traced {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return slices.Clone(tr.events)
}

// String lists the events, a line each.
func (tr *trace) String() string {
	var b strings.Builder
	for _, e := range tr.all() {
		switch ev := e.ev.(type) {
		case service.TaskChanged:
			fmt.Fprintf(&b, "  %8v %s %q: %v -> %v", e.at, ev.Kind, ev.ID, ev.From, ev.To)
			if ev.Err != nil {
				fmt.Fprintf(&b, " (%v)", ev.Err)
			}
			b.WriteString("\n")
		case service.TaskAbandoned:
			fmt.Fprintf(&b, "  %8v TaskAbandoned %q\n", e.at, ev.ID)
		default:
			fmt.Fprintf(&b, "  %8v %s %v\n", e.at, strings.TrimPrefix(fmt.Sprintf("%T", ev), "service."), ev)
		}
	}
	return b.String()
}

// first returns the first event of type E and when it happened, or never.
func first[E service.Event](tr *trace) (E, time.Duration) {
	for _, e := range tr.all() {
		if ev, ok := e.ev.(E); ok {
			return ev, e.at
		}
	}
	var none E
	return none, never
}

func happened[E service.Event](tr *trace) bool {
	_, when := first[E](tr)
	return when != never
}

// legal holds, for each state of a task, those that may follow.
var legal = map[service.State][]service.State{
	service.StatePending: {service.StateRunning, service.StateSkipped},
	service.StateRunning: {service.StateStopping, service.StateDone, service.StateFailed, service.StateSkipped},
	service.StateStopping: {service.StateDone, service.StateFailed, service.StateSkipped,
		service.StateAbandoned},
}

// phases holds, for each phase, those that may follow.
var phases = map[service.Phase][]service.Phase{
	service.PhaseBuilt:    {service.PhaseWiring, service.PhaseStopping},
	service.PhaseWiring:   {service.PhaseWaiting, service.PhaseStopping},
	service.PhaseWaiting:  {service.PhaseRunning, service.PhaseStopping},
	service.PhaseRunning:  {service.PhaseStopping},
	service.PhaseStopping: {service.PhaseStopped},
}

func final(s service.State) bool { return s >= service.StateDone }

// checker walks through a trace and finds what is out of order.
type checker struct {
	problems []string

	order    []task.ID // of registration
	kinds    map[task.ID]task.Kind
	states   map[task.ID]service.State
	lastOf   map[bool]int // position of the task of the group, gated or not, started last
	phase    service.Phase
	cause    error // of the StopRequested event
	gateOpen bool
	hook     string // that runs
	previous service.Event
}

// checkTrace returns what is out of order in the trace of a run that is over. The tasks
// are in the order of registration; there may be none, if wiring failed.
func checkTrace(tr *trace, tasks []service.TaskStatus) []string {
	c := &checker{
		kinds:  make(map[task.ID]task.Kind),
		states: make(map[task.ID]service.State),
		lastOf: map[bool]int{true: -1, false: -1},
	}
	for _, t := range tasks {
		c.order = append(c.order, t.ID)
		c.kinds[t.ID] = t.Kind
	}
	for _, e := range tr.all() {
		c.event(e)
		c.previous = e.ev
	}
	if c.phase != service.PhaseStopped {
		c.problem("the last phase is %v", c.phase)
	}
	for _, t := range tasks {
		if got := c.states[t.ID]; got != t.State || !final(got) {
			c.problem("task %q ends as %v, and its status says %v", t.ID, got, t.State)
		}
	}
	return c.problems
}

func (c *checker) problem(format string, args ...any) {
	c.problems = append(c.problems, "trace: "+fmt.Sprintf(format, args...))
}

func (c *checker) event(e traced) {
	switch ev := e.ev.(type) {
	case service.PhaseChanged:
		if ev.From != c.phase || !slices.Contains(phases[ev.From], ev.To) {
			c.problem("the phase goes from %v to %v, but was %v", ev.From, ev.To, c.phase)
		}
		if c.phase = ev.To; ev.To == service.PhaseStopping && c.cause == nil {
			c.problem("the phase is stopping before the stop begins")
		}
	case service.StopRequested:
		if c.cause != nil {
			c.problem("the stop begins twice")
		}
		if c.cause = ev.Cause; c.cause == nil {
			c.problem("the stop has no cause")
		}
	case service.GateOpened:
		c.gateOpens()
	case service.GateWaiting:
		if c.gateOpen || c.cause != nil || len(ev.Pending) == 0 {
			c.problem("waiting for %v, gate open: %v, stop: %v", ev.Pending, c.gateOpen, c.cause)
		}
	case service.TaskChanged:
		c.taskChanges(ev)
	case service.TaskAbandoned:
		if p, ok := c.previous.(service.TaskChanged); !ok || p.ID != ev.ID || p.To != service.StateAbandoned {
			c.problem("TaskAbandoned of %q follows %T", ev.ID, c.previous)
		}
	case service.HookStarted:
		c.hookStarts(ev)
	case service.HookFinished:
		if c.hook != ev.Name {
			c.problem("hook %q ends, but %q runs", ev.Name, c.hook)
		}
		c.hook = ""
	}
}

func (c *checker) gateOpens() {
	if c.gateOpen {
		c.problem("the gate opens twice")
	}
	c.gateOpen = true
	if c.cause != nil {
		c.problem("the gate opens after the stop")
	}
	for id, k := range c.kinds {
		if k == task.Precondition && c.states[id] != service.StateDone {
			c.problem("the gate opens, but precondition %q is %v", id, c.states[id])
		}
	}
}

func (c *checker) taskChanges(ev service.TaskChanged) {
	kind, known := c.kinds[ev.ID]
	if !known || kind != ev.Kind {
		c.problem("the event says that task %q is a %v, its status %v", ev.ID, ev.Kind, kind)
	}
	if from := c.states[ev.ID]; ev.From != from || !slices.Contains(legal[from], ev.To) {
		c.problem("task %q goes from %v to %v, but was %v", ev.ID, ev.From, ev.To, from)
	}
	c.states[ev.ID] = ev.To
	wantErr := ev.To == service.StateFailed || ev.To == service.StateAbandoned
	if _, isTaskError := errors.AsType[*service.TaskError](ev.Err); wantErr != isTaskError {
		c.problem("task %q is %v with the error %v", ev.ID, ev.To, ev.Err)
	}
	switch ev.To {
	case service.StateRunning:
		c.taskStarts(ev)
	case service.StateStopping:
		c.taskIsTold(ev)
	case service.StateAbandoned, service.StateSkipped:
		if c.cause == nil && ev.To == service.StateAbandoned {
			c.problem("task %q is %v before the stop", ev.ID, ev.To)
		}
	}
}

func (c *checker) taskStarts(ev service.TaskChanged) {
	gated := ev.Kind == task.Regular || ev.Kind == task.Oneshot
	if gated && !c.gateOpen {
		c.problem("task %q starts before the gate", ev.ID)
	}
	if c.cause != nil {
		c.problem("task %q starts after the stop", ev.ID)
	}
	position := slices.Index(c.order, ev.ID)
	if position < c.lastOf[gated] {
		c.problem("task %q starts after %q, which was registered later", ev.ID, c.order[c.lastOf[gated]])
	}
	c.lastOf[gated] = position
}

func (c *checker) taskIsTold(ev service.TaskChanged) {
	if c.cause == nil {
		c.problem("task %q is told to stop before the stop", ev.ID)
	}
	if ev.Kind != task.Daemon {
		return
	}
	for id, k := range c.kinds {
		if k != task.Daemon && !final(c.states[id]) {
			c.problem("daemon %q is told to stop, but %q is %v", ev.ID, id, c.states[id])
		}
	}
}

func (c *checker) hookStarts(ev service.HookStarted) {
	if c.hook != "" {
		c.problem("hook %q starts, but %q runs", ev.Name, c.hook)
	}
	c.hook = ev.Name
	if c.cause == nil {
		c.problem("hook %q starts before the stop", ev.Name)
	}
	for id := range c.kinds {
		if !final(c.states[id]) {
			c.problem("hook %q starts, but task %q is %v", ev.Name, id, c.states[id])
		}
	}
}

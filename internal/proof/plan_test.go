package proof

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"

	"github.com/wireframework/wireframework/task"
)

// plan is a random node and what happens to it. It is drawn as a whole, so that a plan
// that fails shrinks to a small one.
type plan struct {
	limits limits
	layers []layerPlan
	tasks  []taskPlan
	stops  []stopPlan

	stoppedBefore bool // by the first of stops, before Run is called
	nosy          bool // an observer looks at the status all the time
	clumsy        bool // an observer panics all the time
	again         bool // somebody calls Run a second time
	stopsAt       int  // the number of the event at which an observer asks for the stop; or 0
}

// limits are the options of the service.
type limits struct {
	stop, shutdown, hook, precondition, drain time.Duration
}

// layerPlan is a layer: a constructor of a resource, and one of the tasks that need it.
type layerPlan struct {
	takes time.Duration // of the constructor; or never
	ends  deed
	heeds bool  // the end of its context
	stops bool  // it asks for the stop before it ends
	late  bool  // it adds its hooks at the end, not at the beginning
	needs []int // earlier layers whose resources it takes
	hooks []hookPlan
}

type hookPlan struct {
	takes time.Duration // or never
	ends  deed
	heeds bool // the end of its context
	stops bool // it asks for the stop before it ends
}

type taskPlan struct {
	script
	layer  int
	own    time.Duration // stop timeout of its own; or never
	drains bool          // it uses what is left until its deadline, and returns then
	stops  bool          // it asks for the stop before it acts unasked
}

type stopPlan struct {
	at  time.Duration
	way stopWay
}

// lastStop comes to every plan, so that every run ends.
var lastStop = stopPlan{90 * time.Second, stopNil}

const sec = time.Second

// pick draws one of the values. What comes first is simplest.
func pick[T any](t *rapid.T, label string, values ...T) T {
	return rapid.SampledFrom(values).Draw(t, label)
}

// oneIn draws true in one of n cases.
func oneIn(t *rapid.T, label string, n int) bool {
	return rapid.IntRange(0, n-1).Draw(t, label) == n-1
}

// drawPlan draws durations from few values, so that things often happen at the same
// instant.
func drawPlan(t *rapid.T) plan {
	p := plan{
		limits: limits{
			stop:         pick(t, "stop timeout", 20*sec, 20*sec, 20*sec, 5*sec, sec, 0),
			shutdown:     pick(t, "shutdown timeout", 30*sec, 30*sec, 30*sec, 60*sec, 5*sec, sec, 50*time.Millisecond, 0),
			hook:         pick(t, "hook timeout", 5*sec, 5*sec, sec),
			precondition: pick(t, "precondition timeout", 0, 0, 0, 8*sec, 3*sec),
			drain:        pick(t, "drain delay", 0, 0, 0, 2*sec, 15*sec, 40*sec),
		},
		nosy:   oneIn(t, "nosy", 8),
		clumsy: oneIn(t, "clumsy", 20),
		again:  oneIn(t, "again", 8),
	}
	m := mood{
		sound:  !oneIn(t, "some constructors fail", 6),
		calm:   rapid.Bool().Draw(t, "little fails"),
		steady: rapid.Bool().Draw(t, "tasks run until the stop"),
	}
	for i := range rapid.IntRange(1, 4).Draw(t, "layers") {
		p.layers = append(p.layers, m.drawLayer(t, i))
	}
	for i := range rapid.IntRange(0, 12).Draw(t, "tasks") {
		p.tasks = append(p.tasks, m.drawTask(t, i, len(p.layers)))
	}
	slices.SortStableFunc(p.tasks, func(a, b taskPlan) int { return a.layer - b.layer }) // order of registration
	for range rapid.IntRange(0, 3).Draw(t, "stops") {
		p.stops = append(p.stops, stopPlan{
			at:  pick(t, "at", 20*sec, 30*sec, 25*sec, 12*sec, 10*sec, 13*sec, 5*sec, sec, 0),
			way: rapid.SampledFrom([]stopWay{stopNil, stopErr, ctxCancel, ctxDeadline, ctxCause}).Draw(t, "way"),
		})
	}
	if oneIn(t, "an observer stops", 8) {
		p.stopsAt = rapid.IntRange(1, 40).Draw(t, "at event")
	}
	p.stoppedBefore = len(p.stops) > 0 && oneIn(t, "stopped before Run", 20)
	return p
}

// mood is what keeps plans from being all alike, with a bit of everything.
type mood struct {
	sound  bool // no constructor fails
	calm   bool // little else does
	steady bool // the endless tasks run until the stop
}

// drawDeed draws how something ends: in a calm plan mostly as given.
func (m mood) drawDeed(t *rapid.T, label string, calm ...deed) deed {
	if m.calm && !oneIn(t, "fails all the same", 15) {
		return pick(t, label, calm...)
	}
	return pick(t, label, succeed, succeed, fail, cancel, crash, crashCancel, exit)
}

func (m mood) drawLayer(t *rapid.T, i int) layerPlan {
	l := layerPlan{late: rapid.Bool().Draw(t, "late hooks")}
	if m.sound {
		l.takes = pick(t, "takes", 0, 0, sec)
	} else {
		l.takes = pick(t, "takes", 0, sec, 3*sec, 12*sec, never)
		l.ends = pick(t, "ends", succeed, succeed, succeed, fail, cancel, crash, crashCancel, exit)
		l.heeds = rapid.Bool().Draw(t, "heeds its context")
		l.stops = oneIn(t, "asks for the stop", 8)
	}
	for j := range i {
		if oneIn(t, "needs", 3) {
			l.needs = append(l.needs, j)
		}
	}
	for range rapid.IntRange(0, 2).Draw(t, "hooks") {
		h := hookPlan{
			takes: pick(t, "takes", 0, 0, 0, sec),
			ends:  m.drawDeed(t, "ends", succeed),
			heeds: rapid.Bool().Draw(t, "heeds its context"),
			stops: oneIn(t, "asks for the stop", 8),
		}
		if !m.calm {
			h.takes = pick(t, "takes longer", h.takes, 2*sec, 7*sec, never)
		}
		l.hooks = append(l.hooks, h)
	}
	return l
}

func (m mood) drawTask(t *rapid.T, i, layers int) taskPlan {
	p := taskPlan{
		layer: rapid.IntRange(0, layers-1).Draw(t, "layer"),
		script: script{
			ID:    task.ID(fmt.Sprintf("t%d", i)),
			Kind:  rapid.SampledFrom(allKinds).Draw(t, "kind"),
			Do:    m.drawDeed(t, "does", succeed),
			After: pick(t, "after", 0, 0, 0, sec, 3*sec),
			Then:  m.drawDeed(t, "then", cancel, succeed),
		},
		own:    pick(t, "own stop timeout", never, never, never, sec, 5*sec, 25*sec, 0),
		drains: oneIn(t, "drains", 4),
		stops:  oneIn(t, "asks for the stop", 20),
	}
	if !m.calm || oneIn(t, "slow all the same", 15) {
		p.After = pick(t, "takes longer", p.After, 5*sec, 21*sec, 35*sec, never)
	}
	p.At = pick(t, "at", never, sec, 5*sec, 10*sec, 12*sec, 20*sec, 0)
	switch {
	case m.steady && endless(p.Kind):
		p.At = never
	case m.calm && p.Kind == task.Precondition:
		p.At = pick(t, "succeeds at", 5*sec, 10*sec, sec)
	}
	return p
}

var allKinds = []task.Kind{
	task.Regular, task.Oneshot, task.Precondition, task.Unconstrained, task.UnconstrainedOneshot, task.Daemon,
}

// GoString is what rapid prints.
func (p plan) GoString() string { return p.String() }

// String shows the plan, a line for each part.
func (p plan) String() string {
	var b strings.Builder
	l := p.limits
	fmt.Fprintf(&b, "StopTimeout %v, ShutdownTimeout %v, HookTimeout %v", l.stop, l.shutdown, l.hook)
	if l.precondition > 0 {
		fmt.Fprintf(&b, ", PreconditionTimeout %v", l.precondition)
	}
	if l.drain > 0 {
		fmt.Fprintf(&b, ", DrainDelay %v", l.drain)
	}
	b.WriteString(when(p.nosy, "; an observer looks at the status") + when(p.clumsy, "; an observer panics") +
		when(p.again, "; Run is called again") + when(p.stoppedBefore, "; the first stop comes before Run"))
	if p.stopsAt > 0 {
		fmt.Fprintf(&b, "; an observer stops at event %d", p.stopsAt)
	}
	for i, l := range p.layers {
		fmt.Fprintf(&b, "\nlayer l%d: %v", i, l)
		for _, t := range p.tasks {
			if t.layer == i {
				fmt.Fprintf(&b, "\n  %v", t)
			}
		}
	}
	for _, s := range p.stops {
		fmt.Fprintf(&b, "\n%v at %v", s.way, s.at)
	}
	return b.String() + "\n"
}

func (l layerPlan) String() string {
	text := fmt.Sprintf("%v after %s", l.ends, duration(l.takes))
	text += when(l.heeds, ", heeds its context") + when(l.stops, ", asks for the stop") + when(l.late, ", adds hooks at its end")
	if len(l.needs) > 0 {
		text += fmt.Sprintf(", needs %v", l.needs)
	}
	for _, h := range l.hooks {
		text += fmt.Sprintf("; hook: %v after %s", h.ends, duration(h.takes)) + when(h.heeds, ", heeds its context") + when(h.stops, ", asks for the stop")
	}
	return text
}

func (t taskPlan) String() string {
	text := t.script.String()
	if t.own != never {
		text += fmt.Sprintf("; own stop timeout %v", t.own)
	}
	return text + when(t.drains, "; uses Drain") + when(t.stops, "; asks for the stop before it acts")
}

func duration(d time.Duration) string {
	if d == never {
		return "ever"
	}
	return d.String()
}

func when(is bool, text string) string {
	if is {
		return text
	}
	return ""
}

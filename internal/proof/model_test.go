package proof

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/wireframework/wireframework/task"
)

// The model is the contract of a run (section 5 of the design, docs/behaviour.md) as a
// machine of small steps: a task acts, the service learns of it, somebody asks for the
// stop, the gate opens, a task is told. The steps that are possible at an instant may
// come in any order, and the model tries all; time goes on when none is left. It knows
// nothing of the engine: no loop, no channels, no goroutines.

// maxTasks bounds the tasks of a model, so that a state of it can be a key of a map.
const maxTasks = 6

// setting is what the model runs.
type setting struct {
	scripts []script
	stop    time.Duration // when somebody asks for the stop
	way     stopWay

	stopTimeout, shutdownTimeout time.Duration
}

// stage is where a task is.
type stage uint8

const (
	pending  stage = iota // waits for the gate
	started               // its Run has not been entered yet
	running               // in Run
	told                  // the stop has been broadcast to it
	leaving               // it has noticed that
	returned              // the service does not know yet
	done
	failed
	skipped
	abandoned
)

func (s stage) over() bool { return s >= done }

func (s stage) String() string {
	return [...]string{"pending", "running", "running", "stopping", "stopping", "stopping", "done", "failed", "skipped", "abandoned"}[s]
}

// part is one task of the model.
type part struct {
	stage            stage
	asked            bool // the stop had been requested when it returned
	gone             bool // abandoned, and has returned since
	did              deed
	entered, noticed time.Duration
}

// state is one state of the model. It is comparable.
type state struct {
	now   time.Duration
	parts [maxTasks]part
	queue string // of the tasks that have returned and that the service does not know of, as digits

	ready    bool // the gate has opened
	stopCame bool // the request from outside was made, perhaps in vain

	requested    bool
	at           time.Duration // of the request
	cause        string
	fails        bool // the cause is an error of the run
	toldWorkers  time.Duration
	toldDaemons  time.Duration
	errs         string // lines, in order of time
	causeIsAnErr bool   // the cause is among errs
}

// model explores a setting.
type model struct {
	setting
	seen     map[state]bool
	todo     []state
	outcomes map[string]bool
}

// predict returns all outcomes that the contract allows, in alphabetical order. It
// reports false if there is no end to trying the orders.
func predict(s setting, limit int) (outcomes []string, ok bool) {
	m := &model{setting: s, seen: make(map[state]bool), outcomes: make(map[string]bool)}
	m.reach(m.begin())
	for len(m.todo) > 0 {
		if len(m.seen) > limit {
			return nil, false
		}
		last := len(m.todo) - 1
		next := m.todo[last]
		m.todo = m.todo[:last]
		m.step(next)
	}
	all := make([]string, 0, len(m.outcomes))
	for o := range m.outcomes {
		all = append(all, o)
	}
	slices.Sort(all)
	return all, true
}

func (m *model) reach(s state) {
	if !m.seen[s] {
		m.seen[s] = true
		m.todo = append(m.todo, s)
	}
}

func (m *model) begin() state {
	s := state{toldWorkers: never, toldDaemons: never}
	for i, script := range m.scripts {
		s.parts[i] = part{entered: never, noticed: never}
		if !gated(script.Kind) {
			s.parts[i].stage = started
		}
	}
	return s
}

// step takes every step that is possible in s.
func (m *model) step(s state) {
	if m.allOver(s, true) && m.allOver(s, false) && s.requested {
		m.outcomes[m.outcome(s)] = true
		return
	}
	possible := false
	try := func(next state, ok bool) {
		if ok {
			possible = true
			m.reach(next)
		}
	}
	for i := range m.scripts {
		try(m.enter(s, i))
		try(m.act(s, i))
		try(m.notice(s, i))
		try(m.leave(s, i))
	}
	for i := range s.queue {
		try(m.learn(s, i), true)
	}
	try(m.stopFromOutside(s))
	try(m.openGate(s))
	try(m.endByItself(s))
	try(m.broadcast(s))
	try(m.tellDaemons(s))
	try(m.giveUp(s))
	if !possible {
		m.reach(m.wait(s))
	}
}

// enter: a task that has been started enters Run. If the service stops already, it is
// told at once.
func (m *model) enter(s state, i int) (state, bool) {
	p := &s.parts[i]
	if p.stage != started {
		return s, false
	}
	p.stage, p.entered = running, s.now
	if m.toldSince(s, i) != never {
		p.stage = told
	}
	return s, true
}

// act: the moment of a task has come.
func (m *model) act(s state, i int) (state, bool) {
	at := m.scripts[i].At
	if p := s.parts[i]; p.stage != running && p.stage != told || at == never || at > s.now {
		return s, false
	}
	return m.end(s, i, m.scripts[i].Do), true
}

// notice: a task sees that it has been told to stop.
func (m *model) notice(s state, i int) (state, bool) {
	p := &s.parts[i]
	if p.stage != told {
		return s, false
	}
	p.stage, p.noticed = leaving, s.now
	return s, true
}

// leave: a task has taken its time to stop. The error of one that was given up is late,
// but not dropped.
func (m *model) leave(s state, i int) (state, bool) {
	p, script := &s.parts[i], m.scripts[i]
	if script.After == never || p.noticed == never || p.noticed+script.After > s.now {
		return s, false
	}
	switch {
	case p.stage == leaving:
		return m.end(s, i, script.Then), true
	case p.stage == abandoned && !p.gone:
		p.gone = true
		if script.Then != succeed && script.Then != cancel {
			s.errs += fmt.Sprintf("%s: %v\n", script.ID, script.Then)
		}
		return s, true
	}
	return s, false
}

// end: Run returns, panics or exits. After the request it makes no difference when the
// service learns of it, unless there are others of which it has not learnt yet.
func (m *model) end(s state, i int, d deed) state {
	p := &s.parts[i]
	p.stage, p.did, p.asked = returned, d, s.requested
	s.queue += fmt.Sprint(i)
	if s.requested && len(s.queue) == 1 {
		return m.learn(s, 0)
	}
	return s
}

// learn: the service takes one of the returns and draws its conclusions. They are of one
// instant, so it may be any of them: who returns first may be overtaken on the way.
func (m *model) learn(s state, at int) state {
	i := int(s.queue[at] - '0')
	s.queue = s.queue[:at] + s.queue[at+1:]
	p, script := &s.parts[i], m.scripts[i]
	switch {
	case p.did != succeed && (p.did != cancel || !p.asked):
		return m.failure(s, i, failed, fmt.Sprintf("%s: %v", script.ID, p.did))
	default:
		p.stage = done
	}
	if endless(script.Kind) && !p.asked {
		return request(s, "return of "+string(script.ID), false)
	}
	return s
}

func (m *model) failure(s state, i int, to stage, text string) state {
	s.parts[i].stage = to
	s.errs += text + "\n"
	if !s.requested {
		s.causeIsAnErr = true
	}
	return request(s, text, true)
}

// request: the first request counts.
func request(s state, cause string, fails bool) state {
	if !s.requested {
		s.requested, s.at, s.cause, s.fails = true, s.now, cause, fails
	}
	return s
}

func (m *model) stopFromOutside(s state) (state, bool) {
	if s.stopCame || s.now < m.stop {
		return s, false
	}
	s.stopCame = true
	return request(s, m.way.String(), m.way.fails()), true
}

// openGate: the last precondition has succeeded. The stop wins; if it has not come, all
// gated tasks are started.
func (m *model) openGate(s state) (state, bool) {
	if s.ready || s.requested {
		return s, false
	}
	for i, script := range m.scripts {
		if script.Kind == task.Precondition && s.parts[i].stage != done {
			return s, false
		}
	}
	s.ready = true
	for i, script := range m.scripts {
		if gated(script.Kind) {
			s.parts[i].stage = started
		}
	}
	return s, true
}

// endByItself: nothing is left that keeps the service alive.
func (m *model) endByItself(s state) (state, bool) {
	if s.requested || !m.allOver(s, false) {
		return s, false
	}
	return request(s, "all done", false), true
}

// allOver reports whether all daemons, or all others, have ended.
func (m *model) allOver(s state, daemons bool) bool {
	for i, script := range m.scripts {
		if (script.Kind == task.Daemon) == daemons && !s.parts[i].stage.over() {
			return false
		}
	}
	return true
}

func (m *model) broadcast(s state) (state, bool) {
	if !s.requested || s.toldWorkers != never {
		return s, false
	}
	s.toldWorkers = s.now
	return m.tell(s, false), true
}

func (m *model) tellDaemons(s state) (state, bool) {
	if s.toldWorkers == never || s.toldDaemons != never || !m.allOver(s, false) {
		return s, false
	}
	s.toldDaemons = s.now
	return m.tell(s, true), true
}

func (m *model) tell(s state, daemons bool) state {
	for i, script := range m.scripts {
		p := &s.parts[i]
		switch {
		case (script.Kind == task.Daemon) != daemons:
		case p.stage == running:
			p.stage = told
		case p.stage == pending:
			p.stage = skipped
		}
	}
	return s
}

// toldSince is when tasks of this kind were told to stop.
func (m *model) toldSince(s state, i int) time.Duration {
	if m.scripts[i].Kind == task.Daemon {
		return s.toldDaemons
	}
	return s.toldWorkers
}

// deadline is the end of the patience with a task that has been told.
func (m *model) deadline(s state, i int) time.Duration {
	return min(m.toldSince(s, i)+m.stopTimeout, s.at+m.shutdownTimeout)
}

// giveUp: the time of some tasks is over.
func (m *model) giveUp(s state) (state, bool) {
	late := false
	for i, script := range m.scripts {
		p := &s.parts[i]
		if p.stage != told && p.stage != leaving || m.deadline(s, i) > s.now {
			continue
		}
		late = true
		s = m.failure(s, i, abandoned, string(script.ID)+": abandoned")
	}
	return s, late
}

// wait: nothing is left to do at this instant.
func (m *model) wait(s state) state {
	next := never
	soonest := func(t time.Duration) {
		if t > s.now && (next == never || t < next) {
			next = t
		}
	}
	if !s.stopCame {
		soonest(m.stop)
	}
	for i, script := range m.scripts {
		switch p := s.parts[i]; p.stage {
		case running:
			soonest(script.At)
		case told, leaving, abandoned:
			if p.stage != abandoned {
				soonest(m.deadline(s, i))
			}
			if script.After != never && p.noticed != never {
				soonest(p.noticed + script.After)
			}
		}
	}
	if next == never {
		panic(fmt.Sprintf("the model hangs in %+v", s))
	}
	s.now = next
	return s
}

// outcome describes how a run has ended.
func (m *model) outcome(s state) string {
	errs := s.errs
	if s.fails && !s.causeIsAnErr {
		errs = s.cause + "\n" + errs
	}
	o := outcome{end: s.now, cause: s.cause, ready: s.ready, errs: errs}
	for i, script := range m.scripts {
		p := s.parts[i]
		o.tasks = append(o.tasks, taskOutcome{string(script.ID), p.stage.String(), p.entered, p.noticed})
	}
	return o.String()
}

// outcome is what can be seen of a run when it is over.
type outcome struct {
	end   time.Duration
	cause string
	ready bool
	errs  string // lines: the cause first, if it is one
	tasks []taskOutcome
}

type taskOutcome struct {
	id, state        string
	entered, noticed time.Duration
}

func (o outcome) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Run returns at %v, cause: %s, ready: %v\n", o.end, o.cause, o.ready)
	if o.errs == "" {
		b.WriteString("  result: nil\n")
	} else {
		fmt.Fprintf(&b, "  result: %s\n", strings.ReplaceAll(strings.TrimSpace(o.errs), "\n", "; "))
	}
	for _, t := range o.tasks {
		fmt.Fprintf(&b, "  %-10s %-9s entered %s, noticed the stop %s\n", t.id, t.state, moment(t.entered), moment(t.noticed))
	}
	return b.String()
}

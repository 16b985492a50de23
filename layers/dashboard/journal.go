package dashboard

import (
	"cmp"
	"crypto/rand"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
)

const (
	maxText    = 16 << 10 // of an error or a stack
	maxPending = 100      // preconditions that a state lists
)

// journal keeps the life of the node, from its events. Each change has a number, so
// that a reader is told what has happened since the one it knows, however many those
// are: nothing is queued for a reader.
type journal struct {
	node     service.Handle
	title    string
	instance string
	limit    int // of constructors and of tasks

	mu           sync.Mutex    // protects following fields
	version      uint64        // of the last change
	changed      chan struct{} // closed by the next change; nil if nobody waits
	phases       []phaseSpan
	cause        string
	gateOpened   millis
	counts       map[service.State]int
	pending      map[task.ID]int // preconditions, and their place among the tasks
	constructors []constructorSpan
	called       int // constructors
	tasks        []taskSpan
	index        map[task.ID]int // in tasks
	late         int             // tasks beyond the limit that have failed
}

// newJournal returns the journal of a node that is being wired.
func newJournal(node service.Handle, title string, limit int) *journal {
	return &journal{
		node: node, title: title, instance: rand.Text(), limit: limit,
		phases:  []phaseSpan{{service.PhaseWiring, millisOf(node.Status().Since)}},
		counts:  make(map[service.State]int),
		pending: make(map[task.ID]int),
		index:   make(map[task.ID]int),
	}
}

// observe hears all events, those of before it was built at once.
func (j *journal) observe(e service.Event) {
	now := time.Now()
	var tasks []service.TaskStatus
	if p, ok := e.(service.PhaseChanged); ok && p.From == service.PhaseWiring {
		tasks = j.node.Status().Tasks // not under the lock
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if !j.recordLocked(e, millisOf(now), tasks) {
		return
	}
	if j.changed != nil {
		close(j.changed)
		j.changed = nil
	}
}

// recordLocked reports whether the event changes anything.
func (j *journal) recordLocked(e service.Event, now millis, tasks []service.TaskStatus) bool {
	j.version++
	switch e := e.(type) {
	case service.PhaseChanged:
		if e.To <= service.PhaseWiring {
			return false
		}
		j.listLocked(tasks, now)
		j.phases = append(j.phases, phaseSpan{e.To, now})
	case service.ConstructorStarted:
		j.startLocked(constructorSpan{Layer: e.Layer, Function: e.Constructor, Location: e.Location, Begin: now})
	case service.ConstructorFinished:
		j.finishLocked(e.Duration, now, nil)
	case service.ConstructorFailed:
		j.finishLocked(e.Duration, now, e.Err)
	case service.TaskChanged:
		j.changeLocked(e, now)
	case service.GateOpened:
		j.gateOpened = now
	case service.StopRequested:
		j.cause = clip(e.Cause.Error())
	default:
		return false
	}
	return true
}

// listLocked takes up the tasks, once. The events tell their states.
func (j *journal) listLocked(tasks []service.TaskStatus, now millis) {
	for i, t := range tasks {
		j.counts[service.StatePending]++
		if t.Kind == task.Precondition {
			j.pending[t.ID] = i
		}
		if i < j.limit {
			j.addLocked(taskSpan{ID: t.ID, Kind: t.Kind.String(), Layer: t.Layer, State: service.StatePending, Since: now})
		}
	}
}

func (j *journal) addLocked(t taskSpan) {
	t.version = j.version
	j.index[t.ID] = len(j.tasks)
	j.tasks = append(j.tasks, t)
}

func (j *journal) startLocked(c constructorSpan) {
	c.Number, c.version = j.called, j.version
	j.called++
	if c.Number < j.limit {
		j.constructors = append(j.constructors, c)
	}
}

// finishLocked ends the constructor that was called last: they are called one after
// the other.
func (j *journal) finishLocked(took time.Duration, now millis, err error) {
	if j.called == 0 || j.called > len(j.constructors) {
		return // beyond the limit
	}
	c := &j.constructors[j.called-1]
	c.version, c.End = j.version, now
	c.Begin = max(j.phases[0].Begin, now-millis(took.Seconds()*1000)) // of those heard late, the start is too late
	if err != nil {
		c.Error = clip(err.Error())
	}
}

func (j *journal) changeLocked(e service.TaskChanged, now millis) {
	j.counts[e.From]--
	j.counts[e.To]++
	if e.To == service.StateDone {
		delete(j.pending, e.ID)
	}
	i, known := j.index[e.ID]
	switch {
	case known:
		j.tasks[i].version = j.version
	case e.Err != nil && j.late < j.limit:
		j.late++
		i = len(j.tasks)
		j.addLocked(taskSpan{ID: e.ID, Kind: e.Kind.String(), Layer: e.Layer})
	default:
		return
	}
	t := &j.tasks[i]
	t.enter(e.To, now)
	if e.Err != nil {
		t.Error = clip(e.Err.Error())
		if failure, ok := errors.AsType[*service.TaskError](e.Err); ok {
			t.Error, t.Stack = clip(failure.Err.Error()), clip(failure.Stack)
		}
	}
}

// clip bounds foreign text.
func clip(s string) string {
	if len(s) <= maxText {
		return s
	}
	return s[:maxText] + "… (cut off)"
}

// since returns what has changed since a version, all for version 0, and a channel that
// is closed by the next change.
func (j *journal) since(version uint64) (state, <-chan struct{}) {
	j.mu.Lock()
	defer j.mu.Unlock()
	s := state{
		Instance: j.instance, Version: j.version, Title: j.title, Now: millisOf(time.Now()),
		Phases: slices.Clone(j.phases), Cause: j.cause, GateOpened: j.gateOpened,
		Pending: j.pendingLocked(), Counts: make(map[string]int),
		Constructors: []constructorSpan{}, Tasks: []taskSpan{},
	}
	for st, n := range j.counts {
		if n > 0 {
			s.Counts[st.String()] = n
		}
	}
	for _, c := range j.constructors {
		if c.version > version {
			s.Constructors = append(s.Constructors, c)
		}
	}
	for _, t := range j.tasks {
		if t.version > version {
			s.Tasks = append(s.Tasks, t)
		}
	}
	if j.changed == nil {
		j.changed = make(chan struct{})
	}
	return s, j.changed
}

func (j *journal) pendingLocked() []task.ID {
	pending := make([]task.ID, 0, len(j.pending))
	for id := range j.pending {
		pending = append(pending, id)
	}
	slices.SortFunc(pending, func(a, b task.ID) int { return cmp.Compare(j.pending[a], j.pending[b]) })
	return pending[:min(len(pending), maxPending)]
}

// has reports whether there is such a task.
func (j *journal) has(id task.ID) bool {
	j.mu.Lock()
	_, known := j.index[id]
	j.mu.Unlock()
	if known {
		return true
	}
	return slices.ContainsFunc(j.node.Status().Tasks, func(t service.TaskStatus) bool { return t.ID == id })
}

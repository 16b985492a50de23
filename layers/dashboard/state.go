package dashboard

import (
	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
)

// state is what the page knows of the life of the node. The first one that a page gets
// is whole; those that follow have only the tasks and constructors that have changed.
// Times that have not come yet are left out.
type state struct {
	Instance string `json:"instance"` // another one is another run
	Version  uint64 `json:"version"`
	Title    string `json:"title"`
	Now      millis `json:"now"`

	Phases     []phaseSpan    `json:"phases"` // the last one is the present
	Cause      string         `json:"cause,omitempty"`
	GateOpened millis         `json:"gateOpened,omitempty"`
	Pending    []task.ID      `json:"pending"` // the first preconditions that have not succeeded
	Counts     map[string]int `json:"counts"`  // all tasks by state

	Constructors []constructorSpan `json:"constructors"`
	Tasks        []taskSpan        `json:"tasks"` // in registration order
}

type phaseSpan struct {
	Phase service.Phase `json:"phase"`
	Begin millis        `json:"begin"`
}

type constructorSpan struct {
	Number   int    `json:"number"` // in the order of their calls
	Layer    string `json:"layer"`
	Function string `json:"function"`
	Location string `json:"location"`
	Begin    millis `json:"begin"`
	End      millis `json:"end,omitempty"`
	Error    string `json:"error,omitempty"`

	version uint64
}

type taskSpan struct {
	ID    task.ID       `json:"id"`
	Kind  string        `json:"kind"`
	Layer string        `json:"layer"`
	State service.State `json:"state"`
	Since millis        `json:"since"`           // of the state
	Begin millis        `json:"begin,omitempty"` // it was started
	Told  millis        `json:"told,omitempty"`  // it was told to stop
	End   millis        `json:"end,omitempty"`   // it has ended, or was given up
	Error string        `json:"error,omitempty"`
	Stack string        `json:"stack,omitempty"` // where it panicked, or hangs

	version uint64
}

// enter records that the task is in a state since now.
func (t *taskSpan) enter(s service.State, now millis) {
	t.State, t.Since = s, now
	switch s {
	case service.StateRunning:
		t.Begin = now
	case service.StateStopping:
		t.Told = now
	case service.StateDone, service.StateFailed, service.StateSkipped, service.StateAbandoned:
		t.End = now
	}
}

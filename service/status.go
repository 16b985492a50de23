package service

import (
	"time"

	"github.com/wireframework/wireframework/internal/supervise"
	"github.com/wireframework/wireframework/task"
)

// Phase is where a service is in its life; the package comment draws it.
type Phase uint8

// The phases of a service, in their order.
const (
	PhaseBuilt    Phase = iota // verified, not run yet
	PhaseWiring                // constructors are called
	PhaseWaiting               // tasks run, and the gate is shut
	PhaseRunning               // the gate is open and every gated task has been started: ready
	PhaseStopping              // from the first moment of the stop
	PhaseStopped               // Run has returned
)

var phaseNames = [...]string{"built", "wiring", "waiting", "running", "stopping", "stopped"}

// String returns the name of the phase, such as "running".
func (p Phase) String() string { return name(phaseNames[:], int(p)) }

// State is where a task is in its life.
type State uint8

// The states of a task.
const (
	StatePending   = State(supervise.Pending)   // waits for the gate
	StateRunning   = State(supervise.Running)   // its Run has been called, or is about to be
	StateStopping  = State(supervise.Stopping)  // it has been told to stop
	StateDone      = State(supervise.Done)      // it has returned without an error of its own
	StateFailed    = State(supervise.Failed)    // it has returned an error, or has panicked
	StateSkipped   = State(supervise.Skipped)   // the stop came before its Run was called
	StateAbandoned = State(supervise.Abandoned) // it did not return in time
)

var stateNames = [...]string{"pending", "running", "stopping", "done", "failed", "skipped", "abandoned"}

// String returns the name of the state, such as "running".
func (s State) String() string { return name(stateNames[:], int(s)) }

func name(names []string, i int) string {
	if i < len(names) {
		return names[i]
	}
	return "unknown"
}

// MarshalText makes the phase its name in JSON.
func (p Phase) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// MarshalText makes the state its name in JSON.
func (s State) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Status is a snapshot of a service.
type Status struct {
	Phase   Phase
	Since   time.Time    // when the phase began
	Cause   error        // why it stops or stopped; nil before
	Pending []task.ID    // preconditions that have not succeeded yet
	Tasks   []TaskStatus // in registration order; empty until the service is wired
}

// TaskStatus is a snapshot of a task.
type TaskStatus struct {
	ID    task.ID
	Kind  task.Kind
	Layer string
	State State
	Since time.Time // when the state began
	Err   error     // of a task that failed or was abandoned
}

// Ready reports whether the service is in [PhaseRunning].
func (s Status) Ready() bool { return s.Phase == PhaseRunning }

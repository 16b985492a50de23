package service

import (
	"time"

	"github.com/wireframework/wireframework/task"
)

// Event is something that happens in the life of a service. It is one of the
// types of this package that say so; more may come, so a type switch needs a
// default.
type Event interface{ event() }

// Observer receives the events of a service, one at a time and in their order. It
// is called on the goroutines of the service, which wait for it, so it has to return
// soon; it may call any method of the service. A panic in it is recovered and logged.
// It must not exit its goroutine, as t.FailNow does: that may be the one of Run.
//
// The option [Observe] adds an observer. A layer adds one as a member of the group
// "observers": it is built before everything else, and hears first of what has
// happened until then.
type Observer func(Event)

// LayerRegistered is an [Event] of Build: a layer is part of the service.
type LayerRegistered struct{ Layer string }

// PhaseChanged is an [Event]: the service goes from one phase to the next.
type PhaseChanged struct{ From, To Phase }

// ConstructorStarted is an [Event]: a constructor or an invoke is called.
type ConstructorStarted struct {
	Layer, Constructor, Location string
}

// ConstructorFinished is an [Event]: a constructor has returned without an error.
type ConstructorFinished struct {
	Layer, Constructor, Location string
	Duration                     time.Duration
}

// ConstructorSlow is an [Event]: a constructor has been running for 10 seconds, or
// another 10 seconds.
type ConstructorSlow struct {
	Layer, Constructor, Location string
	Elapsed                      time.Duration
}

// ConstructorFailed is an [Event]: a constructor has returned an error, has
// panicked, or has exited its goroutine.
type ConstructorFailed struct {
	Layer, Constructor, Location string
	Duration                     time.Duration
	Err                          error
}

// TaskChanged is an [Event]: a task goes from one state to the next. Err is set for
// StateFailed and StateAbandoned; it is a [*TaskError].
type TaskChanged struct {
	ID       task.ID
	Kind     task.Kind
	Layer    string
	From, To State
	Err      error
}

// TaskAbandoned is an [Event] that follows the TaskChanged to StateAbandoned. Stack
// shows where the goroutines of the task hang.
type TaskAbandoned struct {
	ID    task.ID
	Kind  task.Kind
	Layer string
	Stack string
	Err   error
}

// GateWaiting is an [Event], every 10 seconds while the gate is shut: the
// preconditions that have not succeeded.
type GateWaiting struct {
	Pending []task.ID
	Elapsed time.Duration
}

// GateOpened is an [Event]: every precondition has succeeded.
type GateOpened struct{ Waited time.Duration }

// StopRequested is an [Event]: the service begins to stop, and why.
type StopRequested struct{ Cause error }

// HookStarted is an [Event]: a shutdown hook is called.
type HookStarted struct{ Name, Layer string }

// HookFinished is an [Event]: a shutdown hook has returned, or has been given up. Err
// is a [*HookError] or nil.
type HookFinished struct {
	Name, Layer string
	Duration    time.Duration
	Err         error
}

func (LayerRegistered) event()     {}
func (PhaseChanged) event()        {}
func (ConstructorStarted) event()  {}
func (ConstructorFinished) event() {}
func (ConstructorSlow) event()     {}
func (ConstructorFailed) event()   {}
func (TaskChanged) event()         {}
func (TaskAbandoned) event()       {}
func (GateWaiting) event()         {}
func (GateOpened) event()          {}
func (StopRequested) event()       {}
func (HookStarted) event()         {}
func (HookFinished) event()        {}

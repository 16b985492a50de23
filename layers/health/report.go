package health

import (
	"time"

	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
)

// Report is an answer in JSON. Its size is bounded, whatever the number of tasks.
type Report struct {
	OK    bool      `json:"ok"`
	Phase string    `json:"phase"`           // of the service, such as "running"
	Since time.Time `json:"since"`           // when the phase began
	Cause string    `json:"cause,omitempty"` // why the service stops

	// Pending are preconditions that have not succeeded yet, as many as tasks are
	// listed at most.
	Pending []task.ID `json:"pending,omitempty"`

	// Checks are the parts of the address (gate, shutdown, tasks) and the checks.
	Checks []CheckReport `json:"checks"`

	// States says how many tasks are in which state.
	States map[string]int `json:"states"`

	// Tasks are all tasks in the order of registration, or, if there are more than the
	// layer lists, the first of those that are not running: those with an error first,
	// those that are done last.
	Tasks []TaskReport `json:"tasks"`

	// Omitted is how many tasks are not listed.
	Omitted int `json:"omitted,omitempty"`
}

// CheckReport is a part of a [Report].
type CheckReport struct {
	Name     string    `json:"name"`
	OK       bool      `json:"ok"`
	Optional bool      `json:"optional,omitempty"` // a failure does not count
	Excluded bool      `json:"excluded,omitempty"` // by the client; was not run, and does not count
	At       time.Time `json:"at,omitzero"`        // when the result is from; zero for what is no check
	Error    string    `json:"error,omitempty"`
}

// TaskReport is a task of a [Report].
type TaskReport struct {
	ID    task.ID   `json:"id"`
	Kind  string    `json:"kind"`
	Layer string    `json:"layer"`
	State string    `json:"state"`
	Since time.Time `json:"since"` // when the state began
	Error string    `json:"error,omitempty"`
}

const withheld = "withheld"

// report returns the report of what the parts are, listing up to limit tasks.
func (v *view) report(limit int) *Report {
	s := &v.status
	r := &Report{
		OK:      v.ok(),
		Phase:   s.Phase.String(),
		Since:   s.Since,
		Cause:   v.text(s.Cause),
		Pending: s.Pending[:min(len(s.Pending), limit)],
		Checks:  make([]CheckReport, 0, len(v.parts)),
		States:  make(map[string]int),
		Tasks:   []TaskReport{},
	}
	for _, p := range v.parts {
		c := CheckReport{Name: p.name, OK: !p.failed, Optional: p.optional, Excluded: p.excluded, At: p.at}
		if p.failed {
			c.Error = p.reason(v.details)
		}
		r.Checks = append(r.Checks, c)
	}
	for _, t := range s.Tasks {
		r.States[t.State.String()]++
	}
	if len(s.Tasks) <= limit {
		r.add(v, limit, func(service.State) bool { return true })
	} else {
		for _, listed := range listing {
			r.add(v, limit, func(s service.State) bool { return s == listed })
		}
	}
	r.Omitted = len(s.Tasks) - len(r.Tasks)
	return r
}

// listing is which tasks are listed if there are many, the most telling first.
var listing = []service.State{
	service.StateFailed, service.StateAbandoned, service.StateStopping, service.StatePending, service.StateSkipped, service.StateDone,
}

// add lists the tasks in the states that are wanted, up to the limit.
func (r *Report) add(v *view, limit int, wanted func(service.State) bool) {
	for i := range v.status.Tasks {
		if len(r.Tasks) == limit {
			return
		}
		t := &v.status.Tasks[i]
		if wanted(t.State) {
			r.Tasks = append(r.Tasks, TaskReport{
				ID: t.ID, Kind: t.Kind.String(), Layer: t.Layer, State: t.State.String(), Since: t.Since, Error: v.text(t.Err),
			})
		}
	}
}

// text returns an error as far as the client may see it.
func (v *view) text(err error) string {
	switch {
	case err == nil:
		return ""
	case !v.details:
		return withheld
	default:
		return oneLine(err.Error())
	}
}

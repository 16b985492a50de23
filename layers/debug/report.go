package debug

import (
	"slices"
	"time"

	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
)

// report is what the page shows.
type report struct {
	Phase service.Phase `json:"phase"`
	Since time.Time     `json:"since"`
	Tasks []taskReport  `json:"tasks"`
	Other *others       `json:"other,omitempty"`

	now time.Time
}

type taskReport struct {
	ID         task.ID       `json:"id"`
	Kind       string        `json:"kind"`
	Layer      string        `json:"layer"`
	State      service.State `json:"state"`
	Since      time.Time     `json:"since"`
	Error      string        `json:"error,omitempty"`
	Goroutines int           `json:"goroutines"`
	Stacks     []stack       `json:"stacks,omitempty"`
}

// others is the goroutines that belong to none of the tasks.
type others struct {
	Goroutines int     `json:"goroutines"`
	Stacks     []stack `json:"stacks"`
}

func newReport(status service.Status, stacks map[string][]stack, now time.Time) *report {
	r := &report{Phase: status.Phase, Since: status.Since, Tasks: []taskReport{}, Other: &others{}, now: now}
	for _, t := range status.Tasks {
		own := stacks[string(t.ID)]
		delete(stacks, string(t.ID))
		tr := taskReport{
			ID: t.ID, Kind: t.Kind.String(), Layer: t.Layer, State: t.State, Since: t.Since,
			Goroutines: count(own), Stacks: own,
		}
		if t.Err != nil {
			tr.Error = t.Err.Error()
		}
		r.Tasks = append(r.Tasks, tr)
	}
	for _, s := range stacks {
		r.Other.Stacks = append(r.Other.Stacks, s...)
	}
	slices.SortStableFunc(r.Other.Stacks, func(a, b stack) int { return b.Goroutines - a.Goroutines })
	r.Other.Goroutines = count(r.Other.Stacks)
	return r
}

func count(stacks []stack) int {
	n := 0
	for _, s := range stacks {
		n += s.Goroutines
	}
	return n
}

// keep leaves one task in the report. It reports whether there is such a task.
func (r *report) keep(id task.ID) bool {
	r.Other = nil
	r.Tasks = slices.DeleteFunc(r.Tasks, func(t taskReport) bool { return t.ID != id })
	return len(r.Tasks) > 0
}

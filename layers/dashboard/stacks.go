package dashboard

import (
	"fmt"
	"net/http"

	"github.com/wireframework/wireframework/internal/goroutine"
	"github.com/wireframework/wireframework/task"
)

const (
	maxStacks = 50 // different ones that an answer has
	maxFrames = 64 // of a stack
)

// stack is where some goroutines are.
type stack struct {
	Goroutines int               `json:"goroutines"`
	Frames     []goroutine.Frame `json:"frames"` // innermost first
}

// stacksPage tells where the goroutines of one task are.
type stacksPage struct {
	journal *journal
	census  *census
}

type stacksReport struct {
	Task       task.ID `json:"task"`
	Goroutines int     `json:"goroutines"`
	Stacks     []stack `json:"stacks"`
	Truncated  bool    `json:"truncated,omitempty"` // there are more
}

func (p *stacksPage) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	id := task.ID(query.Get("task"))
	if !query.Has("task") {
		writeError(w, http.StatusBadRequest, "which task? (add ?task=ID)")
		return
	}
	if !p.journal.has(id) {
		writeError(w, http.StatusNotFound, fmt.Sprintf("task %q does not exist, see /dashboard/status.json", id))
		return
	}
	release, err := p.census.acquire(r.Context())
	if err != nil {
		return // the client has gone
	}
	report := stacksOf(id)
	release()
	writeJSON(w, report)
}

func stacksOf(id task.ID) *stacksReport {
	report := &stacksReport{Task: id, Stacks: []stack{}}
	for b := range goroutine.Blocks() {
		if of, _ := b.Label("task"); of != string(id) {
			continue
		}
		report.Goroutines += b.Goroutines()
		if len(report.Stacks) == maxStacks {
			report.Truncated = true
			continue
		}
		frames := b.Frames()
		report.Stacks = append(report.Stacks, stack{b.Goroutines(), frames[:min(len(frames), maxFrames)]})
	}
	return report
}

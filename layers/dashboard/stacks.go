package dashboard

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/wireframework/wireframework/task"
)

const (
	maxStacks = 50 // different ones that an answer has
	maxFrames = 64 // of a stack
)

// stack is where some goroutines are.
type stack struct {
	Goroutines int     `json:"goroutines"`
	Frames     []frame `json:"frames"` // innermost first
}

type frame struct {
	Function string `json:"function"`
	Location string `json:"location"` // file and line
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
	for b := range blocks() {
		if b.task() != string(id) {
			continue
		}
		report.Goroutines += b.goroutines()
		if len(report.Stacks) == maxStacks {
			report.Truncated = true
			continue
		}
		report.Stacks = append(report.Stacks, stack{b.goroutines(), b.frames()})
	}
	return report
}

func (b block) frames() []frame {
	frames := []frame{} // a goroutine that begins has none
	for line := range strings.Lines(string(b)) {
		// Any number of tabs stand between two cells.
		cells := strings.FieldsFunc(line, func(r rune) bool { return r == '\t' || r == '\n' })
		if len(cells) == 4 && cells[0] == "#" && len(frames) < maxFrames {
			frames = append(frames, frame{function(cells[2]), cells[3]})
		}
	}
	return frames
}

// function takes the offset from "main.loop+0x1f".
func function(symbol string) string {
	if i := strings.LastIndex(symbol, "+0x"); i >= 0 {
		return symbol[:i]
	}
	return symbol
}

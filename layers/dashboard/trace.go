package dashboard

import (
	"net/http"
	"os"

	"github.com/wireframework/wireframework/service"
)

// traceFile is the life of the node in the Trace Event format, which Perfetto and
// chrome://tracing open.
type traceFile struct {
	Events []traceEvent `json:"traceEvents"`
	Unit   string       `json:"displayTimeUnit"`
}

// traceEvent is a complete event (phase X), an instant (i) or the name of a track (M).
// Times are in microseconds.
type traceEvent struct {
	Name     string         `json:"name"`
	Category string         `json:"cat,omitempty"`
	Phase    string         `json:"ph"`
	Time     float64        `json:"ts"`
	Duration *float64       `json:"dur,omitempty"`
	Process  int            `json:"pid"`
	Track    int            `json:"tid"`
	Scope    string         `json:"s,omitempty"` // of an instant
	Args     map[string]any `json:"args,omitempty"`
}

// The tracks before those of the tasks.
const (
	phaseTrack = iota + 1
	wiringTrack
	taskTracks
)

func tracePage(j *journal) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		now, _ := j.since(0)
		w.Header().Set("Content-Disposition", `attachment; filename="trace.json"`)
		writeJSON(w, newTrace(&now))
	}
}

func newTrace(s *state) *traceFile {
	t := &traceFile{Unit: "ms", Events: []traceEvent{}}
	t.label("process_name", 0, "name", s.Title)
	t.track(phaseTrack, "node")
	t.track(wiringTrack, "constructors")
	t.phases(s)
	for _, c := range s.Constructors {
		args := map[string]any{"layer": c.Layer, "location": c.Location}
		if c.Error != "" {
			args["error"] = c.Error
		}
		t.span(c.Function, "constructor", wiringTrack, c.Begin, orNow(c.End, s.Now), args)
	}
	for i := range s.Tasks {
		t.task(&s.Tasks[i], taskTracks+i, s.Now)
	}
	return t
}

// phases has the time at the gate as well: it ends before the phase "waiting" does.
func (t *traceFile) phases(s *state) {
	for i, p := range s.Phases {
		end := s.Now
		if i+1 < len(s.Phases) {
			end = s.Phases[i+1].Begin
		}
		args := map[string]any{}
		if p.Phase == service.PhaseStopping && s.Cause != "" {
			args["cause"] = s.Cause
		}
		t.span(p.Phase.String(), "phase", phaseTrack, p.Begin, end, args)
		if p.Phase == service.PhaseWaiting {
			t.span("gate", "gate", phaseTrack, p.Begin, min(orNow(s.GateOpened, end), end), map[string]any{"pending": s.Pending})
		}
	}
	if s.GateOpened != 0 {
		t.instant("gate opened", s.GateOpened)
	}
}

// task draws the whole time of the task, and in it the time that it takes to stop.
func (t *traceFile) task(task *taskSpan, track int, now millis) {
	t.track(track, string(task.ID))
	if task.Begin == 0 {
		return
	}
	args := map[string]any{"layer": task.Layer, "kind": task.Kind, "state": task.State.String()}
	if task.Error != "" {
		args["error"] = task.Error
	}
	end := orNow(task.End, now)
	t.span(string(task.ID), "task", track, task.Begin, end, args)
	if task.Told != 0 {
		t.span("stopping", "task", track, task.Told, end, nil)
	}
}

func orNow(end, now millis) millis {
	if end == 0 {
		return now
	}
	return end
}

func (t *traceFile) track(id int, name string) {
	t.label("thread_name", id, "name", name)
	t.label("thread_sort_index", id, "sort_index", id)
}

func (t *traceFile) label(kind string, track int, key string, value any) {
	t.Events = append(t.Events, traceEvent{Name: kind, Phase: "M", Process: os.Getpid(), Track: track, Args: map[string]any{key: value}})
}

func (t *traceFile) instant(name string, at millis) {
	t.Events = append(t.Events, traceEvent{Name: name, Category: "phase", Phase: "i", Time: float64(at) * 1000, Process: os.Getpid(), Track: phaseTrack, Scope: "p"})
}

func (t *traceFile) span(name, category string, track int, begin, end millis, args map[string]any) {
	duration := max(0, float64(end-begin)*1000)
	t.Events = append(t.Events, traceEvent{
		Name: name, Category: category, Phase: "X", Time: float64(begin) * 1000, Duration: &duration, Process: os.Getpid(), Track: track, Args: args,
	})
}

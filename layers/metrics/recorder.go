package metrics

import (
	"sync"
	"time"

	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
)

// recorder keeps what the status of a service does not tell, from its events. It is
// called for each step of each task, so it looks at few and does little.
type recorder struct {
	limit int

	mu           sync.Mutex // protects following fields
	wiring       span
	gate         span
	stop         span
	layers       map[string]time.Duration      // in constructors
	constructors map[constructor]time.Duration // up to one more than the limit
	started      map[task.ID]time.Time         // up to one more than the limit
}

type constructor struct{ layer, name string }

// span is a time that has begun, and perhaps ended.
type span struct{ begin, end time.Time }

// seconds returns how long the span is at the moment; one that has not begun is 0.
func (s span) seconds(now time.Time) float64 {
	switch {
	case s.begin.IsZero():
		return 0
	case s.end.IsZero():
		return now.Sub(s.begin).Seconds()
	default:
		return s.end.Sub(s.begin).Seconds()
	}
}

// newRecorder returns a recorder of a service that is being wired since then.
func newRecorder(limit int, since time.Time) *recorder {
	return &recorder{
		limit:        limit,
		wiring:       span{begin: since},
		layers:       make(map[string]time.Duration),
		constructors: make(map[constructor]time.Duration),
		started:      make(map[task.ID]time.Time),
	}
}

func (r *recorder) observe(e service.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch e := e.(type) {
	case service.TaskChanged:
		if e.To == service.StateRunning && len(r.started) <= r.limit {
			r.started[e.ID] = time.Now()
		}
	case service.ConstructorFinished:
		r.addLocked(constructor{e.Layer, e.Constructor}, e.Duration)
	case service.ConstructorFailed:
		r.addLocked(constructor{e.Layer, e.Constructor}, e.Duration)
	case service.GateOpened:
		r.gate.end = r.gate.begin.Add(e.Waited)
	case service.PhaseChanged:
		r.enterLocked(e, time.Now())
	}
}

func (r *recorder) addLocked(c constructor, d time.Duration) {
	r.layers[c.layer] += d
	if _, known := r.constructors[c]; known || len(r.constructors) <= r.limit {
		r.constructors[c] += d // two closures of one function have one name
	}
}

func (r *recorder) enterLocked(e service.PhaseChanged, now time.Time) {
	if e.From == service.PhaseWiring {
		r.wiring.end = now
	}
	switch e.To {
	case service.PhaseWaiting:
		r.gate.begin = now
	case service.PhaseStopping:
		r.stop.begin = now
		if r.gate.end.IsZero() {
			r.gate.end = now
		}
	case service.PhaseStopped:
		r.stop.end = now
	}
}

package otel

import (
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
)

// flushHook is the name of the hook that sends what is left. It is the end of the
// shutdown as far as a trace can tell, and so no part of it.
const flushHook = "flush-traces"

// life turns the events of a service into three traces.
type life struct {
	tracer trace.Tracer

	mu       sync.Mutex // protects following fields
	ended    bool
	wiring   *stage // nil before it starts, and when it has ended; so are the others
	startup  *stage
	shutdown *stage
	calls    calls
	tasks    map[task.ID]*stage // preconditions, and tasks that have been told to stop
	hook     *stage
	failures []error // of tasks, before the shutdown
}

func newLife(t trace.Tracer) *life { return &life{tracer: t, tasks: make(map[task.ID]*stage)} }

// begin starts the trace of the wiring, which has been going on since.
func (l *life) begin(since time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.wiring = l.start(nil, "wiring", trace.WithTimestamp(since))
	l.calls = calls{last: since}
}

// observe is the service.Observer.
func (l *life) observe(ev service.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		return
	}
	switch ev := ev.(type) {
	case service.PhaseChanged:
		l.enter(ev.To)
	case service.ConstructorStarted:
		l.calls.start()
	case service.ConstructorFinished:
		l.constructed(source(ev.Layer, ev.Constructor, ev.Location), ev.Duration, nil)
	case service.ConstructorFailed:
		l.constructed(source(ev.Layer, ev.Constructor, ev.Location), ev.Duration, ev.Err)
	case service.GateWaiting:
		l.gate("gate is shut", attribute.StringSlice("pending", names(ev.Pending)))
	case service.GateOpened:
		l.gate("gate has opened")
	case service.TaskChanged:
		l.taskChanged(ev)
	case service.StopRequested:
		l.stop(ev.Cause)
	case service.HookStarted:
		if ev.Name != flushHook {
			l.hook = l.start(l.shutdown, "hook "+ev.Name, trace.WithAttributes(layerOf(ev.Layer)))
		}
	case service.HookFinished:
		if l.hook != nil {
			l.hook.fail(ev.Err)
			finish(&l.hook)
		}
	}
}

// enter ends the stage that is over and starts the next. The stage of the shutdown
// starts with its request.
func (l *life) enter(p service.Phase) {
	switch p {
	case service.PhaseWaiting:
		finish(&l.wiring)
		l.startup = l.start(nil, "startup")
	case service.PhaseRunning:
		finish(&l.startup)
	case service.PhaseStopping:
		if !l.calls.running {
			finish(&l.wiring)
		}
		if l.startup != nil {
			l.startup.SetStatus(codes.Error, "stopped before the node was ready")
		}
		finish(&l.startup)
	}
}

func (l *life) gate(event string, attributes ...attribute.KeyValue) {
	if l.startup != nil {
		l.startup.AddEvent(event, trace.WithAttributes(attributes...))
	}
}

// constructed adds a constructor that has returned.
func (l *life) constructed(src []attribute.KeyValue, d time.Duration, err error) {
	from, to := l.calls.finish(d)
	if l.wiring == nil {
		return
	}
	s := l.start(l.wiring, "construct "+src[1].Value.AsString(), trace.WithTimestamp(from), trace.WithAttributes(src...))
	s.fail(err)
	s.End(trace.WithTimestamp(to))
	if l.shutdown != nil {
		finish(&l.wiring) // it was the last one
	}
}

// stop starts the trace of the shutdown.
func (l *life) stop(cause error) {
	l.shutdown = l.start(nil, "shutdown", trace.WithAttributes(attribute.String("cause", cause.Error())))
	for _, err := range l.failures {
		l.shutdown.fail(err)
	}
	l.failures = nil
}

func (l *life) taskChanged(ev service.TaskChanged) {
	open := l.tasks[ev.ID]
	switch {
	case ev.To == service.StateRunning && ev.Kind == task.Precondition && l.startup != nil:
		l.tasks[ev.ID] = l.start(l.startup, "precondition "+string(ev.ID), taskAttributes(ev))
	case ev.To == service.StateStopping && l.shutdown != nil:
		finish(&open)
		l.tasks[ev.ID] = l.start(l.shutdown, "stop "+string(ev.ID), taskAttributes(ev))
	case ev.To == service.StateDone || ev.To == service.StateSkipped || ev.Err != nil:
		l.taskEnded(open, ev.Err)
		delete(l.tasks, ev.ID)
	}
}

// taskEnded ends the span of a task. A failure before the stop is its cause, and told
// by its trace.
func (l *life) taskEnded(open *stage, err error) {
	switch {
	case open != nil:
		open.fail(err)
		finish(&open)
	case err != nil && l.shutdown != nil:
		l.shutdown.fail(err)
	}
	if err != nil && l.shutdown == nil {
		l.failures = append(l.failures, err)
	}
}

// end ends all spans; those of tasks have ended. What happens later is not recorded.
func (l *life) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended = true
	finish(&l.hook)
	finish(&l.wiring)
	finish(&l.startup)
	finish(&l.shutdown)
}

func source(layer, constructor, location string) []attribute.KeyValue {
	return []attribute.KeyValue{layerOf(layer), attribute.String("constructor", constructor), attribute.String("location", location)}
}

func layerOf(name string) attribute.KeyValue { return attribute.String("layer", name) }

func taskAttributes(ev service.TaskChanged) trace.SpanStartOption {
	return trace.WithAttributes(layerOf(ev.Layer), attribute.String("task", string(ev.ID)), attribute.String("kind", ev.Kind.String()))
}

func names(ids []task.ID) []string {
	list := make([]string, len(ids))
	for i, id := range ids {
		list[i] = string(id)
	}
	return list
}

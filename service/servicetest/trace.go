package servicetest

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
)

// Trace runs the node until it stops by itself, and returns what has happened, a line
// for each event of the service, in their order:
//
//	layer "storage" is registered
//	phase built -> wiring
//	newPool (layer "storage") is called
//	newPool (layer "storage") has returned
//	newPool (layer "storage") has failed: connection refused
//	newPool (layer "storage") is slow
//	phase wiring -> waiting
//	precondition "schema-ready" (layer "storage") pending -> running
//	gate waits for "schema-ready"
//	precondition "schema-ready" (layer "storage") running -> done
//	gate is open
//	task "sealer" (layer "ingest") stopping -> failed: disk full
//	stop is requested: task "sealer" (layer "ingest"): disk full
//	hook "close pool" (layer "storage") is called
//	hook "close pool" (layer "storage") has returned
//	hook "close pool" (layer "storage") has failed: connection lost
//	run has returned nil
//	run has returned task "sealer" (layer "ingest"): disk full; and so on
//
// The lines hold no times, durations, stacks and places in the code, and a line break
// in an error is " | ", so they can be compared with those of another run. The order
// of what happens at different moments is the order of the lines. In a bubble of
// [testing/synctest], tasks that end one after the other at the same moment are in
// registration order; apart from that, what several tasks do at the same moment has no
// order that a test could rely on. Constructors go by the names of their functions, and
// the compiler numbers function literals, so named functions make better lines.
//
// Trace fails the test if the node does not stop within the [Timeout], or leaves
// goroutines behind. Its errors, and what was abandoned, are in the trace.
func Trace(t testing.TB, b *service.Builder, opts ...Option) []string {
	t.Helper()
	n := newNode(t)
	n.traced = true
	n.build(b, opts)
	n.start()
	timeout := time.NewTimer(n.config.timeout)
	defer timeout.Stop()
	select {
	case <-n.done:
	case <-timeout.C:
		t.Fatal(n.describeWait("has not ended"))
	}
	n.told.Store(true)
	return n.Trace()
}

// Trace returns what has happened to the node until now, in the format of the function
// [Trace].
func (n *Node) Trace() []string {
	lines := n.trace.lines(n.svc.Status())
	select {
	case <-n.done:
		return append(lines, "run has returned "+returned(n.err))
	default:
		return lines
	}
}

func returned(err error) string {
	if err == nil {
		return "nil"
	}
	return oneLine(err)
}

// trace records the events of a node.
type trace struct {
	mu     sync.Mutex // protects following fields
	events []event
	calls  string // the constructor that is called; empty if none is
}

type event struct {
	service.Event
	at time.Time
}

func (tr *trace) observe(ev service.Event) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.events = append(tr.events, event{ev, time.Now()})
	switch ev := ev.(type) {
	case service.ConstructorStarted:
		tr.calls = fmt.Sprintf("layer %q: %s (%s)", ev.Layer, ev.Constructor, ev.Location)
	case service.ConstructorFinished, service.ConstructorFailed:
		tr.calls = ""
	}
}

// constructor returns the constructor that is called.
func (tr *trace) constructor() string {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	if tr.calls == "" {
		return "a constructor"
	}
	return tr.calls
}

func (tr *trace) lines(s service.Status) []string {
	tr.mu.Lock()
	events := slices.Clone(tr.events)
	tr.mu.Unlock()
	sortEnds(events, s)
	var lines []string
	for _, ev := range events {
		if line := describe(ev.Event); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// sortEnds puts tasks that end one after the other, at the same moment, into
// registration order: which of their goroutines is the first is chance.
func sortEnds(events []event, s service.Status) {
	index := make(map[task.ID]int, len(s.Tasks))
	for i, t := range s.Tasks {
		index[t.ID] = i
	}
	for from := 0; from < len(events); {
		to := from + 1
		if isEnd(events[from]) {
			for to < len(events) && isEnd(events[to]) && events[to].at.Equal(events[from].at) {
				to++
			}
			slices.SortStableFunc(events[from:to], func(a, b event) int {
				return index[a.Event.(service.TaskChanged).ID] - index[b.Event.(service.TaskChanged).ID]
			})
		}
		from = to
	}
}

func isEnd(ev event) bool {
	t, ok := ev.Event.(service.TaskChanged)
	return ok && (t.To == service.StateDone || t.To == service.StateFailed || t.To == service.StateSkipped)
}

// describe returns the line of an event; TaskAbandoned has none, as it repeats the
// event before.
func describe(ev service.Event) string {
	switch ev := ev.(type) {
	case service.LayerRegistered:
		return fmt.Sprintf("layer %q is registered", ev.Layer)
	case service.PhaseChanged:
		return fmt.Sprintf("phase %v -> %v", ev.From, ev.To)
	case service.ConstructorStarted:
		return fmt.Sprintf("%s (layer %q) is called", ev.Constructor, ev.Layer)
	case service.ConstructorFinished:
		return fmt.Sprintf("%s (layer %q) has returned", ev.Constructor, ev.Layer)
	case service.ConstructorSlow:
		return fmt.Sprintf("%s (layer %q) is slow", ev.Constructor, ev.Layer)
	case service.ConstructorFailed:
		return fmt.Sprintf("%s (layer %q) has failed: %s", ev.Constructor, ev.Layer, oneLine(ev.Err))
	case service.TaskChanged:
		return fmt.Sprintf("%v %q (layer %q) %v -> %v%s", ev.Kind, ev.ID, ev.Layer, ev.From, ev.To, because(ev.Err))
	case service.TaskAbandoned:
		return ""
	case service.GateWaiting:
		return "gate waits for " + quoted(ev.Pending)
	case service.GateOpened:
		return "gate is open"
	case service.StopRequested:
		return "stop is requested: " + oneLine(ev.Cause)
	case service.HookStarted:
		return fmt.Sprintf("hook %q (layer %q) is called", ev.Name, ev.Layer)
	case service.HookFinished:
		if ev.Err != nil {
			return fmt.Sprintf("hook %q (layer %q) has failed%s", ev.Name, ev.Layer, because(ev.Err))
		}
		return fmt.Sprintf("hook %q (layer %q) has returned", ev.Name, ev.Layer)
	default:
		return fmt.Sprintf("%T", ev)
	}
}

// because returns the cause within the error of a task or a hook, which the line has
// named already.
func because(err error) string {
	if err == nil {
		return ""
	}
	if cause := errors.Unwrap(err); cause != nil {
		err = cause
	}
	return ": " + oneLine(err)
}

var (
	place     = regexp.MustCompile(` \([^() ]+\.go:\d+\)`)
	lineBreak = regexp.MustCompile(`\s*\n\s*`)
)

// oneLine prints an error without line breaks and places.
func oneLine(err error) string {
	return lineBreak.ReplaceAllString(place.ReplaceAllString(err.Error(), ""), " | ")
}

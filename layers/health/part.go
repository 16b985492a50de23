package health

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
)

// The parts that are there without a check.
const (
	partTasks    = "tasks"    // a task runs, or will
	partGate     = "gate"     // the gate has opened and every gated task has been started
	partShutdown = "shutdown" // no stop has been asked for
)

// part is one thing that an address reports on.
type part struct {
	name     string
	failed   bool
	optional bool // a failure does not count
	excluded bool // by the client; neither run nor counted
	note     string
	err      error     // what only some clients may see
	at       time.Time // when a check was run
}

// counts reports whether the part turns the answer red.
func (p part) counts() bool { return p.failed && !p.optional && !p.excluded }

// reason says why the part has failed, as far as the client may know.
func (p part) reason(details bool) string {
	reason := p.note
	switch {
	case p.err == nil:
	case !details:
		reason = strings.TrimPrefix(reason+": reason withheld", ": ")
	default:
		reason = strings.TrimPrefix(reason+": "+p.err.Error(), ": ")
	}
	return oneLine(reason)
}

// tasksPart is whether the node is alive.
func tasksPart(s *service.Status) part {
	p := part{name: partTasks}
	switch s.Phase {
	case service.PhaseWiring, service.PhaseWaiting, service.PhaseRunning:
	case service.PhaseStopping:
		p.failed = !slices.ContainsFunc(s.Tasks, func(t service.TaskStatus) bool { return !ended(t.State) })
		p.note = "the last has ended"
	default:
		p.failed, p.note = true, "the node is "+s.Phase.String()
	}
	return p
}

func ended(s service.State) bool {
	switch s {
	case service.StatePending, service.StateRunning, service.StateStopping:
		return false
	default:
		return true
	}
}

// gatePart is whether the node has begun to work. It stays so while the node stops.
func gatePart(s *service.Status, opened bool) part {
	p := part{name: partGate, failed: !opened && !s.Ready()}
	switch {
	case s.Phase >= service.PhaseStopping:
		p.note = "the stop came before"
	case len(s.Pending) > 0:
		p.note = "waiting for " + some(s.Pending)
	default:
		p.note = "the node is " + s.Phase.String()
	}
	return p
}

// some names a few of many.
func some(ids []task.ID) string {
	const most = 10
	var names []string
	for _, id := range ids[:min(len(ids), most)] {
		names = append(names, string(id))
	}
	text := strings.Join(names, ", ")
	if len(ids) > most {
		text += fmt.Sprintf(" and %d more", len(ids)-most)
	}
	return text
}

// shutdownPart is whether the node goes on.
func shutdownPart(s *service.Status) part {
	p := part{name: partShutdown, failed: s.Phase >= service.PhaseStopping, err: s.Cause}
	p.note = "the node is " + s.Phase.String()
	return p
}

// maxText bounds what is shown of an error.
const maxText = 1000

// oneLine makes a text fit into a line, so that no error can look like several parts.
func oneLine(text string) string {
	if len(text) > maxText {
		text = text[:maxText] + "..."
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
}

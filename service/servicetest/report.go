package servicetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/wireframework/wireframework/internal/testkit"
	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

// describeGraph is the report of a graph that does not verify.
func describeGraph(err error) string {
	return "the graph does not verify\n" + err.Error()
}

// describePart adds, to the report of a graph, what a test can do about it.
func describePart(err error) string {
	text := describeGraph(err)
	if missing, ok := errors.AsType[*wiring.MissingError](err); ok {
		text += fmt.Sprintf("\n(a test can stand in for the layers that are not there: servicetest.Supply[%v](...))", missing.Resource.Type)
	}
	return text
}

// describeEnd says why a node has ended before it was ready.
func describeEnd(err error, s service.Status) string {
	if err == nil {
		return fmt.Sprintf("the node has stopped before it was ready: %v%s", s.Cause, tasks(s))
	}
	return "the node has failed before it was ready" + list(failures(err)) + tasks(s)
}

// describeWait says what a node waits for that takes too long.
func (n *Node) describeWait(what string) string {
	s := n.svc.Status()
	text := fmt.Sprintf("the node %s after %v", what, n.config.timeout)
	var hang func(labels map[string]string) bool
	switch s.Phase {
	case service.PhaseWiring:
		text += ": " + n.trace.constructor() + " still runs"
		hang = func(labels map[string]string) bool { return labels["wireframework"] == "wiring" }
	case service.PhaseWaiting:
		text += ": the gate waits for " + quoted(s.Pending)
		hang = func(labels map[string]string) bool { return slices.Contains(s.Pending, task.ID(labels["task"])) }
	default:
		text += fmt.Sprintf(": it is %v", s.Phase)
		hang = func(labels map[string]string) bool { return labels["task"] != "" || labels["hook"] != "" }
	}
	text += tasks(s)
	groups := slices.DeleteFunc(n.scope.Goroutines(), func(g testkit.Goroutines) bool { return !hang(g.Labels) })
	if len(groups) > 0 {
		text += "\nthis is where:" + places(groups)
	}
	return text
}

// tasks lists the tasks of a node, a line each.
func tasks(s service.Status) string {
	var lines strings.Builder
	for _, t := range s.Tasks {
		fmt.Fprintf(&lines, "\n  %v %q (layer %q): %v", t.Kind, t.ID, t.Layer, t.State)
	}
	if lines.Len() == 0 {
		return ""
	}
	return "\nits tasks:" + lines.String()
}

func quoted(ids []task.ID) string {
	texts := make([]string, len(ids))
	for i, id := range ids {
		texts[i] = fmt.Sprintf("%q", id)
	}
	return strings.Join(texts, ", ")
}

// list prints errors below a line of text; a panic with its stack.
func list(errs []error) string {
	var lines strings.Builder
	for _, err := range errs {
		text := err.Error()
		if _, ok := errors.AsType[*task.PanicError](err); ok {
			text = fmt.Sprintf("%+v", err)
		}
		lines.WriteString("\n  " + strings.ReplaceAll(text, "\n", "\n  "))
	}
	return lines.String()
}

// failures returns the errors that the error of a run joins. The report of a graph that
// could not be built is one of them.
func failures(err error) []error {
	joined, ok := err.(interface{ Unwrap() []error })
	switch {
	case err == nil:
		return nil
	case !ok || strings.HasPrefix(err.Error(), "wiring: "):
		return []error{err}
	}
	return joined.Unwrap()
}

func isAbandoned(err error) bool { return errors.Is(err, service.ErrStopTimeout) }

// placeOf shows where the goroutines are of what was abandoned, and returns the rest
// of them.
func placeOf(err error, left []testkit.Goroutines) (place string, rest []testkit.Goroutines) {
	var own func(labels map[string]string) bool
	if t, ok := errors.AsType[*service.TaskError](err); ok {
		own = func(labels map[string]string) bool { return labels["task"] == string(t.ID) }
	} else if h, ok := errors.AsType[*service.HookError](err); ok {
		own = func(labels map[string]string) bool { return labels["hook"] == h.Name && labels["layer"] == h.Layer }
	} else {
		own = func(labels map[string]string) bool { return labels["wireframework"] == "wiring" }
	}
	var here []testkit.Goroutines
	for _, g := range left {
		if own(g.Labels) {
			here = append(here, g)
		} else {
			rest = append(rest, g)
		}
	}
	return places(here), rest
}

// places prints goroutines below a line of text.
func places(groups []testkit.Goroutines) string {
	var text strings.Builder
	for _, g := range groups {
		noun := "goroutines"
		if g.Count == 1 {
			noun = "goroutine"
		}
		fmt.Fprintf(&text, "\n  %d %s of %s:\n    %s", g.Count, noun, owner(g.Labels), strings.ReplaceAll(g.Stack, "\n", "\n    "))
	}
	return text.String()
}

// owner says whose goroutine has these labels.
func owner(labels map[string]string) string {
	switch {
	case labels["task"] != "":
		return fmt.Sprintf("task %q (layer %q)", labels["task"], labels["layer"])
	case labels["hook"] != "":
		return fmt.Sprintf("shutdown hook %q (layer %q)", labels["hook"], labels["layer"])
	case labels["wireframework"] == "wiring":
		return "a constructor"
	default:
		return "the node"
	}
}

package service

import (
	"errors"
	"log/slog"
	"strings"

	"github.com/wireframework/wireframework/task"
)

// logEvent is the observer that every service has: few lines for a clean run, and
// the culprit for one that fails. What there is much of goes to the debug level.
func logEvent(l *slog.Logger, ev Event) {
	switch ev := ev.(type) {
	case PhaseChanged:
		l.Debug("phase changed", "from", ev.From.String(), "to", ev.To.String())
	case ConstructorStarted:
		l.Debug("constructor started", "layer", ev.Layer, "constructor", ev.Constructor, "location", ev.Location)
	case ConstructorFinished:
		l.Debug("constructor finished", "layer", ev.Layer, "constructor", ev.Constructor, "duration", ev.Duration)
	case ConstructorSlow:
		l.Warn("constructor is slow", "layer", ev.Layer, "constructor", ev.Constructor, "location", ev.Location, "elapsed", ev.Elapsed)
	case ConstructorFailed:
		l.Debug("constructor failed", "layer", ev.Layer, "constructor", ev.Constructor, "location", ev.Location, "error", ev.Err.Error())
	case TaskChanged:
		logTask(l, ev)
	case GateWaiting:
		l.Warn("waiting for preconditions", "pending", ev.Pending, "elapsed", ev.Elapsed)
	case GateOpened:
		l.Debug("gate opened", "waited", ev.Waited)
	case StopRequested:
		l.Info("stopping", "cause", firstLine(ev.Cause.Error())) // not as an error, which slog prints with %+v
	case HookStarted:
		l.Debug("hook started", "hook", ev.Name, "layer", ev.Layer)
	case HookFinished:
		if ev.Err != nil {
			l.Error("hook failed", "hook", ev.Name, "layer", ev.Layer, "error", errors.Unwrap(ev.Err).Error())
			return
		}
		l.Debug("hook finished", "hook", ev.Name, "layer", ev.Layer, "duration", ev.Duration)
	}
}

// firstLine leaves out what a report has below its head: it has been logged, or Run
// returns it.
func firstLine(text string) string {
	head, _, _ := strings.Cut(text, "\n")
	return head
}

func logTask(l *slog.Logger, ev TaskChanged) {
	attrs := []any{"task", string(ev.ID), "layer", ev.Layer, "kind", ev.Kind.String()}
	failure, failed := errors.AsType[*TaskError](ev.Err)
	if !failed {
		l.Debug("task is "+ev.To.String(), attrs...)
		return
	}
	attrs = append(attrs, "error", failure.Err.Error())
	if p, ok := errors.AsType[*task.PanicError](failure.Err); ok {
		attrs = append(attrs, "stack", string(p.Stack))
	} else if failure.Stack != "" {
		attrs = append(attrs, "stack", failure.Stack)
	}
	l.Error("task "+ev.To.String(), attrs...)
}

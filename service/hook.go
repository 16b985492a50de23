package service

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/pprof"
	"time"

	"github.com/wireframework/wireframework/internal/failure"
	"github.com/wireframework/wireframework/internal/supervise"
	"github.com/wireframework/wireframework/wiring"
)

// leastHookTime is what a hook gets even if the time for the stop is over, so that
// one that only closes a file can do so.
const leastHookTime = time.Millisecond

// runHooks runs the shutdown hooks one after the other, the last added first.
func (r *run) runHooks() {
	r.beginStop()
	for {
		h, left, ok := r.build.PopHook()
		if !ok {
			return
		}
		// The hooks that are left get their least time out of the same budget.
		limit := time.Until(r.deadline()) - time.Duration(left)*leastHookTime
		if limit <= 0 {
			r.build.CloseHooks() // or hooks that add hooks would go on for ever
		}
		r.runHook(h, min(r.config.hookTimeout, max(limit, leastHookTime)))
	}
}

func (r *run) runHook(h wiring.Hook, limit time.Duration) {
	r.events.emit(HookStarted{Name: h.Name, Layer: h.Layer})
	start := time.Now()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.parent), limit)
	defer cancel()
	call := supervise.Go(ctx, pprof.Labels("hook", h.Name, "layer", h.Layer), h.Run)
	var err error
	stack := ""
	select {
	case <-call.Done():
	case <-ctx.Done():
	}
	select {
	case <-call.Done(): // who has returned is not late
		err = call.Err()
		stack = failure.Stack(err)
	default:
		option := "HookTimeout"
		if limit < r.config.hookTimeout {
			option = "ShutdownTimeout"
		}
		err = fmt.Errorf("%w: still running after %v (%s): %w", ErrStopTimeout, limit, option, ctx.Err())
		stack = supervise.Stacks("hook")[supervise.Owner{Name: h.Name, Layer: h.Layer}]
	}
	if err != nil {
		err = &HookError{Name: h.Name, Layer: h.Layer, Stack: stack, Err: err}
		r.fail(err)
	}
	r.events.emit(HookFinished{Name: h.Name, Layer: h.Layer, Duration: time.Since(start), Err: err})
}

// lateHook tells of a hook that nobody will run.
func (r *run) lateHook(h wiring.Hook) {
	r.events.log(func(l *slog.Logger) {
		l.Error("shutdown hook was added too late, and is not run", "hook", h.Name, "layer", h.Layer)
	})
}

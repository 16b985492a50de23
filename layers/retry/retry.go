package retry

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/wireframework/wireframework/layers/leader"
	"github.com/wireframework/wireframework/task"
)

// Task returns a task that is t but is run again when it fails. The package comment says
// when. It panics if t is nil.
func Task(t task.Task, o Options) task.Task {
	if t == nil {
		panic("retry: Task needs a task, got nil")
	}
	return &retryTask{Task: t, options: o.withDefaults()}
}

type retryTask struct {
	task.Task
	options Options
}

// Run makes attempts until one is the last.
func (t *retryTask) Run(ctx context.Context) error {
	if err := t.options.Check(); err != nil {
		return fmt.Errorf("retry: %w", err)
	}
	r := t.newRow()
	if err := ctx.Err(); err != nil {
		return err
	}
	for {
		began := time.Now()
		err := t.attempt(ctx)
		if err == nil || ctx.Err() != nil || isFinal(err) {
			return err
		}
		if healthy := t.options.HealthyAfter; healthy > 0 && time.Since(began) >= healthy {
			r = t.newRow()
		}
		wait, ok := r.fail(err)
		if !ok {
			return &Error{Attempts: r.failures, Err: err}
		}
		t.report(ctx, Event{Task: t.ID(), Err: err, Attempt: r.failures, Wait: wait})
		if err := sleep(ctx, wait); err != nil {
			return err
		}
	}
}

// attempt runs the task once. What it leaves behind that is bound to its context ends
// with it.
func (t *retryTask) attempt(ctx context.Context) (err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if t.options.Panics {
		defer func() {
			if v := recover(); v != nil {
				err = &task.PanicError{Value: v, Stack: debug.Stack()}
			}
		}()
	}
	return t.Task.Run(ctx)
}

// isFinal reports whether another attempt is of no use.
func isFinal(err error) bool {
	_, permanent := errors.AsType[*backoff.PermanentError](err)
	_, mistake := errors.AsType[*task.IntervalError](err)
	return permanent || mistake || errors.Is(err, leader.ErrLost)
}

func (t *retryTask) report(ctx context.Context, e Event) {
	attrs := []any{"attempt", e.Attempt, "wait", e.Wait, "error", e.Err.Error()}
	if p, ok := errors.AsType[*task.PanicError](e.Err); ok {
		attrs = append(attrs, "stack", string(p.Stack))
	}
	task.Logger(ctx).Warn("task failed, will be retried", attrs...)
	if t.options.Notify != nil {
		t.options.Notify(e)
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
	return ctx.Err() // the stop wins over an attempt that is due
}

// row is a row of attempts that fail.
type row struct {
	began       time.Time
	failures    int
	waits       *backoff.ExponentialBackOff
	maxAttempts int
	maxElapsed  time.Duration
}

func (t *retryTask) newRow() *row {
	o := t.options
	return &row{
		began: time.Now(),
		waits: &backoff.ExponentialBackOff{
			InitialInterval:     o.InitialWait,
			RandomizationFactor: max(0, o.Jitter),
			Multiplier:          o.Multiplier,
			MaxInterval:         o.MaxWait,
		},
		maxAttempts: o.MaxAttempts,
		maxElapsed:  o.MaxElapsed,
	}
}

// fail counts a failure, and returns the wait before the next attempt, if there may be
// one.
func (r *row) fail(err error) (wait time.Duration, ok bool) {
	r.failures++
	wait = r.waits.NextBackOff()
	if asked, ok := errors.AsType[*backoff.RetryAfterError](err); ok {
		wait = asked.Duration
	}
	if r.maxAttempts > 0 && r.failures >= r.maxAttempts {
		return 0, false
	}
	return wait, r.maxElapsed == 0 || time.Since(r.began)+wait <= r.maxElapsed
}

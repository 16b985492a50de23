package task

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Periodic returns a [Regular] task that calls tick at once and then every
// interval, until the stop, and then returns nil. Ticks never overlap: while one
// runs longer than the interval, the ticks it misses are dropped, and the next
// comes at a multiple of the interval again. The first error of tick ends the task
// with that error. The interval must be positive, or the task fails with an
// [*IntervalError] when it is run.
//
// The tick gets the context of the task, so the stop interrupts it. Periodic panics
// if tick is nil.
func Periodic(id ID, interval time.Duration, tick func(context.Context) error) Task {
	if tick == nil {
		panic(fmt.Sprintf("task: Periodic(%q) needs a function to call, got nil", id))
	}
	return New(id, Regular, func(ctx context.Context) error {
		err := every(ctx, interval, func(ctx context.Context) (bool, error) {
			return false, tick(ctx)
		})
		if stop := ctx.Err(); stop != nil && errors.Is(err, stop) {
			return nil
		}
		return err
	})
}

// Poll returns a [Precondition] that calls check at once and then every interval,
// until it reports true, which is its success. A check that runs longer than the
// interval delays the next like a tick of [Periodic]. The first error of check ends
// the task with that error: a check that may fail for a while reports false
// instead. The interval must be positive, or the task fails with an
// [*IntervalError] when it is run.
//
// If the stop comes first, the task returns the context's error. Poll panics if
// check is nil.
func Poll(id ID, interval time.Duration, check func(context.Context) (bool, error)) Task {
	if check == nil {
		panic(fmt.Sprintf("task: Poll(%q) needs a function to call, got nil", id))
	}
	return New(id, Precondition, func(ctx context.Context) error {
		return every(ctx, interval, check)
	})
}

// every calls step now and after each interval until it reports done, fails, or
// ctx ends.
func every(ctx context.Context, interval time.Duration, step func(context.Context) (done bool, err error)) error {
	if interval <= 0 {
		return &IntervalError{Interval: interval}
	}
	// Not a time.Ticker: it keeps one of the ticks that a long step misses.
	due := time.Now()
	timer := time.NewTimer(interval)
	defer timer.Stop()
	for {
		// The stop wins over a step that is due at the same moment.
		if err := ctx.Err(); err != nil {
			return err
		}
		if done, err := step(ctx); done || err != nil {
			return err
		}
		due = nextDue(due, interval, time.Now())
		timer.Reset(time.Until(due))
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
	}
}

// nextDue returns the first moment after due, in whole intervals, that has not
// passed.
func nextDue(due time.Time, interval time.Duration, now time.Time) time.Time {
	if next := due.Add(interval); !next.Before(now) {
		return next
	}
	late := now.Sub(due) % interval
	if late == 0 {
		return now
	}
	return now.Add(interval - late)
}

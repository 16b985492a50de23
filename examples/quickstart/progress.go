package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

// progressLayer says from time to time how much the store has, if that has changed.
type progressLayer struct {
	every  time.Duration
	stdout io.Writer
}

func (progressLayer) Name() string { return "progress" }

func (l progressLayer) Wire(r *wiring.Registry) error {
	if l.every <= 0 {
		return fmt.Errorf("interval %v is not positive (change -every)", l.every)
	}
	r.ProvideTask(l.newReporter)
	return nil
}

func (l progressLayer) newReporter(store Store) task.Task {
	var last Counts // what has been reported; silence means that there is nothing new
	return task.Periodic("progress", l.every, func(context.Context) error {
		now := store.Counts()
		if now != last {
			fmt.Fprintf(l.stdout, "progress: lines %d, words %d, different words %d\n", now.Lines, now.Words, now.Different)
			last = now
		}
		return nil
	})
}

package service_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

// Allocations are counted, not timed, so these bounds hold on any machine: a task
// costs its labels, its context and its goroutine, and nothing for events that nobody
// wants.
func TestAllocationsOfATask(t *testing.T) {
	discard := service.Logger(slog.New(slog.DiscardHandler))
	info := service.Logger(slog.New(slog.NewTextHandler(discardWriter{}, nil)))
	observe := service.Observe(func(service.Event) {})

	assert.LessOrEqual(t, allocationsPerTask(t, discard), 5.0, "without anybody who observes")
	assert.LessOrEqual(t, allocationsPerTask(t, info), 5.0, "with a log at level Info")
	assert.LessOrEqual(t, allocationsPerTask(t, discard, observe), 18.0, "with an observer, which hears of it twice")
}

// allocationsPerTask is what a task more costs in a whole life of a service; the
// growth from 1000 to 10 000 tasks is no more than tenfold.
func allocationsPerTask(t *testing.T, opts ...service.Option) float64 {
	t.Helper()
	small, large := mallocs(t, 1000, opts...), mallocs(t, 10_000, opts...)
	assert.LessOrEqual(t, large/small, 10.5, "ten times the tasks")
	t.Logf("%.2f allocations a task", (large-small)/9000)
	return (large - small) / 9000
}

func mallocs(t *testing.T, n int, opts ...service.Option) float64 {
	t.Helper()
	all := make([]task.Task, n)
	for i := range all {
		all[i] = task.New(task.ID(fmt.Sprintf("task-%d", i)), task.Oneshot, func(context.Context) error { return nil })
	}
	layer := wiring.NewLayer("many", func(r *wiring.Registry) error {
		r.ProvideTask(func() []task.Task { return all })
		return nil
	})
	return testing.AllocsPerRun(3, func() {
		s, err := service.NewBuilder(opts...).AddLayer(layer).Build()
		require.NoError(t, err)
		require.NoError(t, s.Run(t.Context()))
	})
}

type discardWriter struct{}

func (discardWriter) Write(p []byte) (int, error) { return len(p), nil }

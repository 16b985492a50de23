package task_test

import (
	"bytes"
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/task"
)

// fakeRuntime is a service as a task sees it.
type fakeRuntime struct {
	drain     context.Context
	logger    *slog.Logger
	announced []time.Duration
}

func (f *fakeRuntime) Drain(parent context.Context) context.Context {
	return drainOf{f.drain, parent}
}
func (f *fakeRuntime) Logger() *slog.Logger           { return f.logger }
func (f *fakeRuntime) SetStopTimeout(d time.Duration) { f.announced = append(f.announced, d) }

// drainOf ends with one context and has the values of another.
type drainOf struct {
	context.Context
	values context.Context
}

func (d drainOf) Value(key any) any { return d.values.Value(key) }

type key struct{}

func TestDrainIsAliveAfterTheStopUntilItsDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		deadline, expire := context.WithTimeout(context.Background(), 20*time.Second)
		defer expire()
		ctx, stop := context.WithCancel(task.NewContext(context.WithValue(t.Context(), key{}, "value"), &fakeRuntime{drain: deadline}))
		before := task.Drain(ctx)

		stop()
		drain := task.Drain(ctx)

		assert.ErrorIs(t, ctx.Err(), context.Canceled)
		for _, d := range []context.Context{before, drain} {
			assert.NoError(t, d.Err(), "alive after the stop")
			assert.Equal(t, "value", d.Value(key{}))
		}
		time.Sleep(20*time.Second - 1)
		assert.NoError(t, drain.Err(), "alive until the deadline")
		<-drain.Done()
		<-before.Done()
		assert.ErrorIs(t, drain.Err(), context.DeadlineExceeded)
	})
}

func TestDrainOfADerivedContextIsThatOfItsTask(t *testing.T) {
	deadline, expire := context.WithCancel(context.Background())
	ctx := task.NewContext(t.Context(), &fakeRuntime{drain: deadline})
	derived, cancel := context.WithTimeout(ctx, time.Hour)

	cancel()
	drain := task.Drain(derived)
	require.NoError(t, drain.Err())
	expire()

	assert.Error(t, drain.Err())
}

func TestDrainOutsideAServiceIsNeverCancelled(t *testing.T) {
	ctx, stop := context.WithCancel(context.WithValue(t.Context(), key{}, "value"))
	before := task.Drain(ctx)

	stop()
	drain := task.Drain(ctx)

	for _, d := range []context.Context{before, drain} {
		assert.NoError(t, d.Err())
		assert.Nil(t, d.Done())
		assert.Equal(t, "value", d.Value(key{}))
		_, hasDeadline := d.Deadline()
		assert.False(t, hasDeadline)
	}
}

func TestLoggerIsThatOfTheService(t *testing.T) {
	var out bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&out, nil)).With("task", "sealer")
	ctx := task.NewContext(t.Context(), &fakeRuntime{logger: logger})

	assert.Same(t, logger, task.Logger(ctx))
	assert.Same(t, logger, task.Logger(context.WithoutCancel(ctx)))
}

func TestLoggerOutsideAServiceIsTheDefault(t *testing.T) {
	assert.Same(t, slog.Default(), task.Logger(t.Context()))
}

func TestTheInnermostRuntimeCounts(t *testing.T) {
	inner := slog.New(slog.DiscardHandler)
	ctx := task.NewContext(t.Context(), &fakeRuntime{logger: slog.Default()})

	assert.Same(t, inner, task.Logger(task.NewContext(ctx, &fakeRuntime{logger: inner})))
}

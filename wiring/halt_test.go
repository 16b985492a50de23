package wiring_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

func TestAGoexitDoesNotKeepOthersFromBeingBuilt(t *testing.T) {
	var called calls
	b := newBuild(t, assemble(layer("api", func(r *wiring.Registry) {
		r.ProvideTask(func(*pool) task.Task { return unreachable[task.Task](t)() })
		r.Invoke(func() { called.add("leaving"); goexit() })
		r.ProvideTask(func(*journal) task.Task { called.add("task"); return leavingTask{} })
		r.ProvideTask(newWorker)
		r.Provide(func() *pool { called.add("pool"); goexit(); return nil })
		r.Provide(func() *journal { called.add("journal"); return nil })
	})))

	assert.False(t, runOnce(t.Context(), b), "the constructor of the pool ends the goroutine")
	assert.False(t, runOnce(t.Context(), b), "the invoke ends the goroutine")
	assert.False(t, runOnce(t.Context(), b), "the task ends the goroutine when it is asked for its ID")
	assert.True(t, runOnce(t.Context(), b))

	assert.Equal(t, calls{"pool", "leaving", "journal", "task"}, called)
	_, err := b.Result()
	require.ErrorIs(t, err, task.ErrGoexit)
	assert.Len(t, err.(interface{ Unwrap() []error }).Unwrap(), 3)
}

type leavingTask struct{ task.Task }

func (leavingTask) ID() task.ID { goexit(); return "" }

func TestHaltStartsNoFurtherConstructor(t *testing.T) {
	var called calls
	var cause error
	b := newBuild(t, assemble(layer("api", func(r *wiring.Registry) {
		r.Invoke(func() { called.add("first") })
		r.ProvideTask(func() task.Task { called.add("task"); return panickyTask{} }) // if it is asked for its ID
		r.ProvideTask(func(*pool, *journal) task.Task { return unreachable[task.Task](t)() })
		r.Invoke(func() { t.Error("after the halt") })
		r.ProvideTask(newWorker)
		r.Provide(func(hooks *wiring.ShutdownHooks) *pool {
			called.add("pool")
			hooks.Add("pool", nop)
			cause = errNoHost
			return &pool{}
		})
		r.Provide(unreachable[*journal](t))
	})))
	b.HaltWhen(func() error { return cause })
	start(t, b)

	tasks, err := b.Result()
	require.NoError(t, err, "what was not built has not failed")
	assert.Empty(t, tasks)
	assert.Equal(t, calls{"first", "task", "pool"}, called)
	assert.Equal(t, []string{"api: pool", "last"}, popAll(b))
}

func TestHaltWhenIsAskedAroundEachConstructor(t *testing.T) {
	errStop := errors.New("stop")
	for _, returned := range []error{nil, errStop} {
		var called calls
		var cause error
		b := newBuild(t, assemble(layer("api", func(r *wiring.Registry) {
			r.Invoke(func() { called.add("first") })
			r.Invoke(func() error { called.add("second"); cause = errStop; return returned })
			r.ProvideTask(unreachable[task.Task](t))
		})))
		b.HaltWhen(func() error { return cause })
		start(t, b)

		tasks, err := b.Result()
		require.NoError(t, err, "the stop is no failure of the constructor that noticed it")
		assert.Empty(t, tasks)
		assert.Equal(t, calls{"first", "second"}, called)
	}
}

func TestHaltBeforeRun(t *testing.T) {
	b := newBuild(t, assemble(layer("api", func(r *wiring.Registry) { r.ProvideTask(unreachable[task.Task](t)) })))
	b.HaltWhen(func() error { return errNoHost })
	start(t, b)

	tasks, err := b.Result()
	require.NoError(t, err)
	assert.Empty(t, tasks)
}

func TestWhatAConstructorReturnsAfterTheHalt(t *testing.T) {
	errStop := errors.New("stop")
	errOther := errors.New("disk full")
	tests := []struct {
		name     string
		returned error
		want     error
	}{
		{"the end of its context", fmt.Errorf("dial: %w", context.Canceled), nil},
		{"the cause of the halt", fmt.Errorf("dial: %w", errStop), nil},
		{"another error", errOther, errOther},
		{"success", nil, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var cause error
			b := newBuild(t, assemble(layer("api", func(r *wiring.Registry) {
				r.Provide(func() (*pool, error) {
					cause = errStop
					return nil, tt.returned
				})
				r.ProvideTask(func(*pool) task.Task { return unreachable[task.Task](t)() })
			})))
			b.HaltWhen(func() error { return cause })
			start(t, b)

			_, err := b.Result()
			assert.ErrorIs(t, err, tt.want)
		})
	}
}

func TestAPanicWithTheErrorOfAHaltIsAFailure(t *testing.T) {
	errStop := errors.New("stop")
	for _, value := range []error{context.Canceled, errStop} {
		var cause error
		b := newBuild(t, assemble(layer("api", func(r *wiring.Registry) {
			r.ProvideTask(func() task.Task { cause = errStop; panic(value) })
		})))
		b.HaltWhen(func() error { return cause })
		start(t, b)

		_, err := b.Result()
		assert.Equal(t, value, as[*task.PanicError](t, err).Value)
	}
}

func TestACancellationWithoutAHaltIsAFailure(t *testing.T) {
	var cause error
	b := newBuild(t, assemble(layer("api", func(r *wiring.Registry) {
		r.Provide(func() (*pool, error) { return nil, context.Canceled })
		r.Invoke(func(*pool) {})
		r.Invoke(func() { cause = errNoHost })
		r.ProvideTask(newWorker)
	})))
	b.HaltWhen(func() error { return cause })
	start(t, b)

	_, err := b.Result()
	assert.ErrorIs(t, err, context.Canceled, "it came before the halt")
}

func TestCurrentIsTheConstructorThatRuns(t *testing.T) {
	var b *wiring.Build
	var current []string
	record := func() {
		src, since, ok := b.Current()
		assert.True(t, ok)
		assert.WithinRange(t, since, time.Now().Add(-time.Minute), time.Now())
		current = append(current, named(src)...)
	}
	b = newBuild(t, assemble(
		layer("api", func(r *wiring.Registry) { r.ProvideTask(func(*pool) task.Task { record(); return idle("a") }) }),
		layer("storage", func(r *wiring.Registry) { r.Provide(func() *pool { record(); return nil }) }),
	))
	_, _, ok := b.Current()
	assert.False(t, ok, "before the run")
	start(t, b)
	_, _, ok = b.Current()
	assert.False(t, ok, "after the run")

	require.Len(t, current, 2)
	assert.Contains(t, current[0], "storage: TestCurrentIsTheConstructorThatRuns")
	assert.Contains(t, current[1], "api: TestCurrentIsTheConstructorThatRuns")
}

// recorder is an observer.
type recorder struct{ calls }

func (r *recorder) ConstructorStarted(s wiring.Source) { r.add("start " + named(s)[0]) }

func (r *recorder) ConstructorFinished(s wiring.Source, d time.Duration, err error) {
	if d < 0 {
		r.add("negative duration")
	}
	r.add(fmt.Sprintf("end %s %v", named(s)[0], err))
}

func TestAnObserverHearsOfEveryConstructor(t *testing.T) {
	heard := &recorder{}
	a := assemble(
		layer("clock", func(r *wiring.Registry) { r.ProvideTask(newClock) }),
		layer("fees", func(r *wiring.Registry) { r.ProvideTask(newPoller) }),
		layer("settlement", func(r *wiring.Registry) { r.Provide(newClient) }),
		layer("rates", func(r *wiring.Registry) { r.Provide(newLeavingClient, wiring.Name("other")); r.Supply(1) }),
	)
	var other *client
	populate(a, &other, "other")
	var one int
	populate(a, &one)
	b := verify(t, a).NewBuild()
	b.Observe(heard)
	start(t, b)

	assert.Equal(t, calls{
		"start clock: newClock", "end clock: newClock <nil>",
		"start settlement: newClient", "end settlement: newClient lookup rpc.example: no such host",
		"start rates: newLeavingClient", "end rates: newLeavingClient runtime.Goexit called",
	}, heard.calls)
}

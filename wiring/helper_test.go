package wiring_test

import (
	"context"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

// layer returns a layer whose registrations cannot go wrong by themselves.
func layer(name string, wire func(*wiring.Registry)) wiring.Layer {
	return wiring.NewLayer(name, func(r *wiring.Registry) error {
		wire(r)
		return nil
	})
}

func assemble(layers ...wiring.Layer) *wiring.Assembly {
	a := new(wiring.Assembly)
	a.Add(layers...)
	return a
}

func verify(t testing.TB, a *wiring.Assembly) *wiring.Plan {
	t.Helper()
	plan, err := a.Verify()
	require.NoError(t, err)
	return plan
}

// start runs a build to its end, as the service does: on goroutines of its own, for
// a constructor may end one by Goexit.
func start(t testing.TB, b *wiring.Build) {
	t.Helper()
	startIn(t.Context(), b)
}

// startIn is start with a context of its own.
func startIn(ctx context.Context, b *wiring.Build) {
	for done := false; !done; {
		done = runOnce(ctx, b)
	}
}

// runOnce calls Run on a new goroutine and reports whether it returned.
func runOnce(ctx context.Context, b *wiring.Build) (returned bool) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		b.Run(ctx)
		returned = true
	}()
	<-done
	return returned
}

// build verifies the layers, builds them and returns the tasks.
func build(t testing.TB, layers ...wiring.Layer) []wiring.Task {
	t.Helper()
	tasks, err := tryBuild(t, layers...)
	require.NoError(t, err)
	return tasks
}

// tryBuild is build for what fails while it is built.
func tryBuild(t testing.TB, layers ...wiring.Layer) ([]wiring.Task, error) {
	t.Helper()
	b := newBuild(t, assemble(layers...))
	start(t, b)
	return b.Result()
}

func newBuild(t testing.TB, a *wiring.Assembly) *wiring.Build {
	t.Helper()
	return verify(t, a).NewBuild()
}

// idle returns a task that does nothing.
func idle(id task.ID) task.Task {
	return task.New(id, task.Oneshot, func(context.Context) error { return nil })
}

// goexit is a constructor's way to end the goroutine, as t.FailNow does.
func goexit() { runtime.Goexit() }

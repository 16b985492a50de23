package otel_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

// slow is a layer with a constructor and a hook that take a second each.
func slow(fail error) wiring.Layer {
	return wiring.NewLayer("store", func(r *wiring.Registry) error {
		r.Provide(slowStore{fail}.open)
		r.Invoke(useStore)
		return nil
	})
}

type slowStore struct{ err error }

func useStore(int) {}

func (s slowStore) open(hooks *wiring.ShutdownHooks) (int, error) {
	hooks.Add("close-store", func(context.Context) error {
		time.Sleep(time.Second)
		return s.err
	})
	time.Sleep(time.Second)
	return 0, nil
}

func TestTheLifeOfANode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		spans, epoch := newMemory(), time.Now()

		err := runFor(t, 20*time.Second, slow(nil), exporting(spans), tasks(
			takes("schema-current", task.Precondition, 12*time.Second, nil),
			stops("sealer", 2*time.Second, nil),
			takes("import", task.Oneshot, time.Second, nil),
		))

		require.NoError(t, err)
		assert.Equal(t, `wiring 0s-1s
  construct layer.newTelemetry 0s-0s
  construct newProvider 0s-0s
  construct newInterface 0s-0s
  construct newObserver 0s-0s
  construct slowStore.open 0s-1s
  construct useStore 1s-1s
  construct newTasks 1s-1s
startup 1s-13s
  precondition schema-current 1s-13s
shutdown 20s-23s
  stop sealer 20s-22s
  hook close-store 22s-23s
`, spans.tree(epoch))
		assert.Equal(t, map[string]string{"cause": "stop requested"}, attributes(spans.span(t, "shutdown")))
		assert.Equal(t, map[string]string{"layer": "work", "task": "sealer", "kind": "task"}, attributes(spans.span(t, "stop sealer")))
		assert.Equal(t, "store", attributes(spans.span(t, "hook close-store"))["layer"])
		open := attributes(spans.span(t, "construct slowStore.open"))
		assert.Equal(t, "store", open["layer"])
		assert.Regexp(t, `life_test\.go:\d+$`, open["location"])
		var events []string
		for _, e := range spans.span(t, "startup").Events {
			events = append(events, e.Name)
		}
		assert.Equal(t, []string{"gate is shut", "gate has opened"}, events)
	})
}

var errRefused = errors.New("connection refused")

// refuses is a constructor that fails after a second.
func refuses(int) (task.Task, error) {
	time.Sleep(time.Second)
	return nil, errRefused
}

func TestAConstructorThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		spans, epoch := newMemory(), time.Now()
		client := wiring.NewLayer("client", func(r *wiring.Registry) error {
			r.ProvideTask(refuses)
			return nil
		})

		require.ErrorIs(t, runFor(t, time.Hour, client, slow(nil), exporting(spans)), errRefused)

		assert.Equal(t, `wiring 0s-2s failed: connection refused
  construct layer.newTelemetry 0s-0s
  construct newProvider 0s-0s
  construct newInterface 0s-0s
  construct newObserver 0s-0s
  construct slowStore.open 0s-1s
  construct refuses 1s-2s failed: connection refused
  construct useStore 2s-2s
shutdown 2s-3s
  hook close-store 2s-3s
`, spans.tree(epoch))
	})
}

func TestATaskThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		spans, epoch, full := newMemory(), time.Now(), errors.New("disk full")

		err := runFor(t, time.Hour, exporting(spans), tasks(
			takes("sealer", task.Regular, 2*time.Second, full),
			stops("auditor", time.Second, nil),
		))

		require.ErrorIs(t, err, full)
		assert.Contains(t, spans.tree(epoch), `shutdown 2s-3s failed: task "sealer" (layer "work"): disk full
  stop auditor 2s-3s
`)
		assert.Equal(t, "exception", spans.span(t, "shutdown").Events[0].Name)
	})
}

func TestATaskThatFailsWhileItStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		spans, epoch := newMemory(), time.Now()

		err := runFor(t, time.Second, exporting(spans), tasks(
			stops("sealer", time.Second, errors.New("disk full")),
			takes("deaf", task.Regular, time.Minute, nil),
		))

		require.ErrorIs(t, err, service.ErrStopTimeout)
		tree := spans.tree(epoch)
		assert.Contains(t, tree, "\n"+`  stop sealer 1s-2s failed: task "sealer" (layer "work"): disk full`+"\n")
		assert.Regexp(t, `\n  stop deaf 1s-6s failed: task "deaf" \(layer "work"\): .*still running`, tree)
		assert.Regexp(t, `\nshutdown 1s-6s failed: `, tree)
		time.Sleep(time.Minute) // until the abandoned one has returned
	})
}

func TestManyTasksLeaveRoomForTheShutdownItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		spans, many := newMemory(), make([]task.Task, 5000)
		for i := range many {
			many[i] = stops(task.ID(fmt.Sprintf("worker-%d", i)), 0, nil)
		}
		many[len(many)-1] = stops("last", 0, errors.New("disk full"))

		require.Error(t, runFor(t, time.Second, exporting(spans), tasks(many...)))

		shutdown := spans.span(t, "shutdown")
		assert.Equal(t, "4000", attributes(shutdown)["omitted"])
		assert.Equal(t, `task "last" (layer "work"): disk full`, shutdown.Status.Description)
		assert.Greater(t, len(spans.GetSpans()), 1000)
	})
}

func TestAHookThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		spans, epoch := newMemory(), time.Now()

		require.Error(t, runFor(t, 2*time.Second, exporting(spans), slow(errors.New("disk full")), tasks(stops("sealer", 0, nil))))

		assert.Contains(t, spans.tree(epoch), `
shutdown 2s-3s failed: shutdown hook "close-store" (layer "store"): disk full
  stop sealer 2s-2s
  hook close-store 2s-3s failed: shutdown hook "close-store" (layer "store"): disk full
`)
	})
}

func TestAStopBeforeTheGateHasOpened(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		spans, epoch := newMemory(), time.Now()
		check := task.Poll("schema-current", time.Second, func(context.Context) (bool, error) { return false, nil })

		require.NoError(t, runFor(t, 3500*time.Millisecond, exporting(spans), tasks(check, stops("sealer", 0, nil))))

		assert.Contains(t, spans.tree(epoch), `
startup 0s-3.5s failed: stopped before the node was ready
  precondition schema-current 0s-3.5s
shutdown 3.5s-3.5s
  stop schema-current 3.5s-3.5s
`)
	})
}

func TestAPreconditionThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		spans, epoch := newMemory(), time.Now()

		require.Error(t, runFor(t, time.Hour, exporting(spans), tasks(
			takes("schema-current", task.Precondition, time.Second, errors.New("schema is newer")),
		)))

		tree := spans.tree(epoch)
		assert.Contains(t, tree, "\n"+`  precondition schema-current 0s-1s failed: task "schema-current" (layer "work"): schema is newer`+"\n")
		assert.Contains(t, tree, "\n"+`shutdown 1s-1s failed: task "schema-current" (layer "work"): schema is newer`+"\n")
	})
}

func TestAStopWhileAConstructorRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		spans, epoch := newMemory(), time.Now()

		require.NoError(t, runFor(t, 500*time.Millisecond, exporting(spans), slow(nil), tasks(stops("sealer", 0, nil))))

		assert.Equal(t, `wiring 0s-1s
  construct layer.newTelemetry 0s-0s
  construct newProvider 0s-0s
  construct newInterface 0s-0s
  construct newObserver 0s-0s
  construct slowStore.open 0s-1s
shutdown 500ms-2s
  hook close-store 1s-2s
`, spans.tree(epoch))
	})
}

func TestConstructorsBeforeTheObserver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		spans, epoch := newMemory(), time.Now()
		logging := wiring.NewLayer("logging", func(r *wiring.Registry) error {
			r.Provide(slowConfig)
			r.Provide(slowLogger)
			return nil
		})

		time.Sleep(time.Second)
		require.NoError(t, runFor(t, time.Hour, exporting(spans), logging, tasks(takes("import", task.Oneshot, time.Second, nil))))

		assert.Contains(t, spans.tree(epoch), `wiring 1s-4s
  construct slowConfig 1s-2s
  construct slowLogger 2s-4s
  construct layer.newTelemetry 4s-4s
`, "what the observer needs, at its time")
	})
}

package service_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/service/servicetest"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

// observing is a layer that observes the service it is part of.
func observing(events *[]service.Event) wiring.Layer {
	return wiring.NewLayer("observing", func(r *wiring.Registry) error {
		r.Provide(func(service.Handle) service.Observer {
			return func(e service.Event) { *events = append(*events, e) }
		}, wiring.Group("observers"))
		return nil
	})
}

func TestObserverOfALayerHearsWhatAnOptionHears(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var all, heard []service.Event
		worker := wiring.NewLayer("worker", func(r *wiring.Registry) error {
			r.Provide(func() int { return 1 })
			r.ProvideTask(func(int) task.Task { return lasts("work", task.Oneshot, 0, nil) })
			return nil
		})
		s, err := service.NewBuilder(service.Observe(func(e service.Event) { all = append(all, e) })).
			AddLayer(worker, observing(&heard)).Build()
		require.NoError(t, err)

		require.NoError(t, s.Run(t.Context()))

		assert.Equal(t, all, heard, "also what happened before it was built")
		assert.Contains(t, heard, service.LayerRegistered{Layer: "worker"})
		assert.Contains(t, heard, service.PhaseChanged{From: service.PhaseStopping, To: service.PhaseStopped})
	})
}

func TestObserverOfALayerHearsOfAConstructorThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var heard []service.Event
		refused := errors.New("connection refused")
		failing := wiring.NewLayer("failing", func(r *wiring.Registry) error {
			r.ProvideTask(func() (task.Task, error) { return nil, refused })
			return nil
		})
		s, err := service.NewBuilder().AddLayer(failing, observing(&heard)).Build()
		require.NoError(t, err)

		require.ErrorIs(t, s.Run(t.Context()), refused)

		var failed []error
		for _, e := range heard {
			if e, ok := e.(service.ConstructorFailed); ok {
				failed = append(failed, e.Err)
			}
		}
		assert.Equal(t, []error{refused}, failed)
	})
}

func TestObserverOfALayerThatIsNotSelectedIsNotBuilt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var heard []service.Event
		worker := wiring.NewLayer("worker", func(r *wiring.Registry) error {
			r.ProvideTask(func() task.Task { return waits("work", task.Regular) })
			return nil
		})

		n := servicetest.Start(t, service.NewBuilder().AddLayer(worker, observing(&heard)), servicetest.Only("worker"))
		require.NoError(t, n.Stop())

		assert.Empty(t, heard)
	})
}

func TestObserverOfALayerMayPanic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		panicking := wiring.NewLayer("panicking", func(r *wiring.Registry) error {
			r.Provide(func() service.Observer {
				return func(service.Event) { calls++; panic("observer") }
			}, wiring.Group("observers"))
			r.ProvideTask(func() task.Task { return lasts("work", task.Oneshot, 0, nil) })
			return nil
		})
		s, err := service.NewBuilder(service.Logger(slog.New(slog.DiscardHandler))).AddLayer(panicking).Build()
		require.NoError(t, err)

		require.NoError(t, s.Run(context.Background()))

		assert.Greater(t, calls, 5)
	})
}

package service_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

// A daemon that is told and given up at the same moment, while an observer takes its
// time over the worker before.
func TestAStateDoesNotBeginBeforeTheOneBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s *service.Service
		var since []time.Time
		s = build(t, options{service.ShutdownTimeout(1), service.Observe(func(ev service.Event) {
			switch ev := ev.(type) {
			case service.TaskAbandoned:
				time.Sleep(time.Second)
			case service.TaskChanged:
				if ev.ID == "daemon" {
					since = append(since, s.Status().Tasks[1].Since)
				}
			}
		})}, provide("test", hangs(t, "worker", task.Regular), hangs(t, "daemon", task.Daemon)))
		n := run(s)
		<-s.Ready()
		s.Stop(nil)
		require.Error(t, n.wait())

		assert.Len(t, since, 3, "running, stopping, abandoned")
		assert.True(t, slices.IsSortedFunc(since, time.Time.Compare), "%v", since)
	})
}

// A deadline of the agenda is when a state begins, not the last time the loop went round.
func TestStatesThatBeginAtADeadlineBeginThen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		s, err := service.NewBuilder(service.DrainDelay(2*time.Second), service.StopTimeout(5*time.Second)).
			AddLayer(wiring.NewLayer("stuck", func(r *wiring.Registry) error {
				r.ProvideTask(func() task.Task {
					return task.New("stuck", task.Regular, func(context.Context) error { <-release; return nil })
				})
				return nil
			})).Build()
		require.NoError(t, err)
		begin := time.Now()
		ended := make(chan error, 1)
		go func() { ended <- s.Run(context.Background()) }()
		time.Sleep(time.Minute)
		s.Stop(nil)
		time.Sleep(3 * time.Second)
		assert.Equal(t, 62*time.Second, s.Status().Tasks[0].Since.Sub(begin), "stopping")
		require.Error(t, <-ended)
		assert.Equal(t, 67*time.Second, s.Status().Tasks[0].Since.Sub(begin), "abandoned")
		close(release)
	})
}

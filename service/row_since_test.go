package service_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

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

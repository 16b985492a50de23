package service_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
)

func TestRow45Readiness(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		seen := map[string]bool{}
		var s *service.Service
		see := func(when string) {
			mu.Lock()
			defer mu.Unlock()
			seen[when] = s.Status().Ready()
		}
		s = build(t, options{service.DrainDelay(5 * time.Second), service.Observe(func(ev service.Event) {
			if c, ok := ev.(service.PhaseChanged); ok {
				see(c.To.String())
			}
		})}, provide("test",
			lasts("check", task.Precondition, time.Second, nil),
			task.New("regular", task.Regular, func(ctx context.Context) error {
				<-ctx.Done()
				see("told")
				return nil
			}),
		))
		began := time.Now()
		n := run(s)
		<-s.Ready()
		assert.Equal(t, time.Second, time.Since(began))
		synctest.Wait()
		see("ready")
		s.Stop(nil)
		see("stopped")
		assert.Equal(t, service.PhaseStopping, s.Status().Phase, "from the first moment")
		time.Sleep(5*time.Second - 1)
		synctest.Wait()
		assert.Equal(t, []string{"check done", "regular running"}, tasks(s.Status()), "the broadcast goes out later")

		require.NoError(t, n.wait())
		assert.Equal(t, 6*time.Second, n.took)
		assert.Equal(t, map[string]bool{
			"wiring": false, "waiting": false, "running": true, "ready": true, "stopped": false, "stopping": false, "told": false,
		}, seen)
	})
}

func TestRow45AnObserverThatHearsOfRunningMayWaitForReady(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s *service.Service
		s = build(t, options{service.Observe(func(ev service.Event) {
			if c, ok := ev.(service.PhaseChanged); ok && c.To == service.PhaseRunning {
				<-s.Ready()
			}
		})}, provide("test", lasts("oneshot", task.Oneshot, time.Second, nil)))

		require.NoError(t, s.Run(t.Context()))
	})
}

func TestRow45DrainDelay(t *testing.T) {
	stops := []struct {
		name string
		stop func(n *node, cancel context.CancelFunc)
		want []string
	}{
		{"Stop", func(n *node, _ context.CancelFunc) { n.Stop(nil) }, []string{}},
		{"Stop with a cause", func(n *node, _ context.CancelFunc) { n.Stop(errBoom) }, []string{"boom"}},
		{"the end of the context", func(_ *node, cancel context.CancelFunc) { cancel() }, []string{}},
	}
	for _, tt := range stops {
		for _, ready := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, ready %v", tt.name, ready), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					ctx, cancel := context.WithCancel(context.Background())
					defer cancel()
					check := waits("check", task.Precondition)
					if ready {
						check = lasts("check", task.Precondition, 0, nil)
					}
					n := runWith(ctx, build(t, options{service.DrainDelay(5 * time.Second)}, provide("test", check, waits("regular", task.Unconstrained))))
					time.Sleep(time.Second)
					synctest.Wait()
					assert.Equal(t, ready, n.Status().Ready())
					tt.stop(n, cancel)
					assert.False(t, n.Status().Ready(), "from the first moment")

					assert.Equal(t, tt.want, messages(n.wait()))
					if ready {
						assert.Equal(t, 6*time.Second, n.took)
					} else {
						assert.Equal(t, time.Second, n.took, "nobody sends it work")
					}
				})
			})
		}
	}
}

package service_test

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/service/servicetest"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

func sorted(lines []string) []string {
	slices.Sort(lines)
	return lines
}

func TestStatusFollowsTheLifeOfAService(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		s := build(t, nil, layer("slow", func(r *wiring.Registry) {
			r.Invoke(func() { time.Sleep(time.Second) })
		}), provide("test",
			lingers("regular", task.Regular, time.Second, nil),
			lasts("check", task.Precondition, time.Second, nil),
		))
		type line struct {
			Phase   service.Phase
			Since   time.Duration
			Cause   error
			Pending []task.ID
			Tasks   []string
		}
		status := func() line {
			synctest.Wait()
			got := s.Status()
			return line{got.Phase, got.Since.Sub(began), got.Cause, got.Pending, tasks(got)}
		}

		assert.Equal(t, line{service.PhaseBuilt, 0, nil, nil, []string{}}, status())
		n := run(s)
		assert.Equal(t, line{service.PhaseWiring, 0, nil, nil, []string{}}, status())
		time.Sleep(time.Second)
		assert.Equal(t, line{service.PhaseWaiting, time.Second, nil, []task.ID{"check"}, []string{"regular pending", "check running"}}, status())
		time.Sleep(time.Second)
		assert.Equal(t, line{service.PhaseRunning, 2 * time.Second, nil, nil, []string{"regular running", "check done"}}, status())
		time.Sleep(time.Second)
		s.Stop(nil)
		assert.Equal(t, line{service.PhaseStopping, 3 * time.Second, service.ErrStopRequested, nil, []string{"regular stopping", "check done"}}, status())
		require.NoError(t, n.wait())
		assert.Equal(t, line{service.PhaseStopped, 4 * time.Second, service.ErrStopRequested, nil, []string{"regular done", "check done"}}, status())

		var since []time.Duration
		for _, ts := range s.Status().Tasks {
			since = append(since, ts.Since.Sub(began))
		}
		assert.Equal(t, []time.Duration{4 * time.Second, 2 * time.Second}, since)
	})
}

// Everybody looks at the service all the time, and what they see fits together.
func TestStatusIsConsistentUnderConcurrency(t *testing.T) {
	for range 200 {
		s := build(t, options{service.StopTimeout(time.Minute)}, layer("wired", func(r *wiring.Registry) {
			r.Invoke(func(h *wiring.ShutdownHooks) {
				jitter()
				h.Add("hook", func(context.Context) error { jitter(); return nil })
			})
		}), provide("test",
			task.New("check", task.Precondition, func(context.Context) error { jitter(); return nil }),
			task.WithStopTimeout(waits("regular", task.Regular), time.Minute),
			task.New("drains", task.Unconstrained, func(ctx context.Context) error {
				<-ctx.Done()
				task.Logger(ctx).Info("drains")
				return task.Drain(ctx).Err()
			}),
			waits("daemon", task.Daemon),
		))
		done := make(chan struct{})
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				last := service.PhaseBuilt
				for {
					st := s.Status()
					assert.GreaterOrEqual(t, st.Phase, last, "no way back")
					last = st.Phase
					assert.Equal(t, st.Phase >= service.PhaseStopping, st.Cause != nil, "%v with cause %v", st.Phase, st.Cause)
					assert.Equal(t, st.Phase == service.PhaseRunning, st.Ready())
					s.Graph()
					s.Warnings()
					select {
					case <-done:
						return
					default:
						jitter()
					}
				}
			})
		}
		n := run(s)
		<-s.Ready()
		jitter()
		s.Stop(nil)
		require.NoError(t, n.wait())
		close(done)
		wg.Wait()
	}
}

func TestStatusPrintsItsNames(t *testing.T) {
	text, err := json.Marshal(service.Status{
		Phase: service.PhaseWaiting, Pending: []task.ID{"check"}, Tasks: []service.TaskStatus{{ID: "check", State: service.StateRunning}},
	})
	require.NoError(t, err)
	assert.Contains(t, string(text), `"Phase":"waiting"`)
	assert.Contains(t, string(text), `"State":"running"`)

	var phases, states []string
	for p := service.PhaseBuilt; p <= service.PhaseStopped+1; p++ {
		phases = append(phases, p.String())
	}
	for s := service.StatePending; s <= service.StateAbandoned+1; s++ {
		states = append(states, s.String())
	}
	assert.Equal(t, []string{"built", "wiring", "waiting", "running", "stopping", "stopped", "unknown"}, phases)
	assert.Equal(t, []string{"pending", "running", "stopping", "done", "failed", "skipped", "abandoned", "unknown"}, states)
}

func TestHandleIsAResource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var h service.Handle
		s := build(t, nil, layer("test", func(r *wiring.Registry) {
			r.ProvideTask(func(handle service.Handle) task.Task {
				h = handle
				assert.Equal(t, service.PhaseWiring, handle.Status().Phase)
				assert.Empty(t, handle.Graph().Tasks[0].ID)
				return waits("regular", task.Regular)
			})
		}))
		n := run(s)
		<-s.Ready()

		assert.Same(t, s, h)
		<-h.Ready()
		assert.Equal(t, "regular", h.Graph().Tasks[0].ID)
		h.Stop(errBoom)
		assert.Equal(t, errBoom, n.wait())
	})
}

// otherHandle is what a layer provides instead.
type otherHandle struct{ service.Handle }

func TestHandleCanBeReplaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		other := otherHandle{}
		require.NoError(t, build(t, nil, layer("test", func(r *wiring.Registry) {
			r.Supply(other, wiring.As[service.Handle]())
			r.ProvideTask(func(h service.Handle) task.Task {
				assert.Equal(t, other, h)
				return lasts("oneshot", task.Oneshot, 0, nil)
			})
		})).Run(context.Background()))
	})
}

func TestTheGraphOfANodeThatStoppedWhileItWasWired(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := build(t, nil, layer("test", func(r *wiring.Registry) {
			r.ProvideTask(func(ctx context.Context) (task.Task, error) {
				<-ctx.Done()
				return nil, ctx.Err()
			})
		}))
		time.AfterFunc(time.Second, func() { s.Stop(nil) })
		_ = s.Run(t.Context())

		g := s.Graph()

		require.Len(t, g.Tasks, 1, "it could have run")
		assert.Empty(t, g.Tasks[0].State)
	})
}

func TestResourcesWithoutTasksStayUntilStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var hooks []string
		var db *database
		b := service.NewBuilder().AddLayer(layer("database", func(r *wiring.Registry) {
			r.Provide(func(h *wiring.ShutdownHooks) *database {
				h.Add("database", note(&hooks, "database"))
				return new(database)
			})
		}))
		n := servicetest.Start(t, b, servicetest.Populate(&db))
		time.Sleep(time.Hour)
		synctest.Wait()

		assert.NotNil(t, db)
		assert.True(t, n.Service().Status().Ready())
		assert.Empty(t, hooks)
		require.NoError(t, n.Stop())
		assert.Equal(t, []string{"database"}, hooks)
	})
}

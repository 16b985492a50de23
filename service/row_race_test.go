package service_test

import (
	"context"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

const times = 1000

// jitter lets other goroutines run, or not.
func jitter() {
	for range rand.N(5) {
		runtime.Gosched()
	}
}

// many runs a test often, in virtual time and with real goroutines.
func many(t *testing.T, test func(t *testing.T)) {
	t.Run("in a bubble", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			for range times {
				test(t)
			}
		})
	})
	t.Run("with real goroutines", func(t *testing.T) {
		for range times {
			test(t)
		}
	})
}

// gated returns tasks that must not be entered, and how often they were.
func gated() (regular, oneshot task.Task, entered *atomic.Int32) {
	entered = new(atomic.Int32)
	enter := func(ctx context.Context) error {
		entered.Add(1)
		<-ctx.Done()
		return nil
	}
	return task.New("regular", task.Regular, enter), task.New("oneshot", task.Oneshot, enter), entered
}

func gateStaysShut(t *testing.T) service.Observer {
	return func(ev service.Event) {
		if _, ok := ev.(service.GateOpened); ok {
			t.Error("the gate has opened")
		}
	}
}

func TestRow08StopWhilePreconditionsRun(t *testing.T) {
	many(t, func(t *testing.T) {
		regular, oneshot, entered := gated()
		began, release := make(chan struct{}), make(chan struct{})
		n := run(build(t, options{service.Observe(gateStaysShut(t))}, provide("test",
			regular,
			task.New("first", task.Precondition, func(context.Context) error {
				close(began)
				return nil
			}),
			task.New("second", task.Precondition, func(context.Context) error {
				<-release
				jitter()
				return nil
			}),
			task.New("third", task.Precondition, func(ctx context.Context) error {
				<-ctx.Done()
				jitter()
				return nil
			}),
			oneshot,
		)))
		<-began
		jitter()
		n.Stop(nil)
		jitter()
		close(release)

		require.NoError(t, n.wait())
		require.Zero(t, entered.Load())
		require.False(t, isReady(n.Service))
		got := tasks(n.Status())
		require.Equal(t, []string{"regular skipped", "oneshot skipped"}, []string{got[0], got[4]})
		for _, line := range got[1:4] { // skipped if the stop came before their first instruction
			require.True(t, strings.HasSuffix(line, " done") || strings.HasSuffix(line, " skipped"), line)
		}
		require.Equal(t, service.ErrStopRequested, n.Status().Cause)
	})
}

// The success is first by a hair, but the loop, which an observer holds up, finds
// both at once.
func TestRow09StopAndTheLastSuccessAtTheSameInstant(t *testing.T) {
	many(t, func(t *testing.T) {
		regular, oneshot, entered := gated()
		began, succeed := make(chan struct{}), make(chan struct{})
		held, goOn := make(chan struct{}), make(chan struct{})
		shut := gateStaysShut(t)
		hold := func(ev service.Event) {
			shut(ev)
			if c, ok := ev.(service.TaskChanged); ok && c.ID == "setup" && c.To == service.StateDone {
				close(held)
				<-goOn
			}
		}
		n := run(build(t, options{service.Observe(hold)}, provide("test",
			regular,
			task.New("setup", task.UnconstrainedOneshot, func(context.Context) error {
				<-began
				return nil
			}),
			task.New("check", task.Precondition, func(context.Context) error {
				close(began)
				<-succeed
				return nil
			}),
			oneshot,
		)))
		<-held
		close(succeed)
		jitter()
		n.Stop(nil)
		jitter()
		close(goOn)

		require.NoError(t, n.wait())
		require.Zero(t, entered.Load())
		require.False(t, isReady(n.Service))
		require.Equal(t, []string{"regular skipped", "setup done", "check done", "oneshot skipped"}, tasks(n.Status()))
	})
}

func TestRow09LastPreconditionItselfStopsTheService(t *testing.T) {
	many(t, func(t *testing.T) {
		regular, oneshot, entered := gated()
		var s *service.Service
		s = build(t, options{service.Observe(gateStaysShut(t))}, provide("test", regular, oneshot,
			task.New("check", task.Precondition, func(context.Context) error {
				s.Stop(nil)
				return nil
			}),
		))

		require.NoError(t, s.Run(t.Context()))
		require.Zero(t, entered.Load())
		require.Equal(t, []string{"regular skipped", "oneshot skipped", "check done"}, tasks(s.Status()))
	})
}

// Nobody decides who is first: whoever it is, the outcome is whole. The gate opens
// for all or for nobody, what was entered ends, and what was not is skipped.
func TestRow09StopRacesWithTheLastSuccess(t *testing.T) {
	many(t, func(t *testing.T) {
		regular, oneshot, entered := gated()
		began := make(chan struct{})
		var stopped atomic.Bool
		stoppedBefore := false
		n := run(build(t, nil, provide("test", regular, oneshot,
			task.New("check", task.Precondition, func(context.Context) error {
				close(began)
				jitter()
				stoppedBefore = stopped.Load()
				return nil
			}),
		)))
		<-began
		jitter()
		n.Stop(nil)
		stopped.Store(true)

		require.NoError(t, n.wait())
		if stoppedBefore {
			require.Zero(t, entered.Load())
			require.False(t, isReady(n.Service))
		}
		skipped := 0
		for _, line := range tasks(n.Status()) {
			if strings.HasSuffix(line, " skipped") {
				skipped++
			}
		}
		require.Equal(t, 2, int(entered.Load())+skipped)
	})
}

func TestRow09ObserverStopsWhenTheGateOpens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		regular, oneshot, entered := gated()
		var s *service.Service
		stop := func(ev service.Event) {
			if _, ok := ev.(service.GateOpened); ok {
				s.Stop(nil)
			}
		}
		s = build(t, options{service.Observe(stop)}, provide("test", regular, oneshot, lasts("check", task.Precondition, time.Second, nil)))

		require.NoError(t, s.Run(context.Background()))
		assert.Zero(t, entered.Load())
		assert.False(t, isReady(s))
		assert.Equal(t, []string{"regular skipped", "oneshot skipped", "check done"}, tasks(s.Status()))
	})
}

// A stop that comes while a constructor runs, from itself or from elsewhere, is
// seen before the next one starts.
func TestRow26StopDuringWiringMeetsNoFurtherConstructor(t *testing.T) {
	stops := []struct {
		name string
		stop func(s *service.Service, cancel context.CancelFunc)
	}{
		{"Stop", func(s *service.Service, _ context.CancelFunc) { s.Stop(nil) }},
		{"the end of the context", func(_ *service.Service, cancel context.CancelFunc) { cancel() }},
	}
	for _, tt := range stops {
		t.Run(tt.name, func(t *testing.T) {
			many(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(context.Background())
				defer cancel()
				var s *service.Service
				var hooks []string
				further, entered := 0, false
				type pool struct{}
				s = build(t, nil, layer("first", func(r *wiring.Registry) {
					r.Provide(func(h *wiring.ShutdownHooks) *pool {
						h.Add("pool", func(context.Context) error { hooks = append(hooks, "pool"); return nil })
						tt.stop(s, cancel)
						jitter()
						return new(pool)
					})
				}), layer("second", func(r *wiring.Registry) {
					r.ProvideTask(func(*pool) task.Task {
						further++
						return task.New("late", task.Unconstrained, func(context.Context) error { entered = true; return nil })
					})
					r.Invoke(func() { further++ })
				}))

				require.NoError(t, s.Run(ctx))
				require.Zero(t, further)
				require.False(t, entered)
				require.Equal(t, []string{"pool"}, hooks)
				require.Empty(t, s.Status().Tasks)
			})
		})
	}
}

package proof

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/multierr"

	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
)

// This file: controller-runtime and the OpenTelemetry collector.

// controller-runtime: the manager reports an error of a runnable, an error of the stop,
// and both.
func TestPeerControllerRuntimeErrors(t *testing.T) {
	errRun, errStop := errors.New("run"), errors.New("stop")
	for _, want := range [][]error{nil, {errRun}, {errStop}, {errRun, errStop}} {
		synctest.Test(t, func(t *testing.T) {
			var run, stop error
			if slices.Contains(want, errRun) {
				run = errRun
			}
			if slices.Contains(want, errStop) {
				stop = errStop
			}
			s := newScene(t, node(
				task.New("runs", task.Regular, after(time.Second, run)),
				task.New("stops", task.Regular, lingers(time.Second, stop)),
			))
			s.run(t)
			all := multierr.Errors(s.err)
			require.Len(t, all, len(want))
			for i := range want {
				assert.ErrorIs(t, all[i], want[i])
			}
		})
	}
}

// controller-runtime: with a graceful shutdown timeout of zero the manager waits for
// nobody.
func TestPeerControllerRuntimeNoGracefulShutdown(t *testing.T) {
	for _, option := range []service.Option{service.StopTimeout(0), service.ShutdownTimeout(0)} {
		synctest.Test(t, func(t *testing.T) {
			s := newScene(t, node(
				task.New("lingers", task.Regular, lingers(time.Second, nil)),
				task.New("daemon", task.Daemon, lingers(time.Second, nil)),
			), option).stopAt(5*time.Second, nil)
			s.run(t)
			require.ErrorIs(t, s.err, service.ErrStopTimeout)
			assert.Equal(t, 5*time.Second, s.took)
			assert.Equal(t, []string{"lingers abandoned", "daemon abandoned"}, s.states())
			time.Sleep(time.Minute) // for those that nobody waits for
		})
	}
}

// controller-runtime: a runnable that returns context.Canceled when it is stopped has
// not failed.
func TestPeerControllerRuntimeQuietCanceled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, node(
			task.New("plain", task.Regular, waits),
			task.New("wrapped", task.Daemon, func(ctx context.Context) error { return fmt.Errorf("stopped: %w", waits(ctx)) }),
			task.New("joined", task.Oneshot, func(ctx context.Context) error { return errors.Join(waits(ctx), nil) }),
		)).stopAt(time.Second, nil)
		s.run(t)
		require.NoError(t, s.err)
		assert.Equal(t, []string{"plain done", "wrapped done", "joined done"}, s.states())
	})
}

// controller-runtime: caches are synced before anything else starts.
func TestPeerControllerRuntimeCachesFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var synced notes
		needsCaches := func(ctx context.Context) error {
			assert.Len(t, synced.all(), 2)
			return waits(ctx)
		}
		sync := func(d time.Duration) func(context.Context) error {
			return func(context.Context) error { time.Sleep(d); synced.add("cache"); return nil }
		}
		s := newScene(t, node(
			task.New("controller", task.Regular, needsCaches),
			task.New("leader-election", task.Oneshot, needsCaches),
			task.New("cache-a", task.Precondition, sync(7*time.Second)),
			task.New("cache-b", task.Precondition, sync(3*time.Second)),
		)).stopAt(time.Minute, nil)
		s.run(t)
		require.NoError(t, s.err)
	})
}

// OpenTelemetry collector TestValidSeqsToStopped: from wherever it is, a service stops,
// cleanly.
func TestPeerCollectorEveryPhaseLeadsToStopped(t *testing.T) {
	tests := map[string]struct {
		stop  time.Duration
		phase service.Phase // when the stop comes
	}{
		"wiring":   {500 * time.Millisecond, service.PhaseWiring},
		"waiting":  {3500 * time.Millisecond, service.PhaseWaiting},
		"running":  {6 * time.Second, service.PhaseRunning},
		"stopping": {8 * time.Second, service.PhaseStopping},
		"stopped":  {time.Minute, service.PhaseStopped},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := &chain{takes: time.Second}
				s := newScene(t, c.layers(
					task.New("pre", task.Precondition, after(2*time.Second, nil)), // ready at 5 s
					task.New("returns", task.Regular, after(2500*time.Millisecond, nil)),
					task.New("lingers", task.Unconstrained, lingers(5*time.Second, nil)),
				))
				time.AfterFunc(tt.stop, func() {
					assert.Equal(t, tt.phase, s.Status().Phase)
					s.Stop(nil)
				})
				s.run(t)
				require.NoError(t, s.err)
				assert.Equal(t, service.PhaseStopped, s.Status().Phase)
				time.Sleep(time.Minute) // for the stop that comes afterwards
			})
		})
	}
}

// OpenTelemetry collector TestStatusFSM: a state is reported once, and only where it may
// follow.
func TestPeerCollectorStatusFSM(t *testing.T) {
	tests := []struct {
		name string
		task task.Task
		want []string
	}{
		{"runs until the stop", task.New("x", task.Regular, waits), []string{"pending", "running", "stopping", "done"}},
		{"ends by itself", task.New("x", task.Oneshot, after(time.Second, nil)), []string{"pending", "running", "done"}},
		{"fails", task.New("x", task.Regular, after(time.Second, errBoom)), []string{"pending", "running", "failed"}},
		{"fails to stop", task.New("x", task.Regular, lingers(time.Second, errBoom)), []string{"pending", "running", "stopping", "failed"}},
		{"hangs", task.New("x", task.Regular, lingers(time.Minute, nil)), []string{"pending", "running", "stopping", "abandoned"}},
		{"is never started", task.New("x", task.Regular, waits), []string{"pending", "skipped"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				gate := task.New("pre", task.Precondition, after(time.Second, nil))
				if tt.name == "is never started" {
					gate = task.New("pre", task.Precondition, waits)
				}
				s := newScene(t, node(gate, tt.task, task.New("waits", task.Unconstrained, waits))).stopAt(10*time.Second, nil)
				s.run(t)
				got := []string{"pending"}
				for _, e := range s.trace.all() {
					if ev, ok := e.ev.(service.TaskChanged); ok && ev.ID == "x" {
						assert.Equal(t, got[len(got)-1], ev.From.String())
						got = append(got, ev.To.String())
					}
				}
				assert.Equal(t, tt.want, got)
				time.Sleep(time.Hour) // for the one that hangs
			})
		})
	}
}

// OpenTelemetry collector TestShutdownBlocksUntilRunCompletes: when it is over, it is
// over. Stop does not block here; Run does.
func TestPeerCollectorRunBlocksUntilAllIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var over notes
		lingers := func(name string, d time.Duration) func(context.Context) error {
			return func(ctx context.Context) error {
				_ = waits(ctx)
				time.Sleep(d)
				over.add(name)
				return nil
			}
		}
		s := newScene(t, node(
			task.New("slow", task.Regular, lingers("slow", 10*time.Second)),
			task.New("quick", task.Oneshot, lingers("quick", time.Second)),
			task.New("daemon", task.Daemon, lingers("daemon", 2*time.Second)),
		))
		time.AfterFunc(time.Second, func() {
			s.Stop(nil)
			assert.Equal(t, time.Second, time.Since(s.trace.start), "Stop does not block")
		})
		s.run(t)
		require.NoError(t, s.err)
		assert.Equal(t, []string{"quick", "slow", "daemon"}, over.all())
		assert.Equal(t, 13*time.Second, s.took)
	})
}

package service_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

var (
	place = regexp.MustCompile(`(constructor|location)=\S+`)
	stack = regexp.MustCompile(`stack="[^"]*"`)
)

// withoutPlaces replaces what changes with every edit of this file.
func withoutPlaces(lines []string) []string {
	for i, line := range lines {
		lines[i] = stack.ReplaceAllString(place.ReplaceAllString(line, "$1=X"), "stack=X")
	}
	return lines
}

func TestLogOfARun(t *testing.T) {
	tests := []struct {
		name  string
		opts  options
		layer func(t testing.TB) wiring.Layer
		want  []string
	}{
		{"clean", nil, func(testing.TB) wiring.Layer {
			return provide("test", waits("regular", task.Regular), lasts("check", task.Precondition, time.Second, nil), waits("daemon", task.Daemon))
		}, []string{
			`level=INFO msg=ready tasks=3`,
			`level=INFO msg=stopping cause="stop requested"`,
		}},
		{"a task fails", nil, func(testing.TB) wiring.Layer {
			return provide("test", waits("regular", task.Regular), lasts("bad", task.Oneshot, time.Second, errBoom))
		}, []string{
			`level=INFO msg=ready tasks=2`,
			`level=ERROR msg="task failed" task=bad layer=test kind=oneshot error=boom`,
			`level=INFO msg=stopping cause="task \"bad\" (layer \"test\"): boom"`,
		}},
		{"a task panics", nil, func(testing.TB) wiring.Layer {
			return provide("test", task.New("bad", task.Unconstrained, func(context.Context) error { panic("ouch") }))
		}, []string{
			`level=INFO msg=ready tasks=1`,
			`level=ERROR msg="task failed" task=bad layer=test kind=unconstrained error="panic: ouch" stack=X`,
			`level=INFO msg=stopping cause="task \"bad\" (layer \"test\"): panic: ouch"`,
		}},
		{"a precondition takes long", nil, func(testing.TB) wiring.Layer {
			return provide("test", lasts("check", task.Precondition, 25*time.Second, nil))
		}, []string{
			`level=WARN msg="waiting for preconditions" pending=[check] elapsed=10s`,
			`level=WARN msg="waiting for preconditions" pending=[check] elapsed=20s`,
			`level=INFO msg=ready tasks=1`,
			`level=INFO msg=stopping cause="every task that keeps the service alive has returned"`,
		}},
		{"a precondition takes too long", options{service.PreconditionTimeout(5 * time.Second)}, func(testing.TB) wiring.Layer {
			return provide("test", waits("check", task.Precondition))
		}, []string{
			`level=INFO msg=stopping cause="task \"check\" (layer \"test\"): precondition not met in time: not after 5s (PreconditionTimeout)"`,
			`level=ERROR msg="task failed" task=check layer=test kind=precondition error="precondition not met in time: not after 5s (PreconditionTimeout)"`,
		}},
		{"a task hangs", nil, func(t testing.TB) wiring.Layer {
			return provide("test", hangs(t, "bad", task.Regular))
		}, []string{
			`level=INFO msg=ready tasks=1`,
			`level=INFO msg=stopping cause="stop requested"`,
			`level=ERROR msg="task abandoned" task=bad layer=test kind=task error="did not stop in time: still running 20s after it was told (StopTimeout)" stack=X`,
		}},
		{"a constructor takes long and then fails", nil, func(testing.TB) wiring.Layer {
			return layer("test", func(r *wiring.Registry) {
				r.ProvideTask(func() (task.Task, error) { time.Sleep(25 * time.Second); return nil, errBoom })
			})
		}, []string{
			`level=WARN msg="constructor is slow" layer=test constructor=X location=X elapsed=10s`,
			`level=WARN msg="constructor is slow" layer=test constructor=X location=X elapsed=20s`,
			`level=ERROR msg="wiring failed" error="wiring: layer \"test\": X: boom"`,
			`level=INFO msg=stopping cause="wiring: layer \"test\": X: boom"`,
		}},
		{"a hook fails", nil, func(testing.TB) wiring.Layer {
			return hooked(func(h *wiring.ShutdownHooks) { h.Add("close", func(context.Context) error { return errBoom }) })
		}, []string{
			`level=INFO msg=ready tasks=1`,
			`level=INFO msg=stopping cause="every task that keeps the service alive has returned"`,
			`level=ERROR msg="hook failed" hook=close layer=hooked error=boom`,
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				log, lines := newLog()
				n := run(build(t, append(tt.opts, log), tt.layer(t)))
				time.Sleep(time.Minute)
				n.Stop(nil)
				_ = n.wait()

				got := withoutPlaces(lines())
				for i, line := range got {
					got[i] = regexp.MustCompile(`: \S+ \(service/\S+\): boom`).ReplaceAllString(line, ": X: boom")
				}
				assert.Equal(t, tt.want, got)
			})
		})
	}
}

func TestLogAtTheDebugLevelHasEverything(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out lockedBuffer
		logger := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
		n := run(build(t, options{service.Logger(logger)}, hooked(func(h *wiring.ShutdownHooks) {
			h.Add("close", func(context.Context) error { return nil })
		})))
		require.NoError(t, n.wait())

		var got []string
		for line := range strings.Lines(out.String()) {
			_, line, _ = strings.Cut(strings.TrimSpace(line), " ") // the time
			got = append(got, line)
		}
		assert.Equal(t, []string{
			`level=DEBUG msg="phase changed" from=built to=wiring`,
			`level=DEBUG msg="constructor started" layer=hooked constructor=X location=X`,
			`level=DEBUG msg="constructor finished" layer=hooked constructor=X duration=0s`,
			`level=DEBUG msg="phase changed" from=wiring to=waiting`,
			`level=DEBUG msg="gate opened" waited=0s`,
			`level=DEBUG msg="task is running" task=oneshot layer=hooked kind=oneshot`,
			`level=DEBUG msg="phase changed" from=waiting to=running`,
			`level=INFO msg=ready tasks=1`,
			`level=DEBUG msg="task is done" task=oneshot layer=hooked kind=oneshot`,
			`level=INFO msg=stopping cause="every task that keeps the service alive has returned"`,
			`level=DEBUG msg="phase changed" from=running to=stopping`,
			`level=DEBUG msg="hook started" hook=close layer=hooked`,
			`level=DEBUG msg="hook finished" hook=close layer=hooked duration=0s`,
			`level=DEBUG msg="phase changed" from=stopping to=stopped`,
		}, withoutPlaces(got))
	})
}

func TestRunLogsItsWarnings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, lines := newLog()
		type in struct {
			wiring.In
			Optional *client `optional:"true"`
		}
		s := build(t, options{log}, layer("test", func(r *wiring.Registry) {
			r.Provide(func() *database { return nil })
			r.ProvideTask(func(in) task.Task { return lasts("oneshot", task.Oneshot, 0, nil) })
		}))
		warnings := s.Warnings()
		require.Len(t, warnings, 2)
		assert.Contains(t, warnings[0], "is not used by any task or invoke")
		assert.Contains(t, warnings[1], "can use *service_test.client, which no layer provides")
		assert.Equal(t, []string{""}, lines(), "Build logs nothing")

		require.NoError(t, s.Run(context.Background()))
		for i, warning := range warnings {
			assert.Equal(t, fmt.Sprintf("level=WARN msg=%q", warning), lines()[i])
		}
	})
}

func TestLoggerOfALayerReplacesTheOption(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, lines := newLog()
		var replaced bytes.Buffer
		var asked *slog.Logger
		n := run(build(t, options{log}, layer("log", func(r *wiring.Registry) {
			r.Provide(func() *slog.Logger { return slog.New(slog.NewTextHandler(&replaced, nil)) })
		}), layer("test", func(r *wiring.Registry) {
			r.ProvideTask(func(l *slog.Logger) task.Task {
				asked = l
				return task.New("regular", task.Regular, func(ctx context.Context) error {
					task.Logger(ctx).Info("hello", "extra", 1)
					task.Logger(ctx).Info("again")
					return nil
				})
			})
			r.Provide(func() float64 { return 0 }) // a warning before anything is wired
		})))
		require.NoError(t, n.wait())

		assert.Len(t, lines(), 1)
		assert.Contains(t, lines()[0], "is not used by any task or invoke")
		got := regexp.MustCompile(`time=\S+ `).ReplaceAllString(replaced.String(), "")
		assert.Equal(t, []string{
			"level=INFO msg=again task=regular layer=test",
			"level=INFO msg=hello task=regular layer=test extra=1",
			"level=INFO msg=ready tasks=1",
			`level=INFO msg=stopping cause="task \"regular\" (layer \"test\") returned"`,
		}, sorted(strings.Split(strings.TrimSpace(got), "\n")))
		require.NotNil(t, asked)
		before := replaced.Len()
		asked.Info("x")
		assert.Greater(t, replaced.Len(), before, "constructors get the same one")
	})
}

func TestLoggerOptionReachesConstructorsAndTasks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, lines := newLog()
		n := run(build(t, options{log}, layer("test", func(r *wiring.Registry) {
			r.ProvideTask(func(l *slog.Logger) task.Task {
				l.Info("constructed")
				return task.New("oneshot", task.Oneshot, func(ctx context.Context) error {
					task.Logger(ctx).Info("entered")
					return nil
				})
			})
		})))
		require.NoError(t, n.wait())
		assert.Contains(t, lines(), "level=INFO msg=constructed")
		assert.Contains(t, lines(), "level=INFO msg=entered task=oneshot layer=test")
	})
}

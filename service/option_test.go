package service_test

import (
	"context"
	"fmt"
	"log/slog"
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

func TestNegativeOptionsAreProblemsOfBuild(t *testing.T) {
	opts := map[string]func(time.Duration) service.Option{
		"StopTimeout":         service.StopTimeout,
		"HookTimeout":         service.HookTimeout,
		"ShutdownTimeout":     service.ShutdownTimeout,
		"PreconditionTimeout": service.PreconditionTimeout,
		"DrainDelay":          service.DrainDelay,
	}
	var all options
	for name, option := range opts {
		t.Run(name, func(t *testing.T) {
			_, err := service.NewBuilder(option(-time.Second)).AddLayer(provide("test", waits("regular", task.Regular))).Build()
			assert.EqualError(t, err, fmt.Sprintf("wiring: option %s is negative: -1s", name))

			_, err = service.NewBuilder(option(0)).AddLayer(provide("test", waits("regular", task.Regular))).Build()
			assert.NoError(t, err)
		})
		all = append(all, option(-1))
	}

	_, err := service.NewBuilder(all...).Build()
	for name := range opts {
		assert.ErrorContains(t, err, "option "+name+" is negative: -1ns")
	}
	assert.ErrorIs(t, err, service.ErrNoTasks)
}

func TestOptionsThatAreNilDoNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out lockedBuffer
		previous := slog.Default()
		slog.SetDefault(slog.New(slog.NewTextHandler(&out, nil)))
		defer slog.SetDefault(previous)

		s, err := service.NewBuilder(nil, service.Logger(nil), service.Observe(nil)).AddLayer(provide("test", lasts("oneshot", task.Oneshot, 0, nil))).Build()
		require.NoError(t, err)
		require.NoError(t, s.Run(context.Background()))
		assert.Contains(t, out.String(), "level=INFO msg=ready tasks=1", "the default of the logger")
	})
}

func TestObserversGetTheSameEventsInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		one, two := newTrace(), newTrace()
		busy := 0
		s := build(t, options{service.Observe(one.observe), service.Observe(func(service.Event) {
			busy++
			assert.Equal(t, 1, busy, "one at a time")
			time.Sleep(time.Millisecond)
			busy--
		}), service.Observe(two.observe)}, hooked(func(h *wiring.ShutdownHooks) {
			h.Add("close", func(context.Context) error { return nil })
		}))
		require.NoError(t, s.Run(context.Background()))

		withoutTimes := func(tr *trace) []string {
			var lines []string
			for _, line := range tr.all() {
				_, event, _ := strings.Cut(line, " ")
				lines = append(lines, event)
			}
			return lines
		}
		assert.Equal(t, withoutTimes(one), withoutTimes(two))
		assert.Len(t, one.all(), 14)
	})
}

func TestSlowConstructorsAreReportedEveryTenSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := newTrace()
		s := build(t, options{service.Observe(tr.observe)}, layer("first", func(r *wiring.Registry) {
			r.Invoke(func() { time.Sleep(35 * time.Second) })
		}), layer("second", func(r *wiring.Registry) {
			r.Invoke(func() { time.Sleep(9 * time.Second) })
		}), layer("third", func(r *wiring.Registry) {
			r.ProvideTask(func() task.Task { time.Sleep(11 * time.Second); return lasts("oneshot", task.Oneshot, 0, nil) })
		}))
		require.NoError(t, s.Run(context.Background()))

		assert.Equal(t, []string{
			"0s layer first",
			"0s layer second",
			"0s layer third",
			"0s phase built -> wiring",
			"0s first: constructor started",
			"10s first: constructor slow for 10s",
			"20s first: constructor slow for 20s",
			"30s first: constructor slow for 30s",
			"35s first: constructor finished after 35s",
			"35s second: constructor started",
			"44s second: constructor finished after 9s",
			"44s third: constructor started",
			"54s third: constructor slow for 10s",
			"55s third: constructor finished after 11s",
			"55s phase wiring -> waiting",
			"55s gate opened after 0s",
			"55s oneshot pending -> running",
			"55s phase waiting -> running",
			"55s oneshot running -> done",
			"55s stop: every task that keeps the service alive has returned",
			"55s phase running -> stopping",
			"55s phase stopping -> stopped",
		}, tr.all())
	})
}

// loop is what a constructor leaves running.
func loop(over <-chan struct{}) { <-over }

func TestTheStackOfAConstructorThatHangsIsItsOwnFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		over := untilEnd(t)
		n := run(build(t, options{service.StopTimeout(time.Second)}, layer("pool", func(r *wiring.Registry) {
			r.Provide(func() int { go loop(over); return 1 })
		}), layer("net", func(r *wiring.Registry) {
			r.Provide(func(int) float64 {
				go loop(over)
				return 1
			})
			r.ProvideTask(func(float64) task.Task { hangHere(over); return nil })
		})))
		synctest.Wait()
		n.Stop(nil)
		err := n.wait()

		var failure *wiring.ConstructorError
		require.ErrorAs(t, err, &failure)
		stacks := strings.SplitAfter(failure.Stack, "\n")
		assert.Equal(t, "1 goroutine:\n", stacks[0])
		assert.Contains(t, stacks[1], "hangHere")
		assert.Equal(t, 1, strings.Count(failure.Stack, "service_test.loop\n"), "what its layer has started, but not what others have")
	})
}

// A constructor that was given up says nothing more once Run has returned.
func TestAbandonedConstructorIsSilent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		tr := newTrace()
		log, lines := newLog()
		var hooks []string
		n := run(build(t, options{service.Observe(tr.observe), log, service.StopTimeout(time.Second)}, layer("stuck", func(r *wiring.Registry) {
			r.Provide(func(h *wiring.ShutdownHooks) *database {
				<-release
				h.Add("late", note(&hooks, "late"))
				return nil
			})
			r.ProvideTask(func(*database) task.Task { return waits("never", task.Regular) })
		})))
		synctest.Wait()
		n.Stop(nil)
		require.ErrorIs(t, n.wait(), service.ErrStopTimeout)
		events := len(tr.all())
		close(release)
		synctest.Wait()

		assert.Len(t, tr.all(), events)
		assert.Empty(t, hooks)
		assert.Contains(t, lines()[len(lines())-1], "hook=late layer=stuck")
	})
}

func TestBuilderBuildsIndependentServices(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := service.NewBuilder(service.Logger(slog.New(slog.DiscardHandler))).
			AddLayer(layer("test", func(r *wiring.Registry) {
				r.ProvideTask(func() task.Task { return waits("regular", task.Regular) })
			})).
			AddLayer(provide("extra", waits("extra", task.Regular)), provide("more", waits("more", task.Regular)))
		first, err := b.Build()
		require.NoError(t, err)
		clone := b.Clone().RemoveLayer("extra").ReplaceLayer("more", provide("less", waits("less", task.Regular)))
		second, err := clone.Build()
		require.NoError(t, err)

		one, two := run(first), run(second)
		<-one.Ready()
		<-two.Ready()
		synctest.Wait()
		one.Stop(nil)
		require.NoError(t, one.wait())
		assert.True(t, two.Status().Ready())
		assert.Equal(t, []string{"regular done", "extra done", "more done"}, tasks(one.Status()))
		assert.Equal(t, []string{"regular running", "less running"}, tasks(two.Status()))
		two.Stop(nil)
		require.NoError(t, two.wait())
	})
}

func TestOptionsOfACloneComeBeforeItsOwn(t *testing.T) {
	tr := newTrace()
	b := service.NewBuilder(service.StopTimeout(-2)).AddLayer(provide("test", waits("regular", task.Regular)))
	_, err := b.Clone(service.StopTimeout(-1), service.Observe(tr.observe)).Build()
	assert.EqualError(t, err, "wiring: 2 problems\n  option StopTimeout is negative: -1ns\n  option StopTimeout is negative: -2ns")
	assert.Empty(t, tr.all(), "nothing is registered in a graph that does not verify")
}

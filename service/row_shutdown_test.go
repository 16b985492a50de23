package service_test

import (
	"context"
	"fmt"
	"log/slog"
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

func TestRow30DaemonsAreToldLast(t *testing.T) {
	tests := []struct {
		name  string
		opts  options
		tasks func(t testing.TB) []task.Task // beside the daemons
		told  time.Duration                  // from the stop request
		took  time.Duration
		state string
	}{
		{"after all others have ended", nil, func(testing.TB) []task.Task {
			return []task.Task{
				lingers("regular", task.Regular, time.Second, nil),
				lingers("oneshot", task.Oneshot, 2*time.Second, nil),
				lingers("unconstrained", task.Unconstrained, 4*time.Second, nil),
				lingers("setup", task.UnconstrainedOneshot, 3*time.Second, nil),
			}
		}, 4 * time.Second, 6 * time.Second, "done"},
		{"after one has failed", nil, func(testing.TB) []task.Task {
			return []task.Task{lingers("regular", task.Regular, time.Second, errBoom)}
		}, time.Second, 3 * time.Second, "done"},
		{"after one was abandoned", options{service.StopTimeout(5 * time.Second)}, func(t testing.TB) []task.Task {
			return []task.Task{hangs(t, "regular", task.Regular), waits("other", task.Oneshot)}
		}, 5 * time.Second, 7 * time.Second, "done"},
		{"while preconditions run", nil, func(testing.TB) []task.Task {
			return []task.Task{waits("gated", task.Regular), lingers("check", task.Precondition, time.Second, nil)}
		}, time.Second, 3 * time.Second, "done"},
		{"with the same deadline", options{service.StopTimeout(time.Second)}, func(testing.TB) []task.Task {
			return []task.Task{waits("regular", task.Regular)}
		}, 0, time.Second, "abandoned"},
		{"after the drain delay", options{service.DrainDelay(3 * time.Second)}, func(testing.TB) []task.Task {
			return []task.Task{lingers("regular", task.Regular, time.Second, nil)}
		}, 4 * time.Second, 6 * time.Second, "done"},
		{"not before the drain delay is over", options{service.DrainDelay(3 * time.Second)}, func(testing.TB) []task.Task {
			return []task.Task{lasts("oneshot", task.Oneshot, time.Second, nil)}
		}, 3 * time.Second, 5 * time.Second, "done"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var told atomic.Int64 // read while an abandoned daemon still runs
				var stopped time.Time
				over := untilEnd(t)
				n := run(build(t, tt.opts, provide("daemons", task.New("daemon", task.Daemon, func(ctx context.Context) error {
					<-ctx.Done()
					told.Store(int64(time.Since(stopped)))
					select {
					case <-time.After(2 * time.Second):
					case <-over:
					}
					return ctx.Err()
				})), provide("test", tt.tasks(t)...)))
				synctest.Wait()
				stopped = time.Now()
				n.Stop(nil)

				_ = n.wait()
				assert.Equal(t, tt.told, time.Duration(told.Load()))
				assert.Equal(t, tt.took, n.took)
				assert.Equal(t, "daemon "+tt.state, tasks(n.Status())[0])
			})
		})
	}
}

func TestRow30DaemonAnswersWhileTheNodeDrains(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := newTrace()
		n := run(build(t, options{service.Observe(tr.observe)}, provide("test",
			waits("health", task.Daemon),
			lingers("work", task.Regular, 3*time.Second, nil),
		)))
		time.Sleep(time.Second)
		n.Stop(nil)

		require.NoError(t, n.wait())
		assert.Equal(t, []string{
			"1s stop: stop requested",
			"1s phase running -> stopping",
			"1s work running -> stopping",
			"4s work stopping -> done",
			"4s health running -> stopping",
			"4s health stopping -> done",
			"4s phase stopping -> stopped",
		}, tr.all()[9:])
	})
}

func TestRow31DaemonReturnsUnasked(t *testing.T) {
	tests := []struct {
		name  string
		err   error
		want  []string
		cause string
		state string
	}{
		{"nil", nil, []string{}, `task "daemon" (layer "test") returned`, "daemon done"},
		{"an error", errBoom, []string{`task "daemon" (layer "test"): boom`}, `task "daemon" (layer "test"): boom`, "daemon failed"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := run(build(t, nil, provide("test",
					lasts("daemon", task.Daemon, time.Second, tt.err),
					lingers("regular", task.Regular, time.Second, nil),
				)))

				err := n.wait()
				assert.Equal(t, tt.want, messages(err))
				assert.EqualError(t, n.Status().Cause, tt.cause)
				assert.Equal(t, []string{tt.state, "regular done"}, tasks(n.Status()))
				assert.Equal(t, 2*time.Second, n.took)
				if tt.err != nil {
					taskError(t, err, service.TaskError{ID: "daemon", Kind: task.Daemon, Layer: "test", Err: errBoom})
				}
			})
		})
	}
}

func TestRow31DaemonReturnsBetweenTheStopAndItsTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := run(build(t, nil, provide("test",
			lasts("quiet", task.Daemon, 2*time.Second, nil),
			lasts("loud", task.Daemon, 3*time.Second, errBoom),
			lingers("regular", task.Regular, 4*time.Second, nil),
		)))
		time.Sleep(time.Second)
		n.Stop(nil)

		assert.Equal(t, []string{`task "loud" (layer "test"): boom`}, messages(n.wait()))
		assert.Equal(t, []string{"quiet done", "loud failed", "regular done"}, tasks(n.Status()))
		assert.Equal(t, service.ErrStopRequested, n.Status().Cause)
		assert.Equal(t, 5*time.Second, n.took)
	})
}

// hangingHooks adds n hooks that hang.
func hangingHooks(t testing.TB, n int) wiring.Layer {
	over := untilEnd(t)
	return layer("hooks", func(r *wiring.Registry) {
		r.Invoke(func(h *wiring.ShutdownHooks) {
			for i := range n {
				h.Add(fmt.Sprintf("hook-%d", i), func(context.Context) error { <-over; return nil })
			}
		})
	})
}

// stuck is a log handler that is stuck when it is asked for one with attributes.
type stuck struct {
	slog.Handler
	over <-chan struct{}
}

func (h stuck) WithAttrs([]slog.Attr) slog.Handler {
	<-h.over
	return h
}

func TestRow39TheLoggerOfATaskHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		logger := service.Logger(slog.New(stuck{slog.DiscardHandler, untilEnd(t)}))
		n := run(build(t, options{logger}, provide("test", task.New("chatty", task.Regular, func(ctx context.Context) error {
			task.Logger(ctx).Info("here")
			return nil
		}))))
		time.Sleep(time.Second)
		n.Stop(nil)

		assert.ErrorIs(t, n.wait(), service.ErrStopTimeout)
		assert.Equal(t, 21*time.Second, n.took)
	})
}

func TestRow39NothingWaitsWithoutBound(t *testing.T) {
	const second = time.Second
	patient := service.StopTimeout(time.Hour)
	hung := func(t testing.TB) wiring.Layer { return provide("hung", hangs(t, "hung", task.Regular)) }
	daemon := func(t testing.TB) wiring.Layer {
		return provide("daemon", hangs(t, "hung-daemon", task.Daemon), waits("keeper", task.Regular))
	}
	const spent = "did not stop in time: still running 30s after the stop request (ShutdownTimeout)"
	const hungText = `task "hung" (layer "hung"): ` + spent
	const daemonText = `task "hung-daemon" (layer "daemon"): ` + spent
	hook := func(nr int, limit, by string) string {
		return fmt.Sprintf(`shutdown hook "hook-%d" (layer "hooks"): did not stop in time: still running after %s (%s): context deadline exceeded`, nr, limit, by)
	}

	tests := []struct {
		name   string
		opts   options
		layers func(t testing.TB) []wiring.Layer
		took   time.Duration // from the stop request
		want   []string
	}{
		{"a task", options{patient}, func(t testing.TB) []wiring.Layer { return []wiring.Layer{hung(t)} }, 30 * second, []string{hungText}},
		{"a task with a timeout of its own", nil, func(t testing.TB) []wiring.Layer {
			return []wiring.Layer{provide("hung", task.WithStopTimeout(hangs(t, "hung", task.Regular), time.Hour))}
		}, 30 * second, []string{hungText}},
		{"a daemon", options{patient}, func(t testing.TB) []wiring.Layer { return []wiring.Layer{daemon(t)} }, 30 * second, []string{daemonText}},
		{"a daemon after a task", options{patient}, func(t testing.TB) []wiring.Layer { return []wiring.Layer{daemon(t), hung(t)} }, 30 * second, []string{hungText, daemonText}},
		{"a drain delay", options{service.DrainDelay(time.Hour)}, func(t testing.TB) []wiring.Layer {
			return []wiring.Layer{provide("good", waits("regular", task.Regular), waits("daemon", task.Daemon))}
		}, 30*second - 200*time.Millisecond, []string{}},
		{"a drain delay before a task", options{service.DrainDelay(time.Hour)}, func(t testing.TB) []wiring.Layer { return []wiring.Layer{hung(t)} }, 30 * second, []string{hungText}},
		{"a drain delay before a daemon", options{service.DrainDelay(time.Hour)}, func(t testing.TB) []wiring.Layer { return []wiring.Layer{daemon(t)} }, 30 * second, []string{daemonText}},
		{"one hook", nil, func(t testing.TB) []wiring.Layer {
			return []wiring.Layer{hangingHooks(t, 1), provide("good", waits("regular", task.Regular))}
		}, 5 * second, []string{hook(0, "5s", "HookTimeout")}},
		{"more hooks than there is time for", options{service.ShutdownTimeout(8 * second)}, func(t testing.TB) []wiring.Layer {
			return []wiring.Layer{hangingHooks(t, 4), provide("good", waits("regular", task.Regular))}
		}, 8 * second, []string{
			hook(3, "5s", "HookTimeout"), hook(2, "2.998s", "ShutdownTimeout"), hook(1, "1ms", "ShutdownTimeout"), hook(0, "1ms", "ShutdownTimeout"),
		}},
		{"hooks after a task: a millisecond each", options{patient}, func(t testing.TB) []wiring.Layer {
			return []wiring.Layer{hangingHooks(t, 2), hung(t)}
		}, 30*second + 2*time.Millisecond, []string{hungText, hook(1, "1ms", "ShutdownTimeout"), hook(0, "1ms", "ShutdownTimeout")}},
		{"no time at all", options{service.ShutdownTimeout(0)}, func(t testing.TB) []wiring.Layer {
			return []wiring.Layer{provide("hung", hangs(t, "hung", task.Regular))}
		}, 0, []string{`task "hung" (layer "hung"): did not stop in time: still running 0s after the stop request (ShutdownTimeout)`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := run(build(t, tt.opts, tt.layers(t)...))
				<-n.Ready()
				time.Sleep(time.Minute)
				n.Stop(nil)

				assert.Equal(t, tt.want, messages(n.wait()))
				assert.Equal(t, time.Minute+tt.took, n.took)
				assert.Equal(t, service.PhaseStopped, n.Status().Phase)
			})
		})
	}
}

func TestRow39HooksThatAddHooks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, lines := newLog()
		runs := 0
		n := run(build(t, options{log, service.ShutdownTimeout(10 * time.Second)}, provide("test", lasts("oneshot", task.Oneshot, 0, nil)),
			layer("hooks", func(r *wiring.Registry) {
				r.Invoke(func(h *wiring.ShutdownHooks) {
					var again func(context.Context) error
					again = func(ctx context.Context) error {
						runs++
						h.Add("again", again)
						select {
						case <-time.After(3 * time.Second):
						case <-ctx.Done():
						}
						return nil
					}
					h.Add("first", again)
				})
			})))

		_ = n.wait() // the hooks end at the moment in which they are given up
		assert.Equal(t, 10*time.Second+time.Millisecond, n.took)
		assert.Equal(t, 5, runs, "the last one within a millisecond")
		assert.Contains(t, lines(), `level=ERROR msg="shutdown hook was added too late, and is not run" hook=again layer=hooks`)
	})
}

func TestRow39ConstructorIgnoresItsContext(t *testing.T) {
	tests := []struct {
		name string
		opts options
		want time.Duration // from the stop request
	}{
		{"the stop timeout", nil, 20 * time.Second},
		{"the shutdown timeout", options{service.StopTimeout(time.Hour)}, 30 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				over := untilEnd(t)
				hooks := 0
				log, lines := newLog()
				s := build(t, append(tt.opts, log), layer("stuck", func(r *wiring.Registry) {
					r.Provide(func(h *wiring.ShutdownHooks) int {
						h.Add("hook", func(context.Context) error { hooks++; return nil })
						hangItself(over)
						return 1
					})
					r.ProvideTask(func(int) task.Task { return waits("late", task.Regular) })
				}))
				n := run(s)
				time.Sleep(time.Second)
				n.Stop(nil)

				err := n.wait()
				failure, ok := findConstructor(err)
				require.True(t, ok, "%v", err)
				assert.Equal(t, "stuck", failure.Layer)
				assert.ErrorIs(t, failure, service.ErrStopTimeout)
				assert.Contains(t, failure.Error(), fmt.Sprintf("did not stop in time: still running %v after the stop request", tt.want))
				assert.Equal(t, time.Second+tt.want, n.took)
				assert.Equal(t, 1, hooks, "hooks of what was built run")
				assert.Empty(t, s.Status().Tasks)
				last := lines()[len(lines())-1]
				assert.Contains(t, last, `msg="constructor abandoned" layer=stuck`)
				assert.Contains(t, last, "service_test.hangItself")
			})
		})
	}
}

func TestRow39ConstructorThatFailedBeforeOneThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		over := untilEnd(t)
		n := run(build(t, nil, layer("bad", func(r *wiring.Registry) {
			r.ProvideTask(func() (task.Task, error) { return nil, errBoom })
		}), layer("stuck", func(r *wiring.Registry) {
			r.Invoke(func() { hangItself(over) })
		})))
		synctest.Wait()
		n.Stop(nil)

		all := messages(n.wait())
		require.Len(t, all, 2, "nothing is dropped")
		assert.Contains(t, all[0], `layer "bad"`)
		assert.Contains(t, all[0], "boom")
		assert.Contains(t, all[1], `layer "stuck"`)
		assert.Contains(t, all[1], "did not stop in time")
		assert.Equal(t, 20*time.Second, n.took)
	})
}

package service

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

// mainRun is a call of runMain.
type mainRun struct {
	signals chan os.Signal
	stderr  bytes.Buffer
	done    chan struct{}
	code    int
}

func startMain(build func() (*Service, error)) *mainRun {
	m := &mainRun{signals: make(chan os.Signal, 2), done: make(chan struct{})}
	go func() {
		defer close(m.done)
		m.code = runMain(build, m.signals, &m.stderr)
	}()
	synctest.Wait()
	return m
}

func (m *mainRun) signal(sig os.Signal) {
	m.signals <- sig
	synctest.Wait()
}

// wait returns the exit code and what was printed, without the name of the program.
func (m *mainRun) wait() (int, []string) {
	<-m.done
	text := strings.ReplaceAll(m.stderr.String(), program()+": ", "")
	return m.code, strings.Split(strings.TrimSuffix(text, "\n"), "\n")
}

func building(layers ...wiring.Layer) func() (*Service, error) {
	return func() (*Service, error) {
		return NewBuilder(Logger(slog.New(slog.DiscardHandler))).AddLayer(layers...).Build()
	}
}

func testLayer(name string, register func(*wiring.Registry)) wiring.Layer {
	return wiring.NewLayer(name, func(r *wiring.Registry) error { register(r); return nil })
}

func tasksLayer(tasks ...task.Task) wiring.Layer {
	return testLayer("test", func(r *wiring.Registry) { r.ProvideTask(func() []task.Task { return tasks }) })
}

func ending(after time.Duration, err error) func(context.Context) error {
	return func(context.Context) error { time.Sleep(after); return err }
}

func untilTold(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }

// stuckInTest is found by its name in stacks.
func stuckInTest(over <-chan struct{}) { <-over }

func overWith(t *testing.T) <-chan struct{} {
	over := make(chan struct{})
	t.Cleanup(func() { close(over) })
	return over
}

func explodeInTest() { panic("ouch") }

func TestMainReportsAndReturnsTheExitCode(t *testing.T) {
	errBoom := errors.New("boom")
	tests := []struct {
		name  string
		build func() (*Service, error)
		code  int
		want  []string // the first lines
		stack bool
	}{
		{"a clean run", building(tasksLayer(task.New("oneshot", task.Oneshot, ending(time.Second, nil)))), 0, []string{""}, false},
		{"Build fails", building(), 1, []string{"wiring: " + ErrNoTasks.Error()}, false},
		{
			"Build fails with a report", building(testLayer("one", func(r *wiring.Registry) { r.Invoke(func(int) {}) })), 1,
			[]string{"wiring: 2 problems", "  layer \"one\": "}, false,
		},
		{"build fails by itself", func() (*Service, error) { return nil, fmt.Errorf("config: %w", errBoom) }, 1, []string{"config: boom"}, false},
		{
			"build returns nothing", func() (*Service, error) { return nil, nil }, 1,
			[]string{"service.Main: the function returned neither a service nor an error"}, false,
		},
		{"build panics", func() (*Service, error) { explodeInTest(); return nil, nil }, 1, []string{"panic: ouch"}, true},
		{"build exits its goroutine", func() (*Service, error) { runtime.Goexit(); return nil, nil }, 1, []string{"runtime.Goexit called"}, false},
		{
			"a task fails", building(tasksLayer(task.New("bad", task.Oneshot, ending(0, errBoom)))), 1,
			[]string{`task "bad" (layer "test"): boom`}, false,
		},
		{
			"two tasks fail", building(tasksLayer(
				task.New("bad", task.Oneshot, ending(time.Second, errBoom)), task.New("worse", task.Regular, ending(2*time.Second, errBoom)),
			)), 1, []string{`task "bad" (layer "test"): boom`, `task "worse" (layer "test"): boom`}, false,
		},
		{
			"a task panics", building(tasksLayer(task.New("bad", task.Oneshot, func(context.Context) error { explodeInTest(); return nil }))), 1,
			[]string{`task "bad" (layer "test"): panic: ouch`}, true,
		},
		{
			"a constructor panics", building(testLayer("one", func(r *wiring.Registry) {
				r.ProvideTask(func() task.Task { explodeInTest(); return nil })
			})), 1, []string{"wiring: 1 root failure", "  layer \"one\": ", "      at service.explodeInTest (service/main_internal_test.go:"}, true,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				code, lines := startMain(tt.build).wait()

				assert.Equal(t, tt.code, code)
				if assert.GreaterOrEqual(t, len(lines), len(tt.want)) {
					for i, want := range tt.want {
						assert.True(t, strings.HasPrefix(lines[i], want), lines[i])
					}
				}
				assert.Equal(t, tt.stack, strings.Contains(strings.Join(lines, "\n"), "service.explodeInTest"))
			})
		})
	}
}

func TestMainPrintsEachErrorInALine(t *testing.T) {
	var out bytes.Buffer
	errs := []error{errors.New("one"), errors.New("two")}

	assert.Equal(t, 1, report(&joined{errs}, &out))
	assert.Equal(t, program()+": one\n"+program()+": two\n", out.String())
}

type joined struct{ errs []error }

func (j *joined) Error() string   { return "joined" }
func (j *joined) Errors() []error { return j.errs }

func TestMainFirstSignalStopsCleanly(t *testing.T) {
	blocking := testLayer("slow", func(r *wiring.Registry) {
		r.ProvideTask(func(ctx context.Context) (task.Task, error) { <-ctx.Done(); return nil, context.Cause(ctx) })
	})
	running := tasksLayer(task.New("regular", task.Regular, untilTold))
	tests := []struct {
		name  string
		build func() (*Service, error)
	}{
		{"while it is built", func() (*Service, error) { time.Sleep(time.Second); return building(running)() }},
		{"while it is wired", building(blocking)},
		{"while it waits", building(tasksLayer(task.New("check", task.Precondition, untilTold)))},
		{"while it runs", building(running)},
	}
	for _, sig := range []os.Signal{syscall.SIGINT, syscall.SIGTERM} {
		for _, tt := range tests {
			t.Run(fmt.Sprintf("%v %s", sig, tt.name), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					m := startMain(tt.build)
					m.signal(sig)

					code, lines := m.wait()
					assert.Zero(t, code)
					assert.Equal(t, []string{""}, lines)
				})
			})
		}
	}
}

func TestMainSignalIsTheCauseOfTheStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var cause error
		m := startMain(building(tasksLayer(task.New("regular", task.Regular, func(ctx context.Context) error {
			<-ctx.Done()
			cause = context.Cause(ctx)
			return nil
		}))))
		m.signal(syscall.SIGTERM)

		m.wait()
		assert.EqualError(t, cause, "signal terminated")
		assert.ErrorIs(t, cause, context.Canceled)
	})
}

func TestMainSecondSignalEndsAtOnce(t *testing.T) {
	tests := []struct {
		name  string
		build func(over <-chan struct{}) func() (*Service, error)
		want  []string // the lines, but for stacks
	}{
		{"while it is built", func(over <-chan struct{}) func() (*Service, error) {
			return func() (*Service, error) { stuckInTest(over); return nil, errors.New("too late") }
		}, []string{"the service was still being built"}},
		{"while it is wired", func(over <-chan struct{}) func() (*Service, error) {
			return building(testLayer("slow", func(r *wiring.Registry) {
				r.ProvideTask(func() []task.Task { stuckInTest(over); return nil })
			}))
		}, []string{"phase stopping since TIME, cause: signal SIGNAL", `layer "slow": CONSTRUCTOR runs since TIME`}},
		{"while tasks run", func(over <-chan struct{}) func() (*Service, error) {
			return building(testLayer("opener", func(r *wiring.Registry) {
				// As a database does: the goroutine belongs to no task.
				r.Invoke(func(context.Context) { go stuckElsewhere(over) })
			}), tasksLayer(
				task.New("good", task.Regular, untilTold),
				task.New("stuck", task.Regular, func(context.Context) error { stuckInTest(over); return nil }),
			))
		}, []string{"phase stopping since TIME, cause: signal SIGNAL", `task "stuck" (layer "test") is stopping`}},
		{"while a hook runs", func(over <-chan struct{}) func() (*Service, error) {
			return building(testLayer("hooked", func(r *wiring.Registry) {
				r.Invoke(func(h *wiring.ShutdownHooks) {
					h.Add("close", func(context.Context) error { stuckInTest(over); return nil })
				})
			}), tasksLayer(task.New("good", task.Regular, untilTold)))
		}, []string{"phase stopping since TIME, cause: signal SIGNAL", `shutdown hook "close" (layer "hooked") runs`}},
	}
	signals := []struct {
		sig  syscall.Signal
		code int
	}{{syscall.SIGINT, 130}, {syscall.SIGTERM, 143}}
	for _, second := range signals {
		for _, tt := range tests {
			t.Run(fmt.Sprintf("%v %s", second.sig, tt.name), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					m := startMain(tt.build(overWith(t)))
					m.signal(syscall.SIGTERM)
					m.signal(second.sig)

					code, lines := m.wait()
					assert.Equal(t, second.code, code)
					assert.Contains(t, strings.Join(lines, "\n"), "service.stuckInTest")
					assert.NotContains(t, strings.Join(lines, "\n"), "stuckElsewhere")
					want := []string{fmt.Sprintf("second signal (%v), ending at once", second.sig)}
					for _, line := range tt.want {
						want = append(want, strings.ReplaceAll(line, "SIGNAL", syscall.SIGTERM.String()))
					}
					assert.Equal(t, want, withoutStacks(lines))
				})
			})
		}
	}
}

// stuckElsewhere runs on a goroutine that a constructor leaves behind.
func stuckElsewhere(over <-chan struct{}) { <-over }

var clock = regexp.MustCompile(`\d\d:\d\d:\d\d`)

// withoutStacks leaves out stacks, and replaces times and the name of a constructor.
func withoutStacks(lines []string) []string {
	var rest []string
	for _, line := range lines {
		if strings.HasPrefix(line, "\t") || strings.HasSuffix(line, " goroutine:") || line == "" {
			continue
		}
		if before, after, ok := strings.Cut(line, "Test"); ok {
			_, after, _ = strings.Cut(after, ") ")
			line = before + "CONSTRUCTOR " + after
		}
		rest = append(rest, clock.ReplaceAllString(line, "TIME"))
	}
	return rest
}

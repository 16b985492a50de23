package servicetest_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/internal/testkit"
	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/service/servicetest"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

type pool struct{}

// openPool takes longer than a constructor should.
func openPool(hooks *wiring.ShutdownHooks) *pool {
	time.Sleep(15 * time.Second)
	hooks.Add("close pool", func(context.Context) error { return errors.New("connection\n\tlost") })
	hooks.Add("flush pool", func(context.Context) error { return nil })
	return &pool{}
}

// everything is a node in which all kinds of events occur, every one at a moment of
// its own.
func everything(world chan struct{}) *service.Builder {
	at := func(d time.Duration, err error) func(context.Context) error {
		return func(context.Context) error {
			time.Sleep(d)
			return err
		}
	}
	return service.NewBuilder().AddLayer(
		wiring.NewLayer("storage", func(r *wiring.Registry) error {
			r.Provide(openPool)
			r.ProvideTask(func(*pool) task.Task { return task.New("schema-ready", task.Precondition, at(15*time.Second, nil)) })
			return nil
		}),
		wiring.NewLayer("ingest", func(r *wiring.Registry) error {
			r.ProvideTask(newTask("import", task.Oneshot, at(time.Second, nil)))
			r.ProvideTask(newTask("sealer", task.Regular, at(time.Minute, errBoom)))
			r.ProvideTask(newTask("deaf", task.Unconstrained, func(context.Context) error {
				hang(world)
				return nil
			}))
			r.ProvideTask(newTask("health", task.Daemon, untilStop))
			return nil
		}),
	)
}

func TestTraceHoldsEveryEvent(t *testing.T) {
	var first []string
	for range 2 {
		synctest.Test(t, func(t *testing.T) {
			world := make(chan struct{})
			var lines []string
			r := testkit.Record(t, func(t testing.TB) {
				lines = servicetest.Trace(t, everything(world), servicetest.Timeout(time.Hour))
			})
			close(world)

			assert.Empty(t, r.Failures, "errors, and what was abandoned, are in the trace alone")
			golden(t, "trace/everything", strings.Join(lines, "\n"))
			if first == nil {
				first = lines
			}
			assert.Equal(t, first, lines, "the lines are the same in each run")
		})
	}
}

func TestTraceOfACleanRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		assert.Equal(t, []string{
			`layer "work" is registered`,
			`phase built -> wiring`,
			`newTask.func1 (layer "work") is called`,
			`newTask.func1 (layer "work") has returned`,
			`phase wiring -> waiting`,
			`gate is open`,
			`oneshot "migrate" (layer "work") pending -> running`,
			`phase waiting -> running`,
			`oneshot "migrate" (layer "work") running -> done`,
			`stop is requested: every task that keeps the service alive has returned`,
			`phase running -> stopping`,
			`phase stopping -> stopped`,
			`run has returned nil`,
		}, servicetest.Trace(t, nodeOf(newTask("migrate", task.Oneshot, func(context.Context) error { return nil }))))
	})
}

func TestTraceOfAGraphThatCannotBeBuilt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := node().ReplaceLayer("storage", wiring.NewLayer("storage", func(r *wiring.Registry) error {
			r.Provide(failToOpen)
			return nil
		}))

		lines := servicetest.Trace(t, b)

		golden(t, "trace/failed-constructor", strings.Join(lines, "\n"))
	})
}

func TestTraceOfANodeUnderTest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := servicetest.Start(t, node())
		synctest.Wait()
		before := n.Trace()
		require.NoError(t, n.Stop())

		golden(t, "trace/running", strings.Join(before, "\n"))
		golden(t, "trace/stopped", strings.Join(n.Trace()[len(before):], "\n"))
		assert.Equal(t, before, n.Trace()[:len(before)])
	})
}

// The workers end one after the other at one moment, the last registered first: each
// waits for the next one.
func TestTraceOfTasksThatEndTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const workers = 5
		var tasks []func() task.Task
		var want []string
		ended := make([]chan struct{}, workers+1)
		for i := range ended {
			ended[i] = make(chan struct{})
		}
		for i := range workers {
			id := fmt.Sprintf("worker-%d", i)
			var err error
			end := "done"
			if i%2 == 1 {
				err, end = errBoom, "failed: disk full"
			}
			tasks = append(tasks, newTask(task.ID(id), task.Regular, func(ctx context.Context) error {
				<-ctx.Done()
				<-ended[i+1]
				close(ended[i])
				return err
			}))
			want = append(want, fmt.Sprintf("task %q (layer \"work\") stopping -> %s", id, end))
		}
		close(ended[workers])

		lines := servicetest.Trace(t, nodeOf(append(tasks, newTask("end", task.Regular, failLater))...))

		lines = slices.DeleteFunc(lines, func(line string) bool { return !strings.Contains(line, "worker-") })
		assert.Equal(t, want, lines[len(lines)-1-workers:len(lines)-1])
	})
}

func TestTraceFailures(t *testing.T) {
	tests := []struct {
		name string
		test func(t testing.TB, world chan struct{})
	}{
		{
			name: "a node that does not end",
			test: func(t testing.TB, _ chan struct{}) { servicetest.Trace(t, node()) },
		},
		{
			name: "a node that stops for too long",
			test: func(t testing.TB, world chan struct{}) {
				servicetest.Trace(t, nodeOf(
					newTask("sealer", task.Regular, failLater),
					newTask("deaf", task.Regular, func(context.Context) error {
						hang(world)
						return nil
					}),
				), servicetest.Timeout(10*time.Second))
			},
		},
		{
			name: "a node that leaves goroutines",
			test: func(t testing.TB, world chan struct{}) {
				servicetest.Trace(t, nodeOf(newTask("sealer", task.Oneshot, func(context.Context) error {
					go hang(world)
					return nil
				})))
			},
		},
		{
			name: "a graph that does not verify",
			test: func(t testing.TB, _ chan struct{}) { servicetest.Trace(t, nodeOf()) },
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				world := make(chan struct{})
				r := testkit.Record(t, func(t testing.TB) { tt.test(t, world) })
				close(world)

				golden(t, "trace/"+strings.ReplaceAll(tt.name, " ", "-"), strings.Join(r.Failures, "\n\n"))
			})
		})
	}
}

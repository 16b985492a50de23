package service_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
)

func TestRow11OneshotReturnsAnError(t *testing.T) {
	for _, kind := range []task.Kind{task.Oneshot, task.UnconstrainedOneshot} {
		t.Run(kind.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := run(build(t, nil, provide("test",
					lasts("bad", kind, time.Second, errBoom),
					lingers("regular", task.Regular, 5*time.Second, nil),
					lingers("oneshot", task.Oneshot, 4*time.Second, nil),
					lingers("unconstrained", task.Unconstrained, 3*time.Second, nil),
					lingers("setup", task.UnconstrainedOneshot, 2*time.Second, nil),
					lingers("daemon", task.Daemon, time.Second, nil),
				)))

				err := n.wait()
				assert.Equal(t, []string{`task "bad" (layer "test"): boom`}, messages(err))
				failure := taskError(t, err, service.TaskError{ID: "bad", Kind: kind, Layer: "test", Err: errBoom})
				assert.Equal(t, failure, n.Status().Cause)
				assert.Equal(t, 7*time.Second, n.took, "1 s, the slowest of the others, the daemon after them")
				assert.Equal(t, []string{
					"bad failed", "regular done", "oneshot done", "unconstrained done", "setup done", "daemon done",
				}, tasks(n.Status()))
			})
		})
	}
}

func TestRow12TaskReturnsUnasked(t *testing.T) {
	for _, kind := range []task.Kind{task.Regular, task.Unconstrained} {
		t.Run(kind.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var told error
				tr := newTrace()
				log, lines := newLog()
				n := run(build(t, options{service.Observe(tr.observe), log}, provide("test",
					lasts("returns", kind, time.Second, nil),
					task.New("other", task.Regular, func(ctx context.Context) error {
						<-ctx.Done()
						told = context.Cause(ctx)
						return ctx.Err()
					}),
				)))

				require.NoError(t, n.wait())
				const cause = `task "returns" (layer "test") returned`
				assert.EqualError(t, n.Status().Cause, cause)
				assert.EqualError(t, told, cause)
				assert.Contains(t, tr.all(), "1s stop: "+cause)
				assert.Contains(t, lines(), `level=INFO msg=stopping cause="task \"returns\" (layer \"test\") returned"`)
				assert.Equal(t, []string{"returns done", "other done"}, tasks(n.Status()))
				assert.Equal(t, time.Second, n.took)
			})
		})
	}
}

func TestRow13TaskReturnsAnError(t *testing.T) {
	for _, kind := range kinds {
		t.Run(kind.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := run(build(t, nil,
					provide("good", waits("other", task.Unconstrained)),
					provide("bad", lasts("culprit", kind, time.Second, fmt.Errorf("wrapped: %w", errBoom))),
				))

				err := n.wait()
				assert.Equal(t, []string{`task "culprit" (layer "bad"): wrapped: boom`}, messages(err))
				failure := taskError(t, err, service.TaskError{ID: "culprit", Kind: kind, Layer: "bad", Err: errBoom})
				assert.Empty(t, failure.Stack)
				assert.Equal(t, failure, n.Status().Cause)
				assert.Equal(t, failure, n.Status().Tasks[1].Err)
				assert.Equal(t, []string{"other done", "culprit failed"}, tasks(n.Status()))
				assert.Equal(t, time.Second, n.took)
			})
		})
	}
}

func TestRow14TwoTasksFail(t *testing.T) {
	errFirst, errSecond := errors.New("first"), errors.New("second")

	tests := []struct {
		name  string
		tasks []task.Task
	}{
		{"the later one while it stops", []task.Task{
			lingers("second", task.Regular, time.Second, errSecond),
			lasts("first", task.Regular, time.Second, errFirst),
		}},
		{"the later one by itself, while the stop waits for it", []task.Task{
			lasts("second", task.Oneshot, 2*time.Second, errSecond),
			lasts("first", task.Daemon, time.Second, errFirst),
		}},
		{"a hair apart", []task.Task{
			lasts("second", task.Unconstrained, time.Second+1, errSecond),
			lasts("first", task.Precondition, time.Second, errFirst),
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := run(build(t, nil, provide("test", tt.tasks...)))

				err := n.wait()
				assert.Equal(t, []string{`task "first" (layer "test"): first`, `task "second" (layer "test"): second`}, messages(err))
				assert.ErrorIs(t, n.Status().Cause, errFirst)
				assert.ErrorIs(t, err, errSecond)
				assert.Equal(t, []string{"second failed", "first failed"}, tasks(n.Status()))
			})
		})
	}
}

func TestRow14TwoTasksFailAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for range times {
			n := run(build(t, nil, provide("test",
				lasts("one", task.Regular, time.Second, errors.New("one")),
				lasts("two", task.Oneshot, time.Second, errors.New("two")),
			)))

			all := messages(n.wait())
			require.Len(t, all, 2)
			require.Equal(t, all[0], n.Status().Cause.Error(), "the cause comes first")
			require.NotEqual(t, all[0], all[1])
		}
	})
}

// explode is found by its name in a stack.
func explode(v any) { panic(v) }

func TestRow15TaskPanics(t *testing.T) {
	for _, kind := range kinds {
		for _, value := range []any{"ouch", errBoom, 42} {
			t.Run(fmt.Sprintf("%v with a %T", kind, value), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					n := run(build(t, nil, provide("test",
						lingers("other", task.Unconstrained, 2*time.Second, nil),
						task.New("culprit", kind, func(context.Context) error {
							time.Sleep(time.Second)
							explode(value)
							return nil
						}),
					)))

					err := n.wait()
					assert.Equal(t, []string{fmt.Sprintf(`task "culprit" (layer "test"): panic: %v`, value)}, messages(err))
					failure := taskError(t, err, service.TaskError{ID: "culprit", Kind: kind, Layer: "test"})
					p, ok := errors.AsType[*service.PanicError](failure.Err)
					require.True(t, ok)
					assert.Equal(t, value, p.Value)
					assert.Contains(t, failure.Stack, "service_test.explode")
					assert.Equal(t, value == any(errBoom), errors.Is(err, errBoom))
					assert.Equal(t, []string{"other done", "culprit failed"}, tasks(n.Status()))
					assert.Equal(t, 3*time.Second, n.took, "the other one has its normal stop")
				})
			})
		}
	}
}

func TestRow16TaskExitsByGoexit(t *testing.T) {
	for _, kind := range kinds {
		t.Run(kind.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := run(build(t, nil, provide("test",
					waits("other", task.Unconstrained),
					task.New("culprit", kind, func(context.Context) error {
						time.Sleep(time.Second)
						runtime.Goexit()
						return nil
					}),
				)))

				err := n.wait()
				assert.Equal(t, []string{`task "culprit" (layer "test"): runtime.Goexit called`}, messages(err))
				failure := taskError(t, err, service.TaskError{ID: "culprit", Kind: kind, Layer: "test", Err: task.ErrGoexit})
				assert.Contains(t, failure.Stack, "TestRow16")
				assert.Equal(t, []string{"other done", "culprit failed"}, tasks(n.Status()))
			})
		})
	}
}

func TestRow17TaskReturnsTheContextErrorAfterTheStop(t *testing.T) {
	returns := []struct {
		name string
		err  func(ctx context.Context) error
	}{
		{"nil", func(context.Context) error { return nil }},
		{"the error of the context", context.Context.Err},
		{"the cause of the context", context.Cause},
		{"an error that wraps the cause", func(ctx context.Context) error { return fmt.Errorf("loop: %w", context.Cause(ctx)) }},
		{"an error that wraps context.Canceled", func(context.Context) error { return fmt.Errorf("query: %w", context.Canceled) }},
		{"an error that wraps another one too", func(ctx context.Context) error { return fmt.Errorf("%w: %w", io.ErrUnexpectedEOF, ctx.Err()) }},
		{"an error that is joined to what it led to", func(ctx context.Context) error {
			return fmt.Errorf("migration 7: %w", errors.Join(ctx.Err(), sql.ErrTxDone))
		}},
	}
	stops := []struct {
		name string
		stop func(n *node, fail func())
		want []string
	}{
		{"a clean stop", func(n *node, _ func()) { n.Stop(nil) }, []string{}},
		{"a stop with a cause", func(n *node, _ func()) { n.Stop(errBoom) }, []string{"boom"}},
		{"a failure", func(_ *node, fail func()) { fail() }, []string{`task "fails" (layer "test"): boom`}},
	}
	for _, ret := range returns {
		for _, tt := range stops {
			for _, kind := range kinds {
				t.Run(fmt.Sprintf("%s after %s, %v", ret.name, tt.name, kind), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						log, lines := newLog()
						ctx, fail := context.WithCancel(context.Background())
						defer fail()
						n := run(build(t, options{log}, provide("test",
							task.New("returns", kind, func(ctx context.Context) error {
								<-ctx.Done()
								return ret.err(ctx)
							}),
							task.New("fails", task.Unconstrained, func(told context.Context) error {
								select {
								case <-ctx.Done():
									return errBoom
								case <-told.Done():
									return told.Err()
								}
							}),
						)))
						synctest.Wait()
						tt.stop(n, fail)

						assert.Equal(t, tt.want, messages(n.wait()))
						assert.Equal(t, "returns done", tasks(n.Status())[0])
						assert.NoError(t, n.Status().Tasks[0].Err)
						assert.NotContains(t, strings.Join(lines(), "\n"), "task=returns")
					})
				})
			}
		}
	}
}

func TestRow18TaskReturnsCanceledWithoutAStop(t *testing.T) {
	for _, kind := range kinds {
		t.Run(kind.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := run(build(t, nil, provide("test",
					waits("other", task.Unconstrained),
					task.New("culprit", kind, func(ctx context.Context) error {
						ctx, cancel := context.WithCancel(ctx)
						time.AfterFunc(time.Second, cancel)
						<-ctx.Done()
						return ctx.Err()
					}),
				)))

				err := n.wait()
				assert.Equal(t, []string{`task "culprit" (layer "test"): context canceled`}, messages(err))
				taskError(t, err, service.TaskError{ID: "culprit", Kind: kind, Layer: "test", Err: context.Canceled})
				assert.Equal(t, []string{"other done", "culprit failed"}, tasks(n.Status()))
			})
		})
	}
}

func TestRow22TaskFailsWhileStopping(t *testing.T) {
	stops := []struct {
		name  string
		cause error
		first []string
	}{
		{"a clean stop", nil, nil},
		{"a stop with a cause", errors.New("why"), []string{"why"}},
	}
	for _, tt := range stops {
		for _, kind := range kinds {
			t.Run(fmt.Sprintf("%s, %v", tt.name, kind), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					n := run(build(t, nil, provide("test",
						lingers("culprit", kind, time.Second, errBoom),
						task.New("panics", kind, func(ctx context.Context) error {
							<-ctx.Done()
							time.Sleep(2 * time.Second)
							panic(context.Canceled) // a panic is never quiet
						}),
						lingers("good", kind, 3*time.Second, nil),
						waits("keeper", task.Unconstrained), // daemons alone keep no service alive
					)))
					time.Sleep(time.Second)
					n.Stop(tt.cause)

					err := n.wait()
					assert.Equal(t, append(tt.first,
						`task "culprit" (layer "test"): boom`,
						`task "panics" (layer "test"): panic: context canceled`,
					), messages(err))
					taskError(t, err, service.TaskError{ID: "culprit", Kind: kind, Layer: "test", Err: errBoom})
					assert.Equal(t, 4*time.Second, n.took)
					assert.Equal(t, []string{"culprit failed", "panics failed", "good done", "keeper done"}, tasks(n.Status()))
				})
			})
		}
	}
}

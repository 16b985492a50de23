package service_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
)

// hangItself and hangElsewhere are found by their names in stacks.
func hangItself(over <-chan struct{})    { <-over }
func hangElsewhere(over <-chan struct{}) { <-over }

// hangsTwice returns a task that hangs together with a goroutine of its own.
func hangsTwice(t testing.TB, id task.ID, kind task.Kind) task.Task {
	over := untilEnd(t)
	return task.New(id, kind, func(context.Context) error {
		go hangElsewhere(over)
		hangItself(over)
		return nil
	})
}

func TestRow19TaskIgnoresTheStop(t *testing.T) {
	for _, kind := range kinds {
		t.Run(kind.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var event service.TaskAbandoned
				log, lines := newLog()
				n := run(build(t, options{service.StopTimeout(5 * time.Second), log, service.Observe(func(ev service.Event) {
					if ev, ok := ev.(service.TaskAbandoned); ok {
						event = ev
					}
				})},
					provide("bad", hangsTwice(t, "hung", kind)),
					provide("good", lingers("other", task.Unconstrained, time.Second, nil), lingers("last", task.Daemon, time.Second, nil)),
				))
				time.Sleep(time.Second)
				n.Stop(nil)

				err := n.wait()
				const text = "did not stop in time: still running 5s after it was told (StopTimeout)"
				assert.Equal(t, []string{`task "hung" (layer "bad"): ` + text}, messages(err))
				failure := taskError(t, err, service.TaskError{ID: "hung", Kind: kind, Layer: "bad", Err: service.ErrStopTimeout})
				assert.Contains(t, failure.Stack, "service_test.hangItself")
				assert.Contains(t, failure.Stack, "service_test.hangElsewhere")
				assert.Contains(t, failure.Stack, "row_deadline_test.go:")
				assert.NotContains(t, failure.Stack, "lingers", "stacks of other tasks are not its own")
				assert.Equal(t, service.TaskAbandoned{ID: "hung", Kind: kind, Layer: "bad", Stack: failure.Stack, Err: failure}, event)
				assert.Equal(t, service.ErrStopRequested, n.Status().Cause)
				assert.Equal(t, failure, n.Status().Tasks[0].Err)
				assert.Equal(t, []string{"hung abandoned", "other done", "last done"}, tasks(n.Status()))
				logged := strings.Join(lines(), "\n")
				assert.Contains(t, logged, `level=ERROR msg="task abandoned" task=hung layer=bad kind=`+kind.String()+` error="`+text+`" stack=`)
				assert.Contains(t, logged, "service_test.hangItself")

				told := time.Second // when the task was told
				if kind == task.Daemon {
					told += time.Second // after "other"
					assert.Equal(t, told+5*time.Second, n.took)
				} else {
					assert.Equal(t, told+6*time.Second, n.took, "the last daemon is told once the task is abandoned")
				}
			})
		})
	}
}

func TestRow19TheStackIsThatOfTheLayerToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		other := run(build(t, nil, provide("other", waits("worker", task.Regular))))
		<-other.Ready()
		n := run(build(t, nil, provide("test", hangs(t, "worker", task.Regular))))
		<-n.Ready()
		n.Stop(nil)

		failure := taskError(t, n.wait(), service.TaskError{ID: "worker", Layer: "test"})
		assert.Contains(t, failure.Stack, "service_test.hangs.")
		assert.NotContains(t, failure.Stack, "service_test.lingers.", "a node of the same process has a task of this ID")
		other.Stop(nil)
		require.NoError(t, other.wait())
	})
}

// Without any time to stop, a task may not even have got to run when it is given up.
// Then it is skipped, and stays out.
func TestRow19TaskIsGivenUpBeforeItRan(t *testing.T) {
	many(t, func(t *testing.T) {
		var entered atomic.Int32
		var s *service.Service
		s = build(t, options{service.StopTimeout(0), service.Observe(func(ev service.Event) {
			if _, ok := ev.(service.GateOpened); ok {
				go s.Stop(nil)
			}
		})}, provide("test", task.New("regular", task.Regular, func(ctx context.Context) error {
			entered.Add(1)
			<-ctx.Done()
			return nil
		})))
		err := s.Run(context.Background())

		switch state := s.Status().Tasks[0].State; state {
		case service.StateSkipped:
			require.NoError(t, err)
			jitter()
			require.Zero(t, entered.Load())
		case service.StateDone:
			require.NoError(t, err)
			require.EqualValues(t, 1, entered.Load())
		default:
			require.Equal(t, service.StateAbandoned, state)
			require.ErrorIs(t, err, service.ErrStopTimeout)
		}
	})
}

// What an abandoned task returns is still told, if somebody listens.
func TestRow19AbandonedTaskReturnsAfterAll(t *testing.T) {
	tests := []struct {
		name string
		err  error
		more []string
	}{
		{"nil", nil, nil},
		{"the stop", context.Canceled, nil},
		{"an error", errBoom, []string{`task "late" (layer "test"): boom`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := run(build(t, nil, provide("test",
					task.WithStopTimeout(lingers("late", task.Regular, 2*time.Second, tt.err), time.Second),
					lingers("slow", task.Regular, 3*time.Second, nil),
				)))
				<-n.Ready()
				synctest.Wait()
				n.Stop(nil)

				assert.Equal(t, append([]string{
					`task "late" (layer "test"): did not stop in time: still running 1s after it was told (StopTimeout)`,
				}, tt.more...), messages(n.wait()))
				assert.Equal(t, []string{"late abandoned", "slow done"}, tasks(n.Status()))
				assert.Equal(t, 3*time.Second, n.took)
			})
		})
	}
}

// embedding is how a user decorates a task.
type embedding struct{ task.Task }

// inside runs a task inside another one.
func inside(t task.Task, before func(ctx context.Context)) task.Task {
	return task.New(t.ID(), t.Kind(), func(ctx context.Context) error {
		before(ctx)
		return t.Run(ctx)
	})
}

func TestRow20TaskHasItsOwnStopTimeout(t *testing.T) {
	own := func(d time.Duration) func(task.Task) task.Task {
		return func(t task.Task) task.Task { return task.WithStopTimeout(t, d) }
	}
	nothing := func(context.Context) {}
	afterStop := func(d time.Duration) func(context.Context) {
		return func(ctx context.Context) {
			<-ctx.Done()
			time.Sleep(d)
		}
	}

	tests := []struct {
		name string
		wrap func(task.Task) task.Task
		want time.Duration // from the stop
		text time.Duration // what the error speaks of; 0 for want
	}{
		{"none", func(t task.Task) task.Task { return t }, 20 * time.Second, 0},
		{"shorter than the service's", own(3 * time.Second), 3 * time.Second, 0},
		{"longer than the service's", own(25 * time.Second), 25 * time.Second, 0},
		{"the same as the service's", own(20 * time.Second), 20 * time.Second, 0},
		{"none at all", own(0), 0, 0},
		{"less than none", own(-time.Second), 0, -time.Second},
		{"through an embedding struct", func(t task.Task) task.Task { return embedding{own(3 * time.Second)(t)} }, 3 * time.Second, 0},
		{"through a closure", func(t task.Task) task.Task { return inside(own(3*time.Second)(t), nothing) }, 3 * time.Second, 0},
		{"through WithKind", func(t task.Task) task.Task { return task.WithKind(own(3*time.Second)(t), task.Unconstrained) }, 3 * time.Second, 0},
		{"through several", func(t task.Task) task.Task {
			return inside(embedding{task.WithKind(own(3*time.Second)(t), task.Oneshot)}, nothing)
		}, 3 * time.Second, 0},
		{"nested, the outermost is shorter", func(t task.Task) task.Task { return own(3 * time.Second)(own(10 * time.Second)(t)) }, 3 * time.Second, 0},
		{"nested, the outermost is longer", func(t task.Task) task.Task { return own(10 * time.Second)(own(3 * time.Second)(t)) }, 10 * time.Second, 0},
		{"announced after the stop", func(t task.Task) task.Task { return inside(own(3*time.Second)(t), afterStop(time.Second)) }, 3 * time.Second, 0},
		{"announced after the stop, longer", func(t task.Task) task.Task { return inside(own(25*time.Second)(t), afterStop(time.Second)) }, 25 * time.Second, 0},
		{"announced when it is over", func(t task.Task) task.Task { return inside(own(3*time.Second)(t), afterStop(5*time.Second)) }, 5 * time.Second, 3 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := run(build(t, nil, provide("test", tt.wrap(hangs(t, "hung", task.Regular)), waits("other", task.Regular))))
				time.Sleep(time.Second)
				n.Stop(nil)

				limit := tt.want
				if tt.text != 0 {
					limit = tt.text
				}
				assert.Equal(t, []string{
					fmt.Sprintf(`task "hung" (layer "test"): did not stop in time: still running %v after it was told (StopTimeout)`, limit),
				}, messages(n.wait()))
				assert.Equal(t, time.Second+tt.want, n.took)
				if tt.want > 0 {
					assert.Equal(t, []string{"hung abandoned", "other done"}, tasks(n.Status()))
				}
			})
		})
	}
}

func TestRow20TheLongestStopTimeoutIsNotOver(t *testing.T) {
	slow := lingers("slow", task.Regular, 2*time.Second, nil)
	tests := []struct {
		name string
		opts options
		task task.Task
	}{
		{"of the service", options{service.StopTimeout(math.MaxInt64)}, slow},
		{"of the task", nil, task.WithStopTimeout(slow, math.MaxInt64)},
		{"of all", options{service.StopTimeout(math.MaxInt64), service.ShutdownTimeout(math.MaxInt64)}, slow},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := run(build(t, tt.opts, provide("test", tt.task)))
				time.Sleep(time.Second)
				n.Stop(nil)

				require.NoError(t, n.wait())
				assert.Equal(t, 3*time.Second, n.took)
			})
		})
	}
}

// The stop comes after Run was entered, and before the timeout is known.
func TestRow20StopBeforeTheFirstInstruction(t *testing.T) {
	for _, kind := range kinds {
		t.Run(kind.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var s *service.Service
				hung := task.WithStopTimeout(hangs(t, "hung", kind), 3*time.Second)
				s = build(t, nil, provide("test",
					inside(hung, func(context.Context) { s.Stop(nil) }),
					waits("other", task.Unconstrained),
				))
				n := run(s)

				err := n.wait()
				assert.Len(t, messages(err), 1)
				assert.ErrorIs(t, err, service.ErrStopTimeout)
				assert.Equal(t, 3*time.Second, n.took)
				assert.Equal(t, "hung abandoned", tasks(s.Status())[0])
			})
		})
	}
}

func TestRow20OwnTimeoutsOfManyTasks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var all []task.Task
		var want []string
		for i := range 10 {
			id := task.ID(fmt.Sprintf("hung-%d", i))
			d := time.Duration(10-i) * time.Second
			all = append(all, task.WithStopTimeout(hangs(t, id, task.Regular), d))
			want = append(want, fmt.Sprintf(`task %q (layer "test"): did not stop in time: still running %v after it was told (StopTimeout)`, id, d))
		}
		n := run(build(t, nil, provide("test", all...)))
		<-n.Ready()
		synctest.Wait()
		n.Stop(nil)

		err := n.wait()
		for i := range want[:5] { // reported in the order of time
			want[i], want[9-i] = want[9-i], want[i]
		}
		assert.Equal(t, want, messages(err))
		assert.Equal(t, 10*time.Second, n.took)
		require.True(t, errors.Is(err, service.ErrStopTimeout))
	})
}

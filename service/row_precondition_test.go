package service_test

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
)

func TestRow05PreconditionReturnsAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVisits()
		n := run(build(t, nil, provide("gated",
			v.watch(waits("regular", task.Regular)),
			v.watch(waits("oneshot", task.Oneshot)),
		), provide("checks",
			lasts("good", task.Precondition, time.Second, nil),
			lasts("bad", task.Precondition, 2*time.Second, errBoom),
			lasts("slow", task.Precondition, 3*time.Second, nil),
			waits("unconstrained", task.Unconstrained),
		)))

		err := n.wait()
		assert.Equal(t, []string{`task "bad" (layer "checks"): boom`}, messages(err))
		failure := taskError(t, err, service.TaskError{ID: "bad", Kind: task.Precondition, Layer: "checks", Err: errBoom})
		assert.Equal(t, failure, n.Status().Cause)
		assert.Equal(t, 3*time.Second, n.took)
		assert.Empty(t, v.all(), "the gate stays shut, although the last one succeeded")
		assert.Equal(t, []string{
			"regular skipped", "oneshot skipped", "good done", "bad failed", "slow done", "unconstrained done",
		}, tasks(n.Status()))
		assert.Equal(t, failure, n.Status().Tasks[3].Err)
		assert.False(t, isReady(n.Service))
	})
}

func TestRow06PreconditionPanicsOrExits(t *testing.T) {
	tests := []struct {
		name  string
		fail  func()
		cause error
		text  string
	}{
		{"panic with a text", func() { panic("ouch") }, nil, "panic: ouch"},
		{"panic with an error", func() { panic(errBoom) }, errBoom, "panic: boom"},
		{"Goexit", runtime.Goexit, task.ErrGoexit, "runtime.Goexit called"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				v := newVisits()
				n := run(build(t, nil, provide("test",
					v.watch(waits("regular", task.Regular)),
					lasts("good", task.Precondition, 0, nil),
					task.New("bad", task.Precondition, func(context.Context) error {
						time.Sleep(time.Second)
						tt.fail()
						return nil
					}),
				)))

				err := n.wait()
				assert.Equal(t, []string{`task "bad" (layer "test"): ` + tt.text}, messages(err))
				failure := taskError(t, err, service.TaskError{ID: "bad", Kind: task.Precondition, Layer: "test", Err: tt.cause})
				p, ok := errors.AsType[*service.PanicError](failure)
				require.True(t, ok)
				assert.Contains(t, string(p.Stack), "TestRow06")
				assert.Equal(t, string(p.Stack), failure.Stack)
				assert.Equal(t, time.Second, n.took)
				assert.Empty(t, v.all())
				assert.Equal(t, []string{"regular skipped", "good done", "bad failed"}, tasks(n.Status()))
			})
		})
	}
}

func TestRow07PreconditionHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := newTrace()
		n := run(build(t, options{service.Observe(tr.observe)}, provide("test",
			waits("regular", task.Regular),
			lasts("fast", task.Precondition, 15*time.Second, nil),
			waits("slow", task.Precondition),
		)))
		time.Sleep(35 * time.Second)
		synctest.Wait()
		n.Stop(nil)

		require.NoError(t, n.wait())
		assert.Equal(t, []string{
			"0s layer test",
			"0s phase built -> wiring",
			"0s test: constructor started",
			"0s test: constructor finished after 0s",
			"0s phase wiring -> waiting",
			"0s fast pending -> running",
			"0s slow pending -> running",
			"10s gate waits for [fast slow] for 10s",
			"15s fast running -> done",
			"20s gate waits for [slow] for 20s",
			"30s gate waits for [slow] for 30s",
			"35s stop: stop requested",
			"35s phase waiting -> stopping",
			"35s regular pending -> skipped",
			"35s slow running -> stopping",
			"35s slow stopping -> done",
			"35s phase stopping -> stopped",
		}, tr.all())
	})
}

func TestRow07PreconditionTimeoutFailsTheService(t *testing.T) {
	const timeout = 10 * time.Second // at the moment of the first report
	late := "precondition not met in time: not after 10s (PreconditionTimeout)"

	tests := []struct {
		name string
		slow func(testing.TB) task.Task
		want []string
		end  string
		took time.Duration
	}{
		{
			"it stops when it is told",
			func(testing.TB) task.Task { return waits("slow", task.Precondition) },
			[]string{`task "slow" (layer "test"): ` + late}, "slow failed", timeout,
		},
		{
			"it succeeds too late",
			func(testing.TB) task.Task { return lasts("slow", task.Precondition, 12*time.Second, nil) },
			[]string{`task "slow" (layer "test"): ` + late}, "slow failed", 12 * time.Second,
		},
		{
			"it fails too late",
			func(testing.TB) task.Task { return lasts("slow", task.Precondition, 12*time.Second, errBoom) },
			[]string{`task "slow" (layer "test"): ` + late, `task "slow" (layer "test"): boom`}, "slow failed", 12 * time.Second,
		},
		{
			"it hangs",
			func(t testing.TB) task.Task { return hangs(t, "slow", task.Precondition) },
			[]string{
				`task "slow" (layer "test"): ` + late,
				`task "slow" (layer "test"): did not stop in time: still running 20s after it was told (StopTimeout)`,
			}, "slow abandoned", 30 * time.Second,
		},
		{
			"it succeeds at the last moment",
			func(testing.TB) task.Task { return lasts("slow", task.Precondition, timeout-1, nil) },
			[]string{}, "slow done", timeout,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tr := newTrace()
				n := run(build(t, options{service.PreconditionTimeout(timeout), service.Observe(tr.observe)}, provide("test",
					lasts("fast", task.Precondition, time.Second, nil),
					tt.slow(t),
					lasts("oneshot", task.Oneshot, 1, nil),
				)))

				err := n.wait()
				assert.Equal(t, tt.want, messages(err))
				assert.Equal(t, tt.took, n.took)
				assert.Equal(t, tt.end, tasks(n.Status())[1])
				if len(tt.want) == 0 {
					return
				}
				taskError(t, err, service.TaskError{ID: "slow", Kind: task.Precondition, Layer: "test", Err: service.ErrPreconditionTimeout})
				assert.Contains(t, tr.all(), "10s gate waits for [slow] for 10s")
				assert.Contains(t, tr.all(), `10s stop: task "slow" (layer "test"): `+late)
				assert.Equal(t, "oneshot skipped", tasks(n.Status())[2])
			})
		})
	}
}

// The loop is held up at the moment of the timeout; who has returned until it looks
// is not late.
func TestRow07PreconditionTimeoutIsForThoseThatStillRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := run(build(t, options{service.PreconditionTimeout(10 * time.Second), service.Observe(func(ev service.Event) {
			if _, ok := ev.(service.GateWaiting); ok {
				time.Sleep(time.Second)
			}
		})}, provide("test", lasts("check", task.Precondition, 10500*time.Millisecond, nil))))

		require.NoError(t, n.wait())
		assert.Equal(t, []string{"check done"}, tasks(n.Status()))
		assert.True(t, isReady(n.Service))
	})
}

package tasktest_test

import (
	"context"
	"errors"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/wireframework/wireframework/internal/testkit"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/task/tasktest"
)

var errBoom = errors.New("boom")

// runner makes a maker of tasks.
func runner(kind task.Kind, run func(context.Context) error) func() task.Task {
	return func() task.Task { return task.New("sealer", kind, run) }
}

func untilStop(ctx context.Context) error {
	<-ctx.Done()
	return nil
}

// idle is a task of which all instances may be at one address.
type idle struct{}

func (idle) ID() task.ID                   { return "idle" }
func (idle) Kind() task.Kind               { return task.Regular }
func (idle) Run(ctx context.Context) error { return untilStop(ctx) }

func TestGoodTasksPass(t *testing.T) {
	tests := []struct {
		name string
		make func() task.Task
		opts []tasktest.Option
	}{
		{name: "a loop", make: runner(task.Regular, untilStop)},
		{name: "a daemon", make: runner(task.Daemon, untilStop)},
		{
			name: "the error of the context",
			make: runner(task.Unconstrained, func(ctx context.Context) error {
				<-ctx.Done()
				return ctx.Err()
			}),
		},
		{
			name: "the cause of the stop",
			make: runner(task.Regular, func(ctx context.Context) error {
				<-ctx.Done()
				return context.Cause(ctx)
			}),
		},
		{name: "a oneshot", make: runner(task.Oneshot, func(context.Context) error { return nil })},
		{
			name: "a oneshot that takes longer than the test lets it",
			make: runner(task.UnconstrainedOneshot, func(ctx context.Context) error {
				select {
				case <-ctx.Done():
					return ctx.Err()
				case <-time.After(time.Hour):
					return nil
				}
			}),
		},
		{
			name: "periodic work",
			make: func() task.Task {
				return task.Periodic("pruner", time.Second, func(context.Context) error { return nil })
			},
		},
		{
			name: "a precondition that never comes true",
			make: func() task.Task {
				return task.Poll("ready", time.Second, func(context.Context) (bool, error) { return false, nil })
			},
		},
		{
			name: "one that may end",
			make: runner(task.Regular, func(context.Context) error { return nil }),
			opts: []tasktest.Option{tasktest.MayEnd(), nil},
		},
		{
			name: "a clean-up within the stop timeout",
			make: runner(task.Regular, func(ctx context.Context) error {
				<-ctx.Done()
				time.Sleep(20 * time.Second)
				return nil
			}),
		},
		{
			name: "a clean-up within its own stop timeout",
			make: func() task.Task {
				return task.WithStopTimeout(task.New("sealer", task.Regular, func(ctx context.Context) error {
					<-ctx.Done()
					time.Sleep(time.Hour)
					return nil
				}), time.Hour)
			},
		},
		{
			name: "a stop timeout of its own that it announces late",
			make: runner(task.Regular, func(ctx context.Context) error {
				<-ctx.Done()
				time.Sleep(10 * time.Second)
				return task.WithStopTimeout(task.New("inner", task.Regular, func(context.Context) error {
					time.Sleep(20 * time.Second)
					return nil
				}), 30*time.Second).Run(ctx)
			}),
		},
		{
			name: "a clean-up that takes all the time it has",
			make: runner(task.Regular, func(ctx context.Context) error {
				<-ctx.Done()
				drain := task.Drain(ctx)
				<-drain.Done()
				time.Sleep(99 * time.Millisecond)
				if drain.Err() != context.DeadlineExceeded || ctx.Err() != context.Canceled {
					return errBoom
				}
				return context.Canceled
			}),
			opts: []tasktest.Option{tasktest.Drains()},
		},
		{
			name: "the error of the drain",
			make: runner(task.Regular, func(ctx context.Context) error {
				<-ctx.Done()
				select {
				case <-task.Drain(ctx).Done():
					return task.Drain(ctx).Err()
				case <-time.After(time.Second):
					return nil
				}
			}),
			opts: []tasktest.Option{tasktest.Drains()},
		},
		{name: "a type without fields", make: func() task.Task { return &idle{} }},
		{name: "a type that is no pointer", make: func() task.Task { return idle{} }},
		{
			name: "helpers that the task waits for",
			make: runner(task.Regular, func(ctx context.Context) error {
				done := make(chan struct{})
				go func() {
					defer close(done)
					<-ctx.Done()
				}()
				<-done
				return nil
			}),
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tasktest.Run(t, tt.make, tt.opts...)
			synctest.Test(t, func(t *testing.T) { tasktest.Run(t, tt.make, tt.opts...) })
		})
	}
}

// changing answers differently each time.
type changing struct {
	task.Task
	asked int
}

func (c *changing) ID() task.ID {
	c.asked++
	return task.ID(strings.Repeat("x", c.asked))
}
func (c *changing) Kind() task.Kind { return task.Kind(c.asked) }

// firstTime is a task whose first instance alone is good.
func firstTime(good, bad func() task.Task) func() task.Task {
	made := 0
	return func() task.Task {
		if made++; made <= 5 { // one for each check that comes before
			return good()
		}
		return bad()
	}
}

func TestABadTaskFailsWithASentence(t *testing.T) {
	tests := []struct {
		name string
		make func(world chan struct{}) func() task.Task // the world ends after the checks
		opts []tasktest.Option
		want []string
	}{
		{
			name: "no task",
			make: func(chan struct{}) func() task.Task {
				return func() task.Task { return nil }
			},
			want: []string{"has a name and a kind: the task is nil: the function given to tasktest.Run has to make one"},
		},
		{
			name: "a panic of its constructor",
			make: func(chan struct{}) func() task.Task {
				return func() task.Task { panic("no database") }
			},
			want: []string{"has a name and a kind: the task panics when it is made: no database"},
		},
		{
			name: "no name",
			make: func(chan struct{}) func() task.Task {
				return func() task.Task { return task.New("", task.Regular, untilStop) }
			},
			want: []string{`has a name and a kind: task "" has no name, which is a wiring error`},
		},
		{
			name: "a name with a space",
			make: func(chan struct{}) func() task.Task {
				return func() task.Task { return task.New("block sealer", task.Regular, untilStop) }
			},
			want: []string{`has a name and a kind: task "block sealer" has a name that is no lower-case word: names are read by operators and in metrics, so use lower-case words and hyphens`},
		},
		{
			name: "an unknown kind",
			make: func(chan struct{}) func() task.Task { return runner(77, untilStop) },
			want: []string{`has a name and a kind: task "sealer" is of an unknown kind, kind(77)`},
		},
		{
			name: "a name and a kind that change",
			make: func(chan struct{}) func() task.Task {
				return func() task.Task { return &changing{Task: task.New("sealer", task.Regular, untilStop)} }
			},
			want: []string{
				`has a name and a kind: task "x" changes its name: asked again, it says "xx"`,
				`has a name and a kind: task "x" changes its kind: asked twice, it says oneshot and then precondition (use task.WithKind for another kind)`,
			},
		},
		{
			name: "a name that nobody can be asked for",
			make: func(chan struct{}) func() task.Task {
				return func() task.Task { return (*changing)(nil) }
			},
			want: []string{"has a name and a kind: the task panics when it is asked for its name and kind: runtime error: invalid memory address or nil pointer dereference"},
		},
		{
			name: "one instance for all",
			make: func(chan struct{}) func() task.Task {
				one := task.New("sealer", task.Regular, func(context.Context) error { panic("run") })
				return func() task.Task { return one }
			},
			want: []string{
				`stops before its first instruction: task "sealer" is the same instance as before: a task is run at most once, so the function given to tasktest.Run has to make a new one each time`,
				`stops right after the start: task "sealer" is the same instance as before: a task is run at most once, so the function given to tasktest.Run has to make a new one each time`,
				`stops after a while: task "sealer" is the same instance as before: a task is run at most once, so the function given to tasktest.Run has to make a new one each time`,
			},
		},
		{
			name: "deaf",
			make: func(world chan struct{}) func() task.Task {
				return runner(task.Regular, func(context.Context) error {
					wait(world)
					return nil
				})
			},
			want: []string{
				`stops before its first instruction: task "sealer" does not stop: 20s after its context was cancelled it still runs; this is where: 1 goroutine: wait`,
				`stops right after the start: task "sealer" does not stop: 20s after its context was cancelled it still runs; this is where: 1 goroutine: wait`,
				`stops after a while: task "sealer" does not stop: 20s after its context was cancelled it still runs; this is where: 1 goroutine: wait`,
			},
		},
		{
			name: "deaf for longer than its own stop timeout, with helpers",
			make: func(world chan struct{}) func() task.Task {
				return func() task.Task {
					return task.WithStopTimeout(task.New("sealer", task.Regular, func(context.Context) error {
						go wait(world)
						go wait(world)
						halt(world)
						return nil
					}), time.Second)
				}
			},
			want: []string{
				`stops before its first instruction: task "sealer" does not stop: 1s after its context was cancelled it still runs; this is where: 1 goroutine: halt; 2 goroutines: wait`,
				`stops right after the start: task "sealer" does not stop: 1s after its context was cancelled it still runs; this is where: 1 goroutine: halt; 2 goroutines: wait`,
				`stops after a while: task "sealer" does not stop: 1s after its context was cancelled it still runs; this is where: 1 goroutine: halt; 2 goroutines: wait`,
			},
		},
		{
			name: "deaf until it has begun",
			make: func(world chan struct{}) func() task.Task {
				return runner(task.Regular, func(ctx context.Context) error {
					if ctx.Err() != nil {
						wait(world)
					}
					<-ctx.Done()
					return nil
				})
			},
			want: []string{
				`stops before its first instruction: task "sealer" does not stop: 20s after its context was cancelled it still runs; this is where: 1 goroutine: wait`,
			},
		},
		{
			name: "deaf after a while",
			make: func(world chan struct{}) func() task.Task {
				return runner(task.Regular, func(ctx context.Context) error {
					select {
					case <-ctx.Done():
						return nil
					case <-time.After(time.Second):
						wait(world)
						return nil
					}
				})
			},
			opts: []tasktest.Option{tasktest.StopTimeout(5 * time.Second)},
			want: []string{
				`stops after a while: task "sealer" does not stop: 5s after its context was cancelled it still runs; this is where: 1 goroutine: wait`,
			},
		},
		{
			name: "the outermost of several stop timeouts counts",
			make: func(chan struct{}) func() task.Task {
				return func() task.Task {
					inner := task.New("sealer", task.Regular, func(ctx context.Context) error {
						<-ctx.Done()
						nap()
						return nil
					})
					return task.WithStopTimeout(task.WithStopTimeout(inner, time.Hour), time.Millisecond)
				}
			},
			want: []string{
				`stops before its first instruction: task "sealer" does not stop: 1ms after its context was cancelled it still runs; this is where: 1 goroutine: nap`,
				`stops right after the start: task "sealer" does not stop: 1ms after its context was cancelled it still runs; this is where: 1 goroutine: nap`,
				`stops after a while: task "sealer" does not stop: 1ms after its context was cancelled it still runs; this is where: 1 goroutine: nap`,
			},
		},
		{
			name: "a stop timeout that is announced late counts from the stop",
			make: func(chan struct{}) func() task.Task {
				return runner(task.Oneshot, func(ctx context.Context) error {
					if ctx.Err() != nil {
						return nil
					}
					<-ctx.Done()
					time.Sleep(10 * time.Second)
					return task.WithStopTimeout(task.New("inner", task.Regular, func(context.Context) error {
						time.Sleep(20*time.Second + 1)
						return nil
					}), 30*time.Second).Run(ctx)
				})
			},
			want: []string{
				`stops right after the start: task "sealer" does not stop: 30s after its context was cancelled it still runs; this is where: 1 goroutine:`,
				`stops after a while: task "sealer" does not stop: 30s after its context was cancelled it still runs; this is where: 1 goroutine:`,
			},
		},
		{
			name: "an early return",
			make: func(chan struct{}) func() task.Task {
				return runner(task.Daemon, func(context.Context) error { return nil })
			},
			want: []string{
				`stops right after the start: task "sealer" returns nil before it is told to stop, which stops the service (make it a oneshot, or give tasktest.MayEnd if that is meant)`,
				`stops after a while: task "sealer" returns nil before it is told to stop, which stops the service (make it a oneshot, or give tasktest.MayEnd if that is meant)`,
			},
		},
		{
			name: "an early return after a while",
			make: func(chan struct{}) func() task.Task {
				return runner(task.Unconstrained, func(ctx context.Context) error {
					select {
					case <-ctx.Done():
					case <-time.After(time.Hour):
					}
					return nil
				})
			},
			opts: []tasktest.Option{tasktest.RunFor(time.Hour)},
			want: []string{
				`stops after a while: task "sealer" returns nil before it is told to stop, which stops the service (make it a oneshot, or give tasktest.MayEnd if that is meant)`,
			},
		},
		{
			name: "an error before the stop",
			make: func(chan struct{}) func() task.Task {
				return runner(task.Oneshot, func(ctx context.Context) error {
					select {
					case <-ctx.Done():
						return nil
					case <-time.After(time.Second):
						return errBoom
					}
				})
			},
			want: []string{
				`stops after a while: task "sealer" returns an error before it is told to stop, which fails the service: boom`,
			},
		},
		{
			name: "the error of a context before the stop",
			make: func(chan struct{}) func() task.Task {
				return runner(task.Regular, func(ctx context.Context) error {
					short, cancel := context.WithTimeout(ctx, time.Second)
					defer cancel()
					<-short.Done()
					return short.Err()
				})
			},
			want: []string{
				`stops after a while: task "sealer" returns an error before it is told to stop, which fails the service: context deadline exceeded`,
			},
		},
		{
			name: "an error of its own after the stop",
			make: func(chan struct{}) func() task.Task {
				return runner(task.Regular, func(ctx context.Context) error {
					<-ctx.Done()
					return errBoom
				})
			},
			want: []string{
				`stops before its first instruction: task "sealer" returns an error of its own when it is stopped, which fails the service: boom (return nil, or the error of the context)`,
				`stops right after the start: task "sealer" returns an error of its own when it is stopped, which fails the service: boom (return nil, or the error of the context)`,
				`stops after a while: task "sealer" returns an error of its own when it is stopped, which fails the service: boom (return nil, or the error of the context)`,
			},
		},
		{
			name: "a panic",
			make: func(chan struct{}) func() task.Task {
				return runner(task.Regular, func(ctx context.Context) error {
					if ctx.Err() != nil {
						return nil
					}
					panic(errBoom)
				})
			},
			want: []string{
				`stops right after the start: task "sealer" panics, which fails the service: boom`,
				`stops after a while: task "sealer" panics, which fails the service: boom`,
			},
		},
		{
			name: "a Goexit when it is stopped",
			make: func(chan struct{}) func() task.Task {
				return runner(task.Regular, func(ctx context.Context) error {
					<-ctx.Done()
					runtime.Goexit()
					return nil
				})
			},
			want: []string{
				`stops before its first instruction: task "sealer" ends its goroutine with runtime.Goexit, which fails the service`,
				`stops right after the start: task "sealer" ends its goroutine with runtime.Goexit, which fails the service`,
				`stops after a while: task "sealer" ends its goroutine with runtime.Goexit, which fails the service`,
			},
		},
		{
			name: "goroutines left behind",
			make: func(world chan struct{}) func() task.Task {
				return runner(task.Oneshot, func(ctx context.Context) error {
					if ctx.Err() == nil {
						go wait(world)
						go wait(world)
						go halt(world)
					}
					return nil
				})
			},
			want: []string{
				`stops right after the start: task "sealer" leaves goroutines behind, which Run has to wait for: 1 goroutine: halt; 2 goroutines: wait`,
				`stops after a while: task "sealer" leaves goroutines behind, which Run has to wait for: 1 goroutine: halt; 2 goroutines: wait`,
			},
		},
		{
			name: "a goroutine that takes a moment longer than the task",
			make: func(chan struct{}) func() task.Task {
				return runner(task.Oneshot, func(ctx context.Context) error {
					if ctx.Err() == nil {
						go nap()
					}
					return nil
				})
			},
			want: []string{
				`stops right after the start: task "sealer" leaves goroutines behind, which Run has to wait for: 1 goroutine: nap`,
				`stops after a while: task "sealer" leaves goroutines behind, which Run has to wait for: 1 goroutine: nap`,
			},
		},
		{
			name: "goroutines of its constructor",
			make: func(world chan struct{}) func() task.Task {
				return func() task.Task {
					go wait(world)
					return task.New("sealer", task.Oneshot, func(context.Context) error { return nil })
				}
			},
			want: []string{
				`has a name and a kind: task "sealer" leaves goroutines behind that were started when it was made (end them with tasktest.Cleanup): 1 goroutine: wait`,
			},
		},
		{
			name: "a second instance that panics when it is made",
			make: func(chan struct{}) func() task.Task {
				return firstTime(runner(task.Regular, untilStop), func() task.Task { panic("metric is registered twice") })
			},
			want: []string{
				`runs a second time: a second instance of task "sealer" panics when it is made: metric is registered twice`,
			},
		},
		{
			name: "a second instance that fails",
			make: func(chan struct{}) func() task.Task {
				return firstTime(runner(task.Regular, untilStop), runner(task.Regular, func(context.Context) error { return errBoom }))
			},
			want: []string{
				`runs a second time: a second instance of task "sealer" returns an error before it is told to stop, which fails the service: boom`,
			},
		},
		{
			name: "a clean-up that does not know the drain",
			make: func(chan struct{}) func() task.Task {
				return runner(task.Regular, func(ctx context.Context) error {
					<-ctx.Done()
					time.Sleep(50 * time.Millisecond)
					return nil
				})
			},
			opts: []tasktest.Option{tasktest.Drains()},
			want: []string{
				`drains: task "sealer" never asks for task.Drain, so nothing ends what it does after the stop (pass task.Drain(ctx) on, or leave tasktest.Drains out if there is nothing to do)`,
			},
		},
		{
			name: "a clean-up that goes on after the drain",
			make: func(chan struct{}) func() task.Task {
				return runner(task.Regular, func(ctx context.Context) error {
					<-ctx.Done()
					_ = task.Drain(ctx).Err()
					nap()
					return nil
				})
			},
			opts: []tasktest.Option{tasktest.Drains()},
			want: []string{
				`drains: task "sealer" does not heed task.Drain: 100ms after the drain was over it still runs (pass task.Drain(ctx) to all that it does after the stop); this is where: 1 goroutine: nap`,
			},
		},
		{
			name: "an error of its own after the drain",
			make: func(chan struct{}) func() task.Task {
				return runner(task.Regular, func(ctx context.Context) error {
					if ctx.Err() != nil {
						return nil
					}
					<-ctx.Done()
					<-task.Drain(ctx).Done()
					return errBoom
				})
			},
			opts: []tasktest.Option{tasktest.Drains()},
			want: []string{
				`stops right after the start: task "sealer" returns an error of its own when it is stopped, which fails the service: boom (return nil, or the error of the context)`,
				`stops after a while: task "sealer" returns an error of its own when it is stopped, which fails the service: boom (return nil, or the error of the context)`,
				`drains: task "sealer" returns an error of its own when it is stopped, which fails the service: boom (return nil, or the error of the context)`,
			},
		},
		{
			name: "a drain that is not over when the task is given up",
			make: func(chan struct{}) func() task.Task {
				return runner(task.Regular, func(ctx context.Context) error {
					<-ctx.Done()
					drain := task.Drain(ctx)
					<-drain.Done()
					nap()
					return nil
				})
			},
			want: []string{
				`stops before its first instruction: task "sealer" does not stop: 20s after its context was cancelled it still runs; this is where: 1 goroutine: nap`,
				`stops right after the start: task "sealer" does not stop: 20s after its context was cancelled it still runs; this is where: 1 goroutine: nap`,
				`stops after a while: task "sealer" does not stop: 20s after its context was cancelled it still runs; this is where: 1 goroutine: nap`,
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				world := make(chan struct{})
				r := testkit.Record(t, func(t testing.TB) { tasktest.Run(t, tt.make(world), tt.opts...) })
				close(world)
				time.Sleep(time.Minute) // for what naps

				assert.Equal(t, tt.want, withoutPlaces(r.Failures))
			})
		})
	}
}

// What the places of a failure consist of: functions of this file.
func wait(world chan struct{}) { <-world }
func halt(world chan struct{}) { <-world }
func nap()                     { time.Sleep(time.Second) }

var ownFunction = regexp.MustCompile(`/tasktest_test\.([a-z]+)$`)

// withoutPlaces leaves of the stacks below a sentence the functions of this file.
func withoutPlaces(failures []string) []string {
	var texts []string
	for _, f := range failures {
		lines := strings.Split(f, "\n")
		text := lines[0]
		separator := " "
		for _, l := range lines[1:] {
			if strings.HasPrefix(l, "    ") && strings.HasSuffix(l, ":") && strings.Contains(l, "goroutine") && !strings.Contains(l, "[") {
				text += separator + strings.TrimSpace(l)
				separator = "; "
			}
			if name := ownFunction.FindStringSubmatch(l); name != nil {
				text += " " + name[1]
			}
		}
		texts = append(texts, text)
	}
	return texts
}

// The stop comes before Run is called, not at the same time, so this is tried often.
func TestStoppedBeforeIsStoppedBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for range 20 {
			runs := 0
			tasktest.Run(t, runner(task.Regular, func(ctx context.Context) error {
				if runs++; runs == 1 {
					assert.Error(t, ctx.Err())
					assert.EqualError(t, context.Cause(ctx), "stop requested by tasktest")
				}
				return untilStop(ctx)
			}))
		}
	})
}

func TestTheLogOfATaskGoesToTheTest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := testkit.Record(t, func(t testing.TB) {
			tasktest.Run(t, runner(task.Oneshot, func(ctx context.Context) error {
				task.Logger(ctx).Info("sealed")
				return nil
			}))
		})

		assert.Empty(t, r.Failures)
		assert.Contains(t, r.Text, "msg=sealed")
	})
}

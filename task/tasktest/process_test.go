package tasktest_test

import (
	"context"
	"net"
	"os"
	"os/exec"
	"regexp"
	"runtime/pprof"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/task/tasktest"
)

// server is a task with a socket of the real world.
func server() task.Task {
	return task.New("echo-server", task.Regular, func(ctx context.Context) error {
		var lc net.ListenConfig
		l, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		stop := context.AfterFunc(ctx, func() { _ = l.Close() })
		defer stop()
		for {
			conn, err := l.Accept()
			if ctx.Err() != nil {
				return nil
			}
			if err != nil {
				return err
			}
			_ = conn.Close()
		}
	})
}

func TestATaskWithASocketPassesInRealTime(t *testing.T) {
	t.Parallel()
	tasktest.Run(t, server, tasktest.RealTime())
}

func TestACleanupEndsWhatWasMadeForAnInstance(t *testing.T) {
	t.Parallel()
	var stop chan struct{}
	newTask := func() task.Task {
		stop = make(chan struct{})
		go wait(stop)
		return task.New("sealer", task.Regular, untilStop)
	}
	cleanup := tasktest.Cleanup(func() { close(stop) })

	tasktest.Run(t, newTask, cleanup)
	tasktest.Run(t, newTask, cleanup, tasktest.RealTime(), tasktest.RunFor(0))
}

// What fails a real test, in bubbles that a failure leaves in disorder, is seen from
// outside: this test runs itself in another process.
func TestFailuresInSubtests(t *testing.T) {
	if os.Getenv("TASKTEST_CHILD") != "" {
		failInSubtests(t)
		return
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestFailuresInSubtests$", "-test.count=1")
	cmd.Env = append(os.Environ(), "TASKTEST_CHILD=1")

	out, err := cmd.CombinedOutput()

	require.Error(t, err, "the test passes")
	var lines []string
	for line := range strings.Lines(string(out)) {
		line = regexp.MustCompile(` \(\d+\.\d+s\)`).ReplaceAllString(line, "")
		if _, sentence, ok := strings.Cut(line, ".go:"); ok && strings.Contains(sentence, " task ") {
			_, line, _ = strings.Cut(sentence, " ")
			line, _, _ = strings.Cut(line, "; this is where")
		} else if !strings.Contains(line, "---") && !strings.Contains(line, "panic") {
			continue
		}
		lines = append(lines, strings.TrimSpace(line))
	}
	assert.Equal(t, []string{
		`--- FAIL: TestFailuresInSubtests`,
		`--- FAIL: TestFailuresInSubtests/goroutines_left_behind`,
		`--- FAIL: TestFailuresInSubtests/goroutines_left_behind/stops_right_after_the_start`,
		`task "sealer" leaves goroutines behind, which Run has to wait for:`,
		`--- FAIL: TestFailuresInSubtests/goroutines_left_behind/stops_after_a_while`,
		`task "sealer" leaves goroutines behind, which Run has to wait for:`,
		`--- FAIL: TestFailuresInSubtests/a_socket_in_a_bubble`,
		`--- FAIL: TestFailuresInSubtests/a_socket_in_a_bubble/stops_right_after_the_start`,
		`task "echo-server" waits for something outside of its bubble of virtual time, such as a socket, another process, or a channel made elsewhere (make all that it needs in the function given to tasktest.Run, or give tasktest.RealTime)`,
		`--- FAIL: TestFailuresInSubtests/in_real_time`,
		`--- FAIL: TestFailuresInSubtests/in_real_time/stops_before_its_first_instruction`,
		`task "sealer" does not stop: 1ms after its context was cancelled it still runs`,
		`--- FAIL: TestFailuresInSubtests/in_real_time/stops_right_after_the_start`,
		`task "sealer" does not stop: 1ms after its context was cancelled it still runs`,
		`--- FAIL: TestFailuresInSubtests/in_real_time/stops_after_a_while`,
		`task "sealer" does not stop: 1ms after its context was cancelled it still runs`,
	}, lines, "%s", out)
}

// What takes off its labels is seen by nobody but the bubble itself.
func TestAHiddenGoroutineIsAPanic(t *testing.T) {
	if os.Getenv("TASKTEST_CHILD") != "" {
		tasktest.Run(t, runner(task.Oneshot, func(ctx context.Context) error {
			pprof.SetGoroutineLabels(context.Background())
			if ctx.Err() == nil {
				go wait(make(chan struct{}))
			}
			return nil
		}))
		return
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestAHiddenGoroutineIsAPanic$", "-test.count=1")
	cmd.Env = append(os.Environ(), "TASKTEST_CHILD=1")

	out, err := cmd.CombinedOutput()

	require.Error(t, err)
	assert.Contains(t, string(out), "panic: deadlock: main bubble goroutine has exited but blocked goroutines remain")
	assert.Contains(t, string(out), "tasktest_test.wait")
}

func failInSubtests(t *testing.T) {
	t.Run("goroutines left behind", func(t *testing.T) {
		tasktest.Run(t, runner(task.Oneshot, func(ctx context.Context) error {
			if ctx.Err() == nil {
				go wait(make(chan struct{}))
			}
			return nil
		}))
	})
	t.Run("a socket in a bubble", func(t *testing.T) {
		tasktest.SetPatience(3 * time.Second)
		tasktest.Run(t, server)
	})
	t.Run("in real time", func(t *testing.T) {
		tasktest.Run(t, runner(task.Regular, func(context.Context) error {
			wait(make(chan struct{}))
			return nil
		}), tasktest.RealTime(), tasktest.StopTimeout(time.Millisecond), tasktest.RunFor(0))
	})
}

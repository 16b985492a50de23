package systemd_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/layers/systemd"
	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/service/servicetest"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
	"github.com/wireframework/wireframework/wiring/layertest"
)

var errDisk = errors.New("disk full\nSTATUS=forged")

// tasks is a layer.
func tasks(all ...task.Task) wiring.Layer {
	return wiring.NewLayer("work", func(r *wiring.Registry) error {
		r.ProvideTask(func() []task.Task { return all })
		return nil
	})
}

func untilStop(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

// after is a precondition, or anything else, that takes a while.
func after(id task.ID, kind task.Kind, d time.Duration) task.Task {
	return task.New(id, kind, func(ctx context.Context) error {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(d):
			return nil
		}
	})
}

// start runs a node with the layer in a bubble.
func start(t *testing.T, layer wiring.Layer, opts ...service.Option) (svc *service.Service, ended chan error) {
	t.Helper()
	svc = servicetest.Build(t, service.NewBuilder(opts...).AddLayer(systemd.Notify(), layer))
	ended = make(chan error, 1)
	go func() { ended <- svc.Run(t.Context()) }()
	return svc, ended
}

func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func TestLayer(t *testing.T) {
	t.Run("with a manager", func(t *testing.T) {
		m := manage(t)
		t.Setenv("WATCHDOG_USEC", "20000000")
		layertest.Run(t, systemd.Notify())
		assert.Contains(t, m.all(), "STATUS=wiring")
	})
	t.Run("without", func(t *testing.T) {
		setEnv(t, "", "")
		layertest.Run(t, wiring.Bundle("node", systemd.Notify(), tasks(task.New("sealer", task.Regular, untilStop))))
	})
}

func TestTheManagerIsToldHowTheNodeIs(t *testing.T) {
	m := manage(t)
	synctest.Test(t, func(t *testing.T) {
		svc, ended := start(t, wiring.NewLayer("work", func(r *wiring.Registry) error {
			r.ProvideTask(func() []task.Task {
				time.Sleep(5 * time.Second)
				return []task.Task{
					after("schema-current", task.Precondition, 10*time.Second),
					after("genesis-present", task.Precondition, 20*time.Second),
					task.New("sealer", task.Regular, untilStop),
				}
			})
			return nil
		}), service.DrainDelay(3*time.Second))

		pass(time.Second)
		assert.Equal(t, []string{"STATUS=wiring"}, m.all())
		pass(5 * time.Second)
		assert.Equal(t, []string{"STATUS=waiting for schema-current, genesis-present"}, m.all())
		pass(10 * time.Second)
		assert.Equal(t, []string{"STATUS=waiting for genesis-present"}, m.all())
		pass(10 * time.Second)
		assert.Equal(t, []string{"READY=1\nSTATUS=running"}, m.all())
		pass(time.Hour)
		assert.Empty(t, m.all())

		svc.Stop(errDisk)
		pass(0) // and not after the DrainDelay
		assert.Equal(t, []string{"STOPPING=1\nSTATUS=stopping: disk full"}, m.all())
		assert.ErrorIs(t, <-ended, errDisk)
		assert.Empty(t, m.all())
	})
}

func TestANodeThatIsNeverReadyDoesNotSaySo(t *testing.T) {
	tests := []struct {
		name  string
		layer wiring.Layer
		want  []string
	}{
		{
			name: "a precondition fails",
			layer: tasks(
				task.New("schema-current", task.Precondition, func(context.Context) error { return errDisk }),
				task.New("sealer", task.Regular, untilStop),
			),
			want: []string{"STATUS=wiring", `STOPPING=1` + "\n" + `STATUS=stopping: task "schema-current" (layer "work"): disk full`},
		},
		{
			name: "a constructor fails",
			layer: wiring.NewLayer("work", func(r *wiring.Registry) error {
				r.ProvideTask(func() (task.Task, error) { return nil, errDisk })
				return nil
			}),
			want: []string{"STATUS=wiring", "STOPPING=1\nSTATUS=stopping: wiring: 1 root failure"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := manage(t)
			synctest.Test(t, func(t *testing.T) {
				_, ended := start(t, tt.layer)

				require.ErrorIs(t, <-ended, errDisk)

				var messages []string
				for _, message := range m.all() {
					if !strings.HasPrefix(message, "STATUS=waiting") { // which may have been short
						messages = append(messages, message)
					}
				}
				assert.Equal(t, tt.want, messages)
			})
		})
	}
}

// With Type=notify, a process that ends before it is ready has failed.
func TestANodeThatIsDoneAtOnceWasReady(t *testing.T) {
	m := manage(t)
	for range 20 {
		synctest.Test(t, func(t *testing.T) {
			_, ended := start(t, tasks(after("import", task.Oneshot, 0)))

			require.NoError(t, <-ended)

			assert.Equal(t, []string{
				"STATUS=wiring",
				"READY=1\nSTATUS=running",
				"STOPPING=1\nSTATUS=stopping: every task that keeps the service alive has returned",
			}, m.all())
		})
	}
}

func TestAStatusIsOneLineOfBoundedLength(t *testing.T) {
	m := manage(t)
	synctest.Test(t, func(t *testing.T) {
		var all []task.Task
		for i := range 12 {
			all = append(all, after(task.ID(fmt.Sprintf("check-%d", i)), task.Precondition, time.Minute))
		}
		svc, ended := start(t, tasks(all...))
		pass(time.Second)
		assert.Equal(t, "STATUS=waiting for check-0, check-1, check-2, check-3, check-4, check-5, check-6, check-7, check-8, check-9 and 2 more", m.all()[1])

		svc.Stop(errors.New("a\tb\r\xff" + strings.Repeat("ü", 5000)))

		require.Error(t, <-ended)
		text := m.all()[0]
		assert.Contains(t, text, "STOPPING=1\nSTATUS=stopping: a b ?ü")
		assert.True(t, strings.HasSuffix(text, "..."))
		assert.Less(t, len(text), 1100)
	})
}

func TestTheWatchdogIsToldUntilTheNodeHasDrained(t *testing.T) {
	m := manage(t)
	t.Setenv("WATCHDOG_USEC", "20000000")
	t.Setenv("WATCHDOG_PID", fmt.Sprint(os.Getpid()))
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		drained := make(chan struct{})
		svc, ended := start(t, tasks(task.New("sealer", task.Regular, func(ctx context.Context) error {
			<-ctx.Done()
			time.Sleep(15 * time.Second)
			close(drained)
			return nil
		})))
		pings := func() (n int) {
			for _, message := range m.all() {
				if message == "WATCHDOG=1" {
					n++
				}
			}
			return n
		}
		pass(time.Second)
		assert.Equal(t, 1, pings())
		for range 10 {
			pass(9*time.Second - time.Millisecond)
			assert.Equal(t, 0, pings(), "after %v", time.Since(began))
			pass(time.Second + time.Millisecond)
			assert.Equal(t, 1, pings(), "after %v", time.Since(began))
		}

		svc.Stop(nil) // after 101 s
		<-drained     // after 116 s
		synctest.Wait()
		assert.Equal(t, 1, pings(), "the one of 110 s")
		assert.NoError(t, <-ended)
	})
}

func TestWhoIsNotWatchedHasNoWatchdog(t *testing.T) {
	tests := []struct{ name, usec, pid, warning string }{
		{name: "no watchdog"},
		{name: "the watchdog of another process", usec: "1000000", pid: fmt.Sprint(os.Getppid())},
		{name: "a watchdog of no time", usec: "0", warning: "systemd watchdog is not told"},
		{name: "no number", usec: "often", warning: "systemd watchdog is not told"},
		{name: "no number of a process", usec: "1000000", pid: "me", warning: "systemd watchdog is not told"},
		{name: "more time than there is", usec: "9223372036854775807"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := manage(t)
			t.Setenv("WATCHDOG_USEC", tt.usec)
			t.Setenv("WATCHDOG_PID", tt.pid)
			synctest.Test(t, func(t *testing.T) {
				var out bytes.Buffer
				svc, ended := start(t, tasks(task.New("sealer", task.Regular, untilStop)), logTo(&out))
				pass(time.Hour)

				assert.Len(t, svc.Status().Tasks, 1)
				assert.NotContains(t, m.all(), "WATCHDOG=1")
				assert.Equal(t, tt.warning, warnings(out.String()))
				svc.Stop(nil)
				assert.NoError(t, <-ended)
			})
		})
	}
}

func TestWithoutAManagerNothingHappens(t *testing.T) {
	setEnv(t, "", "1000000")
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		svc, ended := start(t, tasks(task.New("sealer", task.Regular, untilStop)), logTo(&out))
		pass(time.Hour)

		assert.Len(t, svc.Status().Tasks, 1)
		svc.Stop(nil)
		assert.NoError(t, <-ended)
		assert.Empty(t, warnings(out.String()))
	})
}

func TestASocketThatIsNotThereIsOneWarning(t *testing.T) {
	for _, missing := range []bool{true, false} {
		t.Run(fmt.Sprintf("from the start: %v", missing), func(t *testing.T) {
			var m *manager
			if missing {
				setEnv(t, filepath.Join(t.TempDir(), "notify"), "1000000")
			} else {
				m = manage(t)
				t.Setenv("WATCHDOG_USEC", "20000000")
			}
			synctest.Test(t, func(t *testing.T) {
				var out bytes.Buffer
				svc, ended := start(t, tasks(task.New("sealer", task.Regular, untilStop)), logTo(&out))
				pass(time.Second)
				if m != nil {
					assert.Contains(t, m.all(), "READY=1\nSTATUS=running")
					assert.NoError(t, m.conn.Close())
				}
				pass(time.Minute)
				assert.Equal(t, service.PhaseRunning, svc.Status().Phase)
				svc.Stop(nil)

				assert.NoError(t, <-ended)
				assert.Equal(t, "systemd cannot be told how the node is", warnings(out.String()))
			})
		})
	}
}

func TestAManagerThatHangsHoldsUpNothing(t *testing.T) {
	m := manage(t)
	t.Setenv("WATCHDOG_USEC", "1000")
	filler, err := net.DialUnix("unixgram", nil, m.conn.LocalAddr().(*net.UnixAddr))
	require.NoError(t, err)
	defer filler.Close()
	for err == nil {
		require.NoError(t, filler.SetWriteDeadline(time.Now().Add(10*time.Millisecond)))
		_, err = filler.Write([]byte("STATUS=busy"))
	}
	require.ErrorIs(t, err, os.ErrDeadlineExceeded)
	run := func(hooks time.Duration) error {
		svc := servicetest.Build(t, service.NewBuilder(service.HookTimeout(hooks)).
			AddLayer(systemd.Notify(), tasks(after("import", task.Oneshot, 20*time.Millisecond))))
		return svc.Run(t.Context())
	}

	began := time.Now()
	assert.NoError(t, run(time.Minute))
	assert.Less(t, time.Since(began), 30*time.Second)

	for range 20 { // on a busy machine any hook may be late
		if err = run(50 * time.Millisecond); err == nil {
			break
		}
	}
	assert.NoError(t, err)
}

func TestAnAbstractSocket(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("abstract sockets are of Linux")
	}
	m := manageAt(t, fmt.Sprintf("@wireframework-systemd-test-%d", os.Getpid()))
	synctest.Test(t, func(t *testing.T) {
		_, ended := start(t, tasks(after("import", task.Oneshot, 0)))

		require.NoError(t, <-ended)

		assert.Contains(t, m.all(), "READY=1\nSTATUS=running")
	})
}

// Two nodes of one process both know the socket, and no child process does.
func TestTheNodesOfAProcess(t *testing.T) {
	m := manage(t)
	t.Setenv("WATCHDOG_USEC", "1000000")
	cmd, stdout, stderr := activate(t, "notify", "")
	require.NoError(t, cmd.Start())
	ended := make(chan error, 1)
	go func() {
		err := cmd.Wait()
		m.finish()
		ended <- err
	}()
	m.await(2, "READY=1\nSTATUS=running")
	m.await(2, "WATCHDOG=1")

	require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))

	m.await(2, "STOPPING=1\nSTATUS=stopping: ")
	require.NoError(t, <-ended, "%s", stderr)
	assert.Equal(t, "printed\n", stdout.String())
}

func logTo(out *bytes.Buffer) service.Option {
	return service.Logger(slog.New(slog.NewTextHandler(out, nil)))
}

// warnings returns the messages of all warnings of a log.
func warnings(log string) string {
	var all []string
	for line := range strings.Lines(log) {
		if _, text, ok := strings.Cut(line, `level=WARN msg="`); ok {
			text, _, _ := strings.Cut(text, `"`)
			all = append(all, text)
		}
	}
	return strings.Join(all, "\n")
}

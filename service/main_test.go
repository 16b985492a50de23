package service_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

// programVariable names, in the environment of the test binary, the program that it
// is to be instead of a test.
const programVariable = "WIREFRAMEWORK_TEST_PROGRAM"

func TestMain(m *testing.M) {
	if name := os.Getenv(programVariable); name != "" {
		service.Main(programs[name])
		panic("Main has returned")
	}
	goleak.VerifyTestMain(m)
}

// programs are what main functions pass to Main. Each says on standard output when
// it may be signalled.
var programs = map[string]func() (*service.Service, error){
	"good": func() (*service.Service, error) {
		return program(provide("work", waits("regular", task.Regular), tell("ready")))
	},
	"stubborn": func() (*service.Service, error) {
		return program(provide("work", task.New("stubborn", task.Regular, ignoreTheStop)))
	},
	"failing": func() (*service.Service, error) {
		return program(provide("work", lasts("bad", task.Oneshot, 0, errBoom)))
	},
	"unbuildable": func() (*service.Service, error) {
		return program(layer("api", func(r *wiring.Registry) { r.ProvideTask(func(*database) task.Task { return nil }) }))
	},
	"slow to build": func() (*service.Service, error) {
		say("ready")
		_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
		return program(provide("work", tell("entered")))
	},
	"slow to wire": func() (*service.Service, error) {
		return program(layer("slow", func(r *wiring.Registry) {
			r.ProvideTask(func(ctx context.Context, h *wiring.ShutdownHooks) (task.Task, error) {
				h.Add("hook", func(context.Context) error { say("hook"); return nil })
				say("ready")
				<-ctx.Done()
				return nil, ctx.Err()
			})
		}))
	},
}

func program(layers ...wiring.Layer) (*service.Service, error) {
	return service.NewBuilder(service.Logger(slog.New(slog.DiscardHandler))).AddLayer(layers...).Build()
}

func tell(what string) task.Task {
	return task.New(task.ID("tell-"+what), task.UnconstrainedOneshot, func(context.Context) error { say(what); return nil })
}

// ignoreTheStop is found by its name in a stack.
func ignoreTheStop(ctx context.Context) error {
	say("ready")
	<-ctx.Done()
	say("told")
	select {}
}

func say(what string) { fmt.Println(what) }

// process is a program that runs.
type process struct {
	t      *testing.T
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	stdout *bufio.Reader
	stderr lockedBuffer
}

func startProcess(t *testing.T, name string) *process {
	t.Helper()
	exe, err := os.Executable()
	require.NoError(t, err)
	p := &process{t: t, cmd: exec.Command(exe)}
	// The race detector would wait for a second at the end of each process.
	p.cmd.Env = append(os.Environ(), programVariable+"="+name, "GORACE=atexit_sleep_ms=0")
	p.cmd.Stderr = &p.stderr
	p.stdin, err = p.cmd.StdinPipe()
	require.NoError(t, err)
	stdout, err := p.cmd.StdoutPipe()
	require.NoError(t, err)
	p.stdout = bufio.NewReader(stdout)
	require.NoError(t, p.cmd.Start())
	t.Cleanup(func() { _ = p.cmd.Process.Kill() })
	return p
}

func (p *process) expect(line string) {
	p.t.Helper()
	got, err := p.stdout.ReadString('\n')
	require.NoError(p.t, err, "%s", p.stderr.String())
	require.Equal(p.t, line+"\n", got)
}

func (p *process) signal(sig os.Signal) {
	p.t.Helper()
	require.NoError(p.t, p.cmd.Process.Signal(sig))
}

// end returns the exit code, and the rest of what was printed.
func (p *process) end() (code int, stdout, stderr string) {
	p.t.Helper()
	rest, err := io.ReadAll(p.stdout)
	require.NoError(p.t, err)
	if err := p.cmd.Wait(); err != nil {
		_, exited := errors.AsType[*exec.ExitError](err)
		require.True(p.t, exited, "%v", err)
	}
	return p.cmd.ProcessState.ExitCode(), string(rest), p.stderr.String()
}

func TestMainOfAProcess(t *testing.T) {
	tests := []struct {
		name    string
		program string
		drive   func(p *process)
		code    int
		stdout  string
		stderr  []string // what is in it; empty if nothing is
	}{
		{"SIGTERM stops it", "good", func(p *process) {
			p.expect("ready")
			p.signal(syscall.SIGTERM)
		}, 0, "", nil},
		{"SIGINT stops it", "good", func(p *process) {
			p.expect("ready")
			p.signal(syscall.SIGINT)
		}, 0, "", nil},
		{"a second SIGINT ends it", "stubborn", func(p *process) {
			p.expect("ready")
			p.signal(syscall.SIGINT)
			p.expect("told")
			p.signal(syscall.SIGINT)
		}, 130, "", []string{"second signal (interrupt)", `task "stubborn" (layer "work") is stopping`, "service_test.ignoreTheStop"}},
		{"a second SIGTERM ends it", "stubborn", func(p *process) {
			p.expect("ready")
			p.signal(syscall.SIGTERM)
			p.expect("told")
			p.signal(syscall.SIGTERM)
		}, 143, "", []string{"second signal (terminated)", `task "stubborn" (layer "work") is stopping`, "service_test.ignoreTheStop"}},
		{"a failing task", "failing", func(*process) {}, 1, "", []string{`task "bad" (layer "work"): boom`}},
		{"a graph that does not verify", "unbuildable", func(*process) {}, 1, "", []string{
			"wiring: 1 problem", `layer "api": `, `needs *service_test.database, which no layer provides`,
		}},
		{"a signal while it is built", "slow to build", func(p *process) {
			p.expect("ready")
			p.signal(syscall.SIGTERM)
			// The signal is on its way; if the build ends first, it stops a service that
			// runs already.
			_, _ = io.WriteString(p.stdin, "\n")
		}, 0, "", nil},
		{"a signal while it is wired", "slow to wire", func(p *process) {
			p.expect("ready")
			p.signal(syscall.SIGINT)
		}, 0, "hook\n", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := startProcess(t, tt.program)
			tt.drive(p)

			code, stdout, stderr := p.end()
			assert.Equal(t, tt.code, code, stderr)
			if tt.program != "slow to build" {
				assert.Equal(t, tt.stdout, stdout)
			}
			if len(tt.stderr) == 0 {
				assert.Empty(t, stderr)
			}
			for _, part := range tt.stderr {
				assert.Contains(t, stderr, part)
			}
			for line := range strings.Lines(stderr) {
				assert.NotContains(t, line, "panic")
			}
		})
	}
}

package cli_test

import (
	"context"
	"io"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/layers/cli"
	"github.com/wireframework/wireframework/service"
)

func TestRunWithoutFlagsRunsTheFirstDeploymentWithItsDefaults(t *testing.T) {
	got := options[standaloneOptions](t, "run")

	assert.Equal(t, standaloneOptions{HTTP: serverOptions{Listen: "127.0.0.1:8080", Limit: 10, Timeout: time.Minute}}, got)
}

func TestRunTakesFlagsOfTheDefaultDeployment(t *testing.T) {
	got := options[standaloneOptions](t, "run --http-listen=:80 --http-hosts=a,b --http-labels=a=1;b=2 --stop-timeout=1s")

	assert.Equal(t, ":80", got.HTTP.Listen)
	assert.Equal(t, []string{"a", "b"}, got.HTTP.Hosts)
	assert.Equal(t, map[string]string{"a": "1", "b": "2"}, got.HTTP.Labels)
}

func TestRunTakesAnotherDeploymentWithItsFlags(t *testing.T) {
	got := options[clusterOptions](t, "run --drain-delay=0s cluster --stop-timeout=1s --leader=etcd --postgres-url=here")

	assert.Equal(t, "etcd", got.Leader)
	assert.Equal(t, "here", got.Database.URL)
	assert.Equal(t, ":8080", got.HTTP.Listen[len("127.0.0.1"):], "the default")
}

func TestRunInsistsOnRequiredFlags(t *testing.T) {
	r := run(t, newApp(nil), "run cluster")

	assert.Equal(t, result{2, "", "ledger: missing flags: --postgres-url=URL\nRun \"ledger run cluster --help\" for help.\n"}, r)
}

func TestRunReturnsTheErrorsOfTheNode(t *testing.T) {
	r := run(t, newApp(nil), "run --fails")

	assert.Equal(t, 1, r.code)
	assert.Contains(t, r.stderr, `ledger: task "work" (layer "worker"): panic: disk full`)
	assert.Contains(t, r.stderr, "main_test.go", "the stack of the panic")
}

func TestRunReportsMistakesOfTheWiring(t *testing.T) {
	r := run(t, newApp(nil), "run cluster --postgres-url=")

	assert.Equal(t, 1, r.code)
	assert.Contains(t, r.stderr, "option url is empty")
}

func TestRunEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()

	code := newApp(nil).Run(ctx, []string{"run", "--waits"}, io.Discard, io.Discard)

	assert.Zero(t, code)
}

func TestRunHandsItsFlagsToTheService(t *testing.T) {
	for flag, option := range map[string]string{
		"--stop-timeout":         "StopTimeout",
		"--hook-timeout":         "HookTimeout",
		"--shutdown-timeout":     "ShutdownTimeout",
		"--precondition-timeout": "PreconditionTimeout",
		"--drain-delay":          "DrainDelay",
	} {
		t.Run(option, func(t *testing.T) {
			r := run(t, newApp(nil), "run "+flag+"=-1s")

			assert.Equal(t, 1, r.code)
			assert.Contains(t, r.stderr, "option "+option+" is negative: -1s")
		})
	}
}

func TestRunLeavesOptionsOfTheDeploymentAlone(t *testing.T) {
	app := cli.New("ledger", "", cli.Deployment("one", "", func(standaloneOptions) *service.Builder {
		return service.NewBuilder(service.StopTimeout(-2 * time.Second)).AddLayer(worker(standaloneOptions{}))
	}))

	r := run(t, app, "run")

	assert.Contains(t, r.stderr, "option StopTimeout is negative: -2s")
}

func TestRunOfANilBuilder(t *testing.T) {
	app := cli.New("ledger", "", cli.Deployment("one", "", func(standaloneOptions) *service.Builder { return nil }))

	for _, command := range []string{"run", "graph", "tasks"} {
		assert.Equal(t, result{1, "", "ledger: deployment \"one\" is a nil builder\n"}, run(t, app, command), command)
	}
	assert.Equal(t, result{1, "", "one: deployment \"one\" is a nil builder\n"}, run(t, app, "check"))
}

// node starts the test binary as the node.
func node(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
	cmd.Env = append(os.Environ(), mainEnv+"=1")
	return cmd
}

func TestAProcessStopsCleanlyOnASignal(t *testing.T) {
	cmd := node(t, "run", "--waits")
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	line := make([]byte, len("works\n"))
	_, err = io.ReadFull(stdout, line)
	require.NoError(t, err)

	require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))

	assert.NoError(t, cmd.Wait(), "exit code 0")
}

func TestExitCodesOfAProcess(t *testing.T) {
	tests := []struct {
		name string
		args []string
		code int
	}{
		{"a clean end", []string{"run"}, 0},
		{"a task that fails", []string{"run", "--fails"}, 1},
		{"a flag that does not exist", []string{"run", "--nonsense"}, 2},
		{"check", []string{"check"}, 0},
		{"help", []string{"--help"}, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cmd := node(t, tt.args...)
			_ = cmd.Run()

			assert.Equal(t, tt.code, cmd.ProcessState.ExitCode())
		})
	}
}

//go:build unix

package main

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestProcess is about what no test within the process can see: signals, exit codes
// and standard error.
func TestProcess(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "quickstart")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-o", binary, ".").CombinedOutput()
	require.NoError(t, err, "%s", out)

	t.Run("SIGTERM while a read of standard input blocks ends it cleanly", func(t *testing.T) {
		p := startProcess(t, binary)
		_, err := io.WriteString(p.stdin, "one\n")
		require.NoError(t, err)
		p.stdout.await(t, `progress: lines 1,`)
		url := awaitReady(t, p.stdout)
		status, body := request(t, http.MethodGet, url+"/lines/1", "")
		require.Equal(t, http.StatusOK, status)
		require.JSONEq(t, `{"number": 1, "text": "one"}`, body)

		p.signal(t, syscall.SIGTERM)

		assert.Equal(t, 0, p.exitCode())
		assert.Empty(t, p.stderr.text())
	})

	t.Run("SIGINT lets a request end, and keeps what it has brought", func(t *testing.T) {
		dir := t.TempDir()
		p := startProcess(t, binary, "-dir", dir)
		conn := hangingRequest(t, strings.TrimPrefix(awaitReady(t, p.stdout), "http://"))

		p.signal(t, syscall.SIGINT)
		p.stdout.await(t, "stopping when open requests have ended\n")
		_, err := io.WriteString(conn, "late\n")
		require.NoError(t, err)

		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		require.NoError(t, err)
		defer resp.Body.Close()
		assert.Equal(t, http.StatusCreated, resp.StatusCode)
		assert.Equal(t, 0, p.exitCode())
		assert.Empty(t, p.stderr.text())
		kept := newTestFileStore(t, dir)
		require.NoError(t, kept.open(t.Context()))
		assert.Equal(t, Counts{Lines: 1, Words: 1, Different: 1}, kept.Counts())
	})

	t.Run("a second SIGINT does not wait for a request", func(t *testing.T) {
		p := startProcess(t, binary)
		hangingRequest(t, strings.TrimPrefix(awaitReady(t, p.stdout), "http://"))

		p.signal(t, syscall.SIGINT)
		p.stdout.await(t, "stopping when open requests have ended\n")
		p.signal(t, syscall.SIGINT)

		assert.Equal(t, 130, p.exitCode())
		assert.Contains(t, p.stderr.text(), `task "http-server" (layer "api") is stopping`)
		assert.Contains(t, p.stderr.text(), "addLines", "the function that hangs")
	})

	busy, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer busy.Close()
	mistakes := []struct {
		name   string
		args   []string
		layer  string
		reason string
	}{
		{
			name: "an input that does not exist", args: []string{"-input", filepath.Join(t.TempDir(), "missing")},
			layer: "ingest", reason: "missing: no such file or directory",
		},
		{
			name: "a port in use", args: []string{"-listen", busy.Addr().String()},
			layer: "api", reason: "address already in use",
		},
		{
			name: "a directory that cannot be", args: []string{"-dir", filepath.Join(binary, "below")},
			layer: "storage", reason: "not a directory",
		},
	}
	for _, tt := range mistakes {
		t.Run(tt.name+" is one line on standard error", func(t *testing.T) {
			p := startProcess(t, binary, tt.args...)

			assert.Equal(t, 1, p.exitCode())
			line, ended := strings.CutSuffix(p.stderr.text(), "\n")
			assert.True(t, ended)
			assert.NotContains(t, line, "\n")
			assert.Contains(t, line, "quickstart: ")
			assert.Contains(t, line, `layer "`+tt.layer+`"`)
			assert.Contains(t, line, tt.reason)
		})
	}

	usages := []struct {
		name string
		arg  string
		code int
		want string
	}{
		{name: "help", arg: "-h", code: 0, want: "Usage of quickstart:"},
		{name: "an unknown flag", arg: "-inptu", code: 2, want: "flag provided but not defined: -inptu\nUsage of quickstart:"},
		{name: "an argument", arg: "file", code: 2, want: "unexpected argument: file\nUsage of quickstart:"},
	}
	for _, tt := range usages {
		t.Run(tt.name+" is answered with the usage", func(t *testing.T) {
			p := startProcess(t, binary, tt.arg)

			assert.Equal(t, tt.code, p.exitCode())
			assert.Contains(t, p.stderr.text(), tt.want)
			assert.Empty(t, p.stdout.text())
		})
	}
}

// process is the program as a process of its own.
type process struct {
	cmd    *exec.Cmd
	stdin  io.Writer // open as long as the process runs
	stdout *console
	stderr *console
}

func startProcess(t *testing.T, binary string, args ...string) *process {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	cmd := exec.CommandContext(ctx, binary, append([]string{"-every", "10ms"}, args...)...)
	p := &process{cmd: cmd, stdout: newConsole(), stderr: newConsole()}
	cmd.Stdout, cmd.Stderr = p.stdout, p.stderr
	stdin, err := cmd.StdinPipe()
	require.NoError(t, err)
	p.stdin = stdin
	require.NoError(t, cmd.Start())
	go func() {
		_ = cmd.Wait() // its error is the exit code
		p.stderr.close()
		p.stdout.close()
	}()
	t.Cleanup(func() {
		cancel() // kills it, if the test has failed
		<-p.stdout.ended
	})
	return p
}

func (p *process) signal(t *testing.T, sig syscall.Signal) {
	t.Helper()
	require.NoError(t, p.cmd.Process.Signal(sig))
}

// exitCode waits for the end of the process. It is -1 for one that had to be killed.
func (p *process) exitCode() int {
	<-p.stdout.ended
	return p.cmd.ProcessState.ExitCode()
}

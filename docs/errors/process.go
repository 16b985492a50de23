package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"time"
)

// bound is the time that a process has, far more than any needs. It is there for those
// that hang.
const bound = time.Minute

// outcome is what a process has printed and how it has ended.
type outcome struct {
	text string // scrubbed, without a newline at the end; may be empty
	code int    // -1 for one that a signal has ended
}

// stopOn calls stop when the process gets the signal.
func stopOn(sig os.Signal, stop func()) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, sig)
	go func() {
		<-signals
		stop()
	}()
}

// run makes the mistake in a process of the program, which goes by the name "node".
func (m *mistake) run(ctx context.Context, program, way string) (outcome, error) {
	ctx, cancel := context.WithTimeout(ctx, bound)
	defer cancel()
	cmd := exec.CommandContext(ctx, program)
	cmd.Args = []string{"node"}
	cmd.Env = append(os.Environ(), variable+"="+m.name+" "+way, "GOTRACEBACK=single")
	return output(ctx, cmd)
}

// runTest makes the mistake with the go command, in dir.
func (m *mistake) runTest(ctx context.Context, dir string) (outcome, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*bound) // it compiles
	defer cancel()
	cmd := exec.CommandContext(ctx, "go", "test", "-count=1", "-run", "^"+m.test+"$", ".")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), variable+"="+m.name, "GOWORK=off")
	out, err := output(ctx, cmd)
	if err == nil && !strings.HasPrefix(out.text, "--- FAIL: "+m.test) {
		return out, fmt.Errorf("go test: %s", out.text)
	}
	return out, err
}

// output runs a command and returns what it has printed. With a peer that has returned an
// error this is the error, without the log.
func output(ctx context.Context, cmd *exec.Cmd) (outcome, error) {
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if ctx.Err() != nil {
		return outcome{}, fmt.Errorf("%v is still running: %w", cmd, ctx.Err())
	}
	if _, exited := errors.AsType[*exec.ExitError](err); err != nil && !exited {
		return outcome{}, err
	}
	out := outcome{code: cmd.ProcessState.ExitCode()}
	if out.code != exitPeer {
		stdout.Write(stderr.Bytes())
	}
	out.text = scrub(stdout.String())
	return out, nil
}

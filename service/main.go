package service

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/pprof"
	"sync/atomic"
	"syscall"

	"github.com/wireframework/wireframework/internal/supervise"
)

// Main is the body of the main function of a node: it builds the service, runs it,
// and ends the process. The exit code is 0 after a clean stop and 1 after an error,
// which is printed to standard error.
//
// SIGINT and SIGTERM are caught before anything is built. The first asks the service
// to stop, cleanly; the second ends the process at once, with exit code 130 or 143,
// after printing what still runs and where.
func Main(build func() (*Service, error)) {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	os.Exit(runMain(build, signals, os.Stderr))
}

var errNoService = errors.New("service.Main: the function returned neither a service nor an error")

// signalError is the cause of a stop by a signal, which is a plain cancellation.
type signalError struct{ sig os.Signal }

func (e signalError) Error() string        { return fmt.Sprintf("signal %v", e.sig) }
func (e signalError) Is(target error) bool { return target == context.Canceled }

// runMain is Main without the process around it; it returns the exit code.
func runMain(build func() (*Service, error), signals <-chan os.Signal, stderr io.Writer) int {
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	var built atomic.Pointer[Service]
	call := supervise.Go(ctx, pprof.Labels("wireframework", "main"), func(ctx context.Context) error {
		s, err := build()
		if err != nil {
			return err
		}
		if s == nil {
			return errNoService
		}
		built.Store(s)
		return s.Run(ctx)
	})
	stopping := false
	for {
		select {
		case <-call.Done():
			return report(call.Err(), stderr)
		case sig := <-signals:
			if stopping {
				return forced(built.Load(), sig, stderr)
			}
			stopping = true
			cancel(signalError{sig})
		}
	}
}

// report prints the errors of a run and returns the exit code.
func report(err error, stderr io.Writer) int {
	if err == nil {
		return 0
	}
	WriteError(stderr, program(), err)
	return 1
}

// forced prints what still runs.
func forced(s *Service, sig os.Signal, stderr io.Writer) int {
	say(stderr, "%s: second signal (%v), ending at once", program(), sig)
	if s == nil {
		say(stderr, "the service was still being built\n%s", supervise.Stacks("wireframework")[supervise.Owner{Name: "main"}])
	} else {
		describe(s, stderr)
	}
	if number, ok := sig.(syscall.Signal); ok {
		return 128 + int(number)
	}
	return 1
}

func describe(s *Service, stderr io.Writer) {
	status := s.Status()
	say(stderr, "phase %v since %v, cause: %v", status.Phase, status.Since.Format("15:04:05"), status.Cause)
	stacks := supervise.Stacks("task")
	for _, t := range status.Tasks {
		if t.State == StateRunning || t.State == StateStopping || t.State == StateAbandoned {
			say(stderr, "task %q (layer %q) is %v\n%s", t.ID, t.Layer, t.State, stacks[supervise.Owner{Name: string(t.ID), Layer: t.Layer}])
		}
	}
	if src, since, ok := s.build.Current(); ok {
		say(stderr, "%v runs since %v\n%s", src, since.Format("15:04:05"), constructorStack(src))
	}
	for hook, stack := range supervise.Stacks("hook") {
		say(stderr, "shutdown hook %q (layer %q) runs\n%s", hook.Name, hook.Layer, stack)
	}
}

func say(w io.Writer, format string, args ...any) {
	_, _ = fmt.Fprintf(w, format+"\n", args...)
}

func program() string { return filepath.Base(os.Args[0]) }

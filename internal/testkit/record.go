package testkit

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"runtime"
	"sync"
	"testing"
)

// Recording is what a test has reported.
type Recording struct {
	Failures []string // texts of Error, Fatal and the like
	Failed   bool
	Text     string // what it has logged and written to its output
}

// Record calls f with a test that fails without consequences, on a goroutine of its
// own, runs the clean-ups, and returns what was reported. The test kits use it to test
// themselves. It is in the bubble of [testing/synctest] of its caller, if there is one.
// What the test cannot do by itself, such as TempDir, is left to t, which may be nil.
func Record(t testing.TB, f func(testing.TB)) Recording {
	ctx, cancel := context.WithCancel(context.Background())
	r := &recorder{TB: t, ctx: ctx}
	r.await(func() { f(r) })
	cancel()
	for cleanup := r.popCleanup(); cleanup != nil; cleanup = r.popCleanup() {
		r.await(cleanup)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return Recording{Failures: r.failures, Failed: r.failed, Text: r.out.String()}
}

// recorder implements testing.TB.
type recorder struct {
	testing.TB // of the test that records
	ctx        context.Context

	mu       sync.Mutex // protects following fields
	failures []string
	failed   bool
	out      bytes.Buffer
	cleanups []func()
}

// await calls f, which may end its goroutine.
func (r *recorder) await(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	<-done
}

func (r *recorder) popCleanup() func() {
	r.mu.Lock()
	defer r.mu.Unlock()
	last := len(r.cleanups) - 1
	if last < 0 {
		return nil
	}
	f := r.cleanups[last]
	r.cleanups = r.cleanups[:last]
	return f
}

func (r *recorder) fail(text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failures = append(r.failures, text)
	r.failed = true
}

func (r *recorder) Error(args ...any) { r.fail(fmt.Sprint(args...)) }

func (r *recorder) Errorf(format string, args ...any) { r.fail(fmt.Sprintf(format, args...)) }

func (r *recorder) Fatal(args ...any) {
	r.fail(fmt.Sprint(args...))
	runtime.Goexit()
}

func (r *recorder) Fatalf(format string, args ...any) {
	r.fail(fmt.Sprintf(format, args...))
	runtime.Goexit()
}

func (r *recorder) Fail() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failed = true
}

func (r *recorder) FailNow() {
	r.Fail()
	runtime.Goexit()
}

func (r *recorder) Failed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.failed
}

func (r *recorder) Log(args ...any) { _, _ = fmt.Fprintln(r.Output(), args...) }

func (r *recorder) Logf(format string, args ...any) {
	_, _ = fmt.Fprintf(r.Output(), format+"\n", args...)
}

func (r *recorder) Output() io.Writer { return (*recorderOutput)(r) }

func (r *recorder) Context() context.Context { return r.ctx }

func (r *recorder) Helper() {}

func (r *recorder) Cleanup(f func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.cleanups = append(r.cleanups, f)
}

type recorderOutput recorder

func (o *recorderOutput) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.out.Write(p)
}

package service_test

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

func hangHere(free <-chan struct{}) { <-free }

func panicHere(m map[string]int) { m["key"]++ }

// report is what WriteError makes of a run: the lines before a stack.
func report(t *testing.T, layers ...wiring.Layer) []string {
	t.Helper()
	s := build(t, options{service.StopTimeout(time.Second), service.HookTimeout(time.Second)}, layers...)
	defer time.AfterFunc(time.Minute, func() { s.Stop(nil) }).Stop()
	var b strings.Builder
	service.WriteError(&b, "node", s.Run(t.Context()))
	text, _, _ := strings.Cut(b.String(), "goroutine ")
	return strings.Split(strings.TrimRight(scrubLines(text), "\n"), "\n")
}

var (
	lineNumber = regexp.MustCompile(`_test\.go:\d+`)
	closure    = regexp.MustCompile(`\.func[\d.]+`)
)

func scrubLines(text string) string {
	return closure.ReplaceAllString(lineNumber.ReplaceAllString(text, "_test.go:N"), ".func")
}

func TestWriteErrorSaysWhereAndWhatNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		free := make(chan struct{})
		time.AfterFunc(time.Hour, func() { close(free) })
		defer time.Sleep(2 * time.Hour)

		assert.Equal(t, []string{
			`node: task "hung" (layer "test"): did not stop in time: still running 1s after it was told (StopTimeout)`,
			`    at service_test.hangHere (service/report_test.go:N) (return when the context is done, or raise the timeout)`,
		}, report(t, provide("test", task.New("hung", task.Regular, func(context.Context) error { hangHere(free); return nil }))))

		assert.Equal(t, []string{
			`node: task "bad" (layer "test"): panic: assignment to entry in nil map`,
			`    at service_test.panicHere (service/report_test.go:N)`,
		}, report(t, provide("test", task.New("bad", task.Regular, func(context.Context) error { panicHere(nil); return nil }))))

		assert.Equal(t, []string{
			`node: shutdown hook "flush" (layer "hooks"): did not stop in time: still running after 1s (HookTimeout): context deadline exceeded`,
			`    at service_test.hangHere (service/report_test.go:N) (return when the context is done, or raise the timeout)`,
		}, report(t, provide("test", lasts("one", task.Oneshot, 0, nil)), layer("hooks", func(r *wiring.Registry) {
			r.Invoke(func(h *wiring.ShutdownHooks) {
				h.Add("flush", func(context.Context) error { hangHere(free); return nil })
			})
		})))

		assert.Equal(t, []string{
			`node: layer "net": TestWriteErrorSaysWhereAndWhatNext.func (service/report_test.go:N): did not stop in time: still running 1s after the stop request`,
			`    at service_test.hangHere (service/report_test.go:N) (take a context.Context first and return when it is done, or raise StopTimeout)`,
		}, report(t, layer("net", func(r *wiring.Registry) {
			r.ProvideTask(func() task.Task { hangHere(free); return nil })
		})))
	})
}

func TestWriteErrorOfPlainErrorsIsALineEach(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		assert.Equal(t, []string{
			`node: task "one" (layer "test"): boom`,
			`node: task "two" (layer "test"): boom`,
		}, report(t, provide("test", lasts("one", task.Regular, time.Second, errBoom), lingers("two", task.Regular, 0, errBoom))))
	})

	var b strings.Builder
	service.WriteError(&b, "node", errors.New("config: no such file"))
	assert.Equal(t, "node: config: no such file\n", b.String())
}

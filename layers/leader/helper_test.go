package leader_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wireframework/wireframework/layers/leader"
	"github.com/wireframework/wireframework/layers/leader/leadertest"
	"github.com/wireframework/wireframework/task"
)

var errBoom = errors.New("disk full")

// journal is what happens, a line each.
type journal struct {
	mu    sync.Mutex // protects following field
	lines []string
}

func (j *journal) add(line string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, line)
}

// take returns the lines since the last call, once nothing moves any more.
func (j *journal) take() []string {
	synctest.Wait()
	j.mu.Lock()
	defer j.mu.Unlock()
	lines := j.lines
	j.lines = nil
	return lines
}

// log is a log without times.
type log struct {
	mu  sync.Mutex // protects following field
	out bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.out.Write(p)
}

func (l *log) lines() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	text := strings.TrimSuffix(l.out.String(), "\n")
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}

func (l *log) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		},
	}))
}

// fakeRuntime is a service as a task sees it, with a drain that ends d after the stop.
type fakeRuntime struct {
	log   log
	drain time.Duration
}

func (r *fakeRuntime) Logger() *slog.Logger         { return r.log.logger() }
func (r *fakeRuntime) SetStopTimeout(time.Duration) {}

func (r *fakeRuntime) Drain(parent context.Context) context.Context {
	drain, cancel := context.WithCancel(context.WithoutCancel(parent))
	context.AfterFunc(parent, func() { time.AfterFunc(r.drain, cancel) })
	return drain
}

// node is a task under election that runs in a bubble.
type node struct {
	*leadertest.Elector
	*journal
	rt   *fakeRuntime
	stop context.CancelFunc
	done chan struct{} // closed when the task has ended
	err  error         // set before done is closed
}

// start runs a task under election until the end of the test.
func start(t *testing.T, e leader.Elector, kind task.Kind, run func(context.Context) error) *node {
	t.Helper()
	n := &node{
		journal: &journal{},
		rt:      &fakeRuntime{drain: 20 * time.Second},
		done:    make(chan struct{}),
	}
	n.Elector, _ = e.(*leadertest.Elector)
	ctx, stop := context.WithCancel(task.NewContext(context.Background(), n.rt))
	n.stop = stop
	only := leader.Only(e, task.New("sealer", kind, run))
	go func() {
		defer close(n.done)
		n.err = only.Run(ctx)
	}()
	t.Cleanup(func() {
		stop()
		<-n.done
	})
	synctest.Wait()
	return n
}

// ended reports whether the task has ended, once nothing moves any more.
func (n *node) ended() bool {
	synctest.Wait()
	select {
	case <-n.done:
		return true
	default:
		return false
	}
}

package tasktest_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"testing"

	"github.com/wireframework/wireframework/internal/testkit"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/task/tasktest"
)

// inTest calls f with a test, and prints what it fails with.
func inTest(f func(t testing.TB)) {
	for _, text := range testkit.Record(nil, f).Failures {
		fmt.Println(text)
	}
}

// queue is a task that works off what others give it.
type queue struct{ work chan string }

func (q *queue) ID() task.ID     { return "queue" }
func (q *queue) Kind() task.Kind { return task.Regular }

func (q *queue) Run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case w := <-q.work:
			fmt.Println("works at", w)
		}
	}
}

func TestQueue(t *testing.T) {
	tasktest.Run(t, func() task.Task { return &queue{work: make(chan string)} })
}

// In a test, t is the one of func TestQueue(t *testing.T).
func ExampleRun() {
	inTest(func(t testing.TB) {
		tasktest.Run(t, func() task.Task { return &queue{work: make(chan string)} })
		fmt.Println("failed:", t.Failed())
	})
	// Output: failed: false
}

// Each broken promise is a sentence.
func ExampleRun_failure() {
	inTest(func(t testing.TB) {
		tasktest.Run(t, func() task.Task {
			return task.New("Work Queue", task.Daemon+1, func(ctx context.Context) error {
				<-ctx.Done()
				return nil
			})
		})
	})
	// Output:
	// has a name and a kind: task "Work Queue" has a name that is no lower-case word: names are read by operators and in metrics, so use lower-case words and hyphens
	// has a name and a kind: task "Work Queue" is of an unknown kind, kind(6)
}

// A server has a real socket, and finishes its requests after the stop.
func ExampleRealTime() {
	newServer := func() task.Task {
		return task.New("http-server", task.Regular, func(ctx context.Context) error {
			var lc net.ListenConfig
			l, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
			if err != nil {
				return err
			}
			server := &http.Server{Handler: http.NotFoundHandler()}
			served := make(chan error, 1)
			go func() { served <- server.Serve(l) }()
			<-ctx.Done()
			err = server.Shutdown(task.Drain(ctx))
			<-served
			return err
		})
	}
	inTest(func(t testing.TB) {
		tasktest.Run(t, newServer, tasktest.RealTime(), tasktest.Drains())
		fmt.Println("failed:", t.Failed())
	})
	// Output: failed: false
}

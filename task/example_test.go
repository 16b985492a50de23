package task_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

// run runs tasks as a service does, until it stops by itself.
func run(tasks ...task.Task) error {
	layer := wiring.NewLayer("example", func(r *wiring.Registry) error {
		r.ProvideTask(func() []task.Task { return tasks })
		return nil
	})
	svc, err := service.NewBuilder(service.Logger(slog.New(slog.DiscardHandler))).AddLayer(layer).Build()
	if err != nil {
		return err
	}
	return svc.Run(context.Background())
}

// sealer shows a task that is a type: its fields are what its constructor was given.
type blockSealer struct {
	blocks <-chan string
}

func (s *blockSealer) ID() task.ID     { return "block-sealer" }
func (s *blockSealer) Kind() task.Kind { return task.Regular }

func (s *blockSealer) Run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case block, ok := <-s.blocks:
			if !ok {
				return errors.New("queue closed")
			}
			fmt.Println("sealed", block)
		}
	}
}

func ExampleTask() {
	blocks := make(chan string, 2)
	blocks <- "block 1"
	blocks <- "block 2"
	close(blocks)

	fmt.Println(run(&blockSealer{blocks: blocks}))
	// Output:
	// sealed block 1
	// sealed block 2
	// task "block-sealer" (layer "example"): queue closed
}

func ExampleNew() {
	migrate := task.New("migrate", task.Precondition, func(context.Context) error {
		fmt.Println("schema is up to date")
		return nil
	})
	report := task.New("report", task.Oneshot, func(context.Context) error {
		fmt.Println("reported")
		return nil
	})

	fmt.Println(run(report, migrate))
	// Output:
	// schema is up to date
	// reported
	// <nil>
}

func ExamplePeriodic() {
	batches := 3
	pruner := task.Periodic("pruner", time.Millisecond, func(context.Context) error {
		if batches == 0 {
			return errors.New("nothing left")
		}
		fmt.Println("pruned batch", batches)
		batches--
		return nil
	})

	fmt.Println(run(pruner))
	// Output:
	// pruned batch 3
	// pruned batch 2
	// pruned batch 1
	// task "pruner" (layer "example"): nothing left
}

func ExamplePoll() {
	peers := 0
	connected := task.Poll("peers-connected", time.Millisecond, func(context.Context) (bool, error) {
		peers++
		fmt.Println("peers:", peers)
		return peers == 2, nil
	})
	fetch := task.New("fetch", task.Oneshot, func(context.Context) error {
		fmt.Println("fetching")
		return nil
	})

	fmt.Println(run(connected, fetch))
	// Output:
	// peers: 1
	// peers: 2
	// fetching
	// <nil>
}

func ExampleWithKind() {
	// A server that should answer while the rest of the node drains.
	server := task.New("debug-server", task.Regular, func(ctx context.Context) error {
		<-ctx.Done()
		fmt.Println("server stops last")
		return nil
	})
	work := task.New("work", task.Oneshot, func(context.Context) error {
		fmt.Println("work is done")
		return nil
	})

	fmt.Println(run(task.WithKind(server, task.Daemon), work))
	// Output:
	// work is done
	// server stops last
	// <nil>
}

func ExampleWithStopTimeout() {
	deaf := task.New("deaf", task.Regular, func(ctx context.Context) error {
		<-ctx.Done()
		<-task.Drain(ctx).Done() // uses up all the time it has to stop
		return nil
	})
	work := task.New("work", task.Unconstrained, func(context.Context) error { return nil })

	start := time.Now()
	err := run(task.WithStopTimeout(deaf, 10*time.Millisecond), work)
	fmt.Println(err, time.Since(start) < 20*time.Second)
	// Output: <nil> true
}

func ExampleDrain() {
	writer := task.New("writer", task.Regular, func(ctx context.Context) error {
		<-ctx.Done()
		flush := task.Drain(ctx)
		fmt.Println("stopped:", ctx.Err())
		fmt.Println("time left to flush:", flush.Err() == nil)
		return nil
	})
	done := task.New("done", task.Unconstrained, func(context.Context) error { return nil })

	fmt.Println(run(writer, done))
	// Output:
	// stopped: context canceled
	// time left to flush: true
	// <nil>
}

func ExampleLogger() {
	noTime := func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}
	logger := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: noTime, Level: slog.LevelWarn}))
	layer := wiring.NewLayer("ingest", func(r *wiring.Registry) error {
		r.ProvideTask(func() task.Task {
			return task.New("fetcher", task.Oneshot, func(ctx context.Context) error {
				task.Logger(ctx).Warn("peer is slow", "peer", "10.0.0.7")
				return nil
			})
		})
		return nil
	})
	svc, err := service.NewBuilder(service.Logger(logger)).AddLayer(layer).Build()
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = svc.Run(context.Background())
	// Output: level=WARN msg="peer is slow" task=fetcher layer=ingest peer=10.0.0.7
}

func ExampleKind_String() {
	fmt.Println(task.Regular, task.Oneshot, task.Precondition, task.Unconstrained, task.UnconstrainedOneshot, task.Daemon)
	// Output: task oneshot precondition unconstrained unconstrained-oneshot daemon
}

func ExamplePanicError() {
	err := run(task.New("sealer", task.Regular, func(context.Context) error {
		panic("block has no parent")
	}))

	fmt.Println(err)
	if p, ok := errors.AsType[*task.PanicError](err); ok {
		fmt.Println("value:", p.Value)
		fmt.Println("has a stack:", len(p.Stack) > 0)
	}
	// Output:
	// task "sealer" (layer "example"): panic: block has no parent
	// value: block has no parent
	// has a stack: true
}

// budget runs a task outside a service, with a deadline of its own for the clean-up.
type budget struct{ context.Context }

func (b budget) Drain(context.Context) context.Context { return b.Context }
func (b budget) Logger() *slog.Logger                  { return slog.Default() }
func (b budget) SetStopTimeout(time.Duration)          {}

func ExampleNewContext() {
	writer := task.New("writer", task.Regular, func(ctx context.Context) error {
		<-ctx.Done()
		<-task.Drain(ctx).Done()
		fmt.Println("out of time:", task.Drain(ctx).Err())
		return nil
	})

	cleanup, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	ctx, stop := context.WithCancel(task.NewContext(context.Background(), budget{cleanup}))
	stop()
	fmt.Println(writer.Run(ctx))
	// Output:
	// out of time: context deadline exceeded
	// <nil>
}

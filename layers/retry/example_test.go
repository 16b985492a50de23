package retry_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/wireframework/wireframework/layers/retry"
	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

// The feed answers at the third attempt. Its last error is nobody's concern then.
func ExampleTask() {
	attempts := 0
	fetcher := task.New("fetcher", task.Oneshot, func(context.Context) error {
		if attempts++; attempts < 3 {
			return errors.New("connection refused")
		}
		fmt.Println("fetched")
		return nil
	})
	o := retry.Options{
		InitialWait: time.Millisecond,
		MaxAttempts: 10,
		Notify: func(e retry.Event) {
			fmt.Printf("%s, attempt %d: %v\n", e.Task, e.Attempt, e.Err)
		},
	}
	s, err := service.NewBuilder(service.Logger(slog.New(slog.DiscardHandler))).
		AddLayer(wiring.NewLayer("fetching", func(r *wiring.Registry) error {
			r.ProvideTask(func() task.Task { return retry.Task(fetcher, o) })
			return o.Check()
		})).Build()
	if err == nil {
		err = s.Run(context.Background())
	}
	fmt.Println("error:", err)
	// Output:
	// fetcher, attempt 1: connection refused
	// fetcher, attempt 2: connection refused
	// fetched
	// error: <nil>
}

// What no further attempt can mend is not retried.
func ExamplePermanent() {
	fetcher := task.New("fetcher", task.Oneshot, func(context.Context) error {
		return retry.Permanent(errors.New("password rejected"))
	})

	fmt.Println(retry.Task(fetcher, retry.Options{}).Run(context.Background()))
	// Output: password rejected
}

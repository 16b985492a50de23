package retry_test

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/wireframework/wireframework/layers/retry"
	"github.com/wireframework/wireframework/task"
)

var errBoom = errors.New("connection refused")

// script is a task that does the next thing at each attempt, and the last again and
// again.
type script struct {
	steps    []func(context.Context) error
	attempts int
	started  []time.Duration // since the first attempt
	began    time.Time
}

func newScript(steps ...func(context.Context) error) *script { return &script{steps: steps} }

// failing fails n times, and then succeeds.
func failing(n int) *script {
	return &script{steps: append(slices.Repeat([]func(context.Context) error{fail}, n), succeed)}
}

func (s *script) task() task.Task { return task.New("fetcher", task.Regular, s.run) }

func (s *script) run(ctx context.Context) error {
	if s.attempts == 0 {
		s.began = time.Now()
	}
	s.started = append(s.started, time.Since(s.began))
	step := s.steps[min(s.attempts, len(s.steps)-1)]
	s.attempts++
	return step(ctx)
}

func succeed(context.Context) error { return nil }

func fail(context.Context) error { return errBoom }

func untilStop(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

// failAfter fails after a while.
func failAfter(d time.Duration) func(context.Context) error {
	return func(ctx context.Context) error {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(d):
			return errBoom
		}
	}
}

// exact is options without chance: waits of 1 s, 2 s, 4 s and so on.
var exact = retry.Options{InitialWait: time.Second, Jitter: -1}

func seconds(n ...int) []time.Duration {
	all := make([]time.Duration, len(n))
	for i := range n {
		all[i] = time.Duration(n[i]) * time.Second
	}
	return all
}

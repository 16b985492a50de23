package bench

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
)

// statusWorkload takes a snapshot while all tasks run, and lets one more task work
// beside somebody who takes snapshots without a pause.
func statusWorkload() Workload {
	return Workload{
		Name:    "status",
		Title:   "Status() while tasks run; the work of one task beside it",
		Sizes:   []int{1000, 10_000, 100_000},
		Unit:    "task",
		Figures: []string{"snapshot", "work"},
		Limit:   "copy",
		Contestants: []Contestant{
			{Name: "copy", Prepare: copyOnly},
			{Name: Ours, Prepare: statusOurs},
		},
	}
}

// copyOnly copies what a status holds, and knows it already.
func copyOnly(n int) Round {
	states := make([]service.TaskStatus, n)
	snapshot := func() []service.TaskStatus { return append([]service.TaskStatus(nil), states...) }
	return func() Figures {
		told := make(chan struct{})
		go func() { <-told }()
		defer close(told)
		return measureStatus(func() { snapshot() })
	}
}

func statusOurs(n int) Round {
	return func() Figures {
		var entered sync.WaitGroup
		entered.Add(n)
		s := ours(tasks(n, task.Regular, func(ctx context.Context) error {
			entered.Done()
			<-ctx.Done()
			return nil
		}))
		defer background(s)()
		entered.Wait()
		return measureStatus(func() { s.Status() })
	}
}

func measureStatus(snapshot func()) Figures {
	const times = 10
	collectGarbage()
	began := time.Now()
	for range times {
		snapshot()
	}
	took := time.Since(began)

	done := make(chan struct{})
	var others sync.WaitGroup
	others.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
				snapshot()
			}
		}
	})
	began = time.Now()
	spin()
	work := time.Since(began)
	close(done)
	others.Wait()
	return Figures{"snapshot": float64(took) / times, "work": float64(work)}
}

var spun int

// spin is work that needs no memory and waits for nobody.
func spin() {
	for i := range 20_000_000 {
		spun = spun*31 + i
	}
}

// hungWorkload stops a service with one task that ignores the stop.
func hungWorkload() Workload {
	return Workload{
		Name:    "hung",
		Title:   "stop with one task that hangs, and a StopTimeout of 0.5 s",
		Sizes:   []int{10_000},
		Figures: []string{"stop"},
		Limit:   "timer",
		Contestants: []Contestant{
			{Name: "timer", Prepare: func(int) Round {
				return func() Figures {
					collectGarbage()
					began := time.Now()
					<-time.After(hungTimeout)
					return Figures{"stop": float64(time.Since(began))}
				}
			}},
			{Name: Ours, Prepare: hungOurs},
		},
	}
}

const hungTimeout = 500 * time.Millisecond

func hungOurs(n int) Round {
	return func() Figures {
		var entered sync.WaitGroup
		entered.Add(n)
		free := make(chan struct{})
		defer close(free)
		all := tasks(n-1, task.Regular, func(ctx context.Context) error {
			entered.Done()
			<-ctx.Done()
			return nil
		})
		all = append(all, task.New("hung", task.Regular, func(context.Context) error {
			entered.Done()
			hang(free)
			return nil
		}))
		s := ours(all, service.StopTimeout(hungTimeout))
		ended := make(chan error, 1)
		go func() { ended <- s.Run(context.Background()) }()
		entered.Wait()

		collectGarbage()
		began := time.Now()
		s.Stop(nil)
		err := <-ended
		took := time.Since(began)

		failure, ok := errors.AsType[*service.TaskError](err)
		if !ok || failure.ID != "hung" || !strings.Contains(failure.Stack, "bench.hang") {
			panic(fmt.Sprintf("the hung task is not attributed: %+v", err))
		}
		return Figures{"stop": float64(took)}
	}
}

//go:noinline
func hang(free <-chan struct{}) { <-free }

// emptyWorkload builds, runs and stops a node that does nothing.
func emptyWorkload() Workload {
	round := func(run func()) func(int) Round {
		return func(int) Round {
			return func() Figures {
				collectGarbage()
				began := time.Now()
				run()
				return Figures{"life": float64(time.Since(began))}
			}
		}
	}
	return Workload{
		Name:    "empty",
		Title:   "build, run and stop a node with one task, or one pair of hooks",
		Sizes:   []int{1},
		Figures: []string{"life"},
		Limit:   "fx",
		Contestants: []Contestant{
			{Name: "fx", Prepare: round(func() {
				stop := runFx(1)(func() {})
				stop()
			})},
			{Name: Ours, Prepare: round(func() {
				stop := runOurs(1)(func() {})
				stop()
			})},
			{Name: "hive", Prepare: round(func() {
				stop := runHive(1)(func() {})
				stop()
			})},
		},
	}
}

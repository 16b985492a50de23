package bench

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wireframework/wireframework/task"
)

const preconditions = 10

// gateWorkload measures from the last success of a precondition until all gated tasks
// have been entered.
func gateWorkload() Workload {
	return Workload{
		Name:    "gate",
		Title:   "10 preconditions: from the last success until all gated tasks have been entered",
		Sizes:   []int{1000, 10_000, 100_000},
		Unit:    "gated task",
		Figures: []string{"gate"},
		Limit:   "close(chan)",
		Contestants: []Contestant{
			{Name: "close(chan)", Prepare: gateChannel},
			{Name: "new goroutines", Prepare: gateGoroutines},
			{Name: "counting barrier", Prepare: gateBarrier},
			{Name: Ours, Prepare: gateOurs},
		},
	}
}

// gateChannel wakes goroutines that wait already.
func gateChannel(n int) Round {
	return func() Figures {
		open := make(chan struct{})
		entered := waiters(n, func() { <-open })
		collectGarbage()
		began := time.Now()
		close(open)
		entered.Wait()
		return Figures{"gate": float64(time.Since(began))}
	}
}

// gateGoroutines starts the goroutines instead of waking them.
func gateGoroutines(n int) Round {
	return func() Figures {
		told := make(chan struct{})
		var entered, ended sync.WaitGroup
		entered.Add(n)
		collectGarbage()
		began := time.Now()
		for range n {
			ended.Go(func() {
				entered.Done()
				<-told
			})
		}
		entered.Wait()
		took := time.Since(began)
		close(told)
		ended.Wait()
		return Figures{"gate": float64(took)}
	}
}

// gateBarrier is one where every task arrives and the last arrival lets all pass.
func gateBarrier(n int) Round {
	return func() Figures {
		b := barrier{left: n + preconditions, open: make(chan struct{})}
		entered := waiters(n, b.arrive)
		for range preconditions - 1 {
			go b.arrive()
		}
		for b.missing() > 1 {
			time.Sleep(time.Millisecond)
		}
		collectGarbage()
		began := time.Now()
		b.arrive()
		entered.Wait()
		return Figures{"gate": float64(time.Since(began))}
	}
}

type barrier struct {
	open chan struct{} // closed by the last arrival

	mu   sync.Mutex // protects following fields
	left int
}

func (b *barrier) arrive() {
	b.mu.Lock()
	b.left--
	if b.left == 0 {
		close(b.open)
	}
	b.mu.Unlock()
	<-b.open
}

func (b *barrier) missing() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.left
}

// waiters starts goroutines and returns when all are about to wait, or wait; the
// group is done when all have passed.
func waiters(n int, wait func()) *sync.WaitGroup {
	var begun, passed sync.WaitGroup
	begun.Add(n)
	for range n {
		passed.Go(func() {
			begun.Done()
			wait()
		})
	}
	begun.Wait()
	time.Sleep(20 * time.Millisecond) // for the last ones to get there
	return &passed
}

func gateOurs(n int) Round {
	return func() Figures {
		var opened atomic.Int64
		var entered sync.WaitGroup
		entered.Add(n)
		last := make(chan struct{})
		all := tasks(preconditions-1, task.Precondition, func(context.Context) error { return nil })
		all = append(all, task.New("last", task.Precondition, func(context.Context) error {
			<-last
			opened.Store(time.Now().UnixNano())
			return nil
		}))
		all = append(all, tasks(n, task.Regular, func(ctx context.Context) error {
			entered.Done()
			<-ctx.Done()
			return nil
		})...)
		s := ours(all)
		stop := background(s)
		for len(s.Status().Pending) != 1 {
			time.Sleep(time.Millisecond)
		}
		collectGarbage()
		close(last)
		entered.Wait()
		took := time.Now().UnixNano() - opened.Load()
		stop()
		return Figures{"gate": float64(took)}
	}
}

// Package bench_test compares a service with what one would write by hand. It is a
// module of its own, so that the framework does not depend on the others.
package bench_test

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

// A starter starts n tasks that call enter and then wait to be told. It returns a
// function that tells them and returns when all are collected.
type starter func(b *testing.B, n int, enter func()) (stop func())

var implementations = []struct {
	name string
	// prepare is not measured: it makes what exists before anything starts.
	prepare func(b *testing.B, n int) starter
}{
	{"raw", func(*testing.B, int) starter { return startRaw }},
	{"errgroup", func(*testing.B, int) starter { return startErrgroup }},
	{"wireframework", prepareService},
}

func startRaw(_ *testing.B, n int, enter func()) func() {
	told := make(chan struct{})
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			enter()
			<-told
		})
	}
	return func() {
		close(told)
		wg.Wait()
	}
}

func startErrgroup(b *testing.B, n int, enter func()) func() {
	ctx, cancel := context.WithCancel(context.Background())
	group, ctx := errgroup.WithContext(ctx)
	for range n {
		group.Go(func() error {
			enter()
			<-ctx.Done()
			return nil
		})
	}
	return func() {
		cancel()
		if err := group.Wait(); err != nil {
			b.Fatal(err)
		}
	}
}

// prepareService makes the tasks; Build and Run are measured.
func prepareService(_ *testing.B, n int) starter {
	tasks := make([]task.Task, n)
	var enter func()
	for i := range tasks {
		tasks[i] = task.New(task.ID(fmt.Sprintf("task-%06d", i)), task.Regular, func(ctx context.Context) error {
			enter()
			<-ctx.Done()
			return nil
		})
	}
	layer := wiring.NewLayer("bench", func(r *wiring.Registry) error {
		r.ProvideTask(func() []task.Task { return tasks })
		return nil
	})
	return func(b *testing.B, _ int, e func()) func() {
		enter = e
		s, err := service.NewBuilder(service.Logger(slog.New(slog.DiscardHandler)), service.StopTimeout(time.Hour)).AddLayer(layer).Build()
		if err != nil {
			b.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- s.Run(context.Background()) }()
		return func() {
			s.Stop(nil)
			if err := <-ended; err != nil {
				b.Fatal(err)
			}
		}
	}
}

// BenchmarkRun measures the start of n tasks, until all run, and their stop, until
// all are collected; "both" is the sum. The ratios are to what was measured before in
// the same process, so select an n as a whole:
//
//	go test -bench 'Run/n=1000$'
func BenchmarkRun(b *testing.B) {
	for _, n := range []int{10, 1000, 100_000} {
		b.Run(fmt.Sprintf("n=%d", n), func(b *testing.B) {
			for _, part := range []string{"start", "stop", "both"} {
				measured := make(map[string]float64) // ns/op by implementation
				for _, impl := range implementations {
					b.Run(part+"/"+impl.name, func(b *testing.B) {
						start := impl.prepare(b, n)
						size := bytesPerTask(b, n, start)
						took := measure(b, n, start, part)
						b.ReportMetric(took, "ns/op")
						b.ReportMetric(took/float64(n), "ns/task")
						if n >= 1000 { // of few tasks it says more about the allocator
							b.ReportMetric(size, "B/task")
						}
						for _, other := range []string{"raw", "errgroup"} {
							if base := measured[other]; base > 0 && impl.name == "wireframework" {
								b.ReportMetric(took/base, "x/"+other)
							}
						}
						measured[impl.name] = took
					})
				}
			}
		})
	}
}

// measure returns the mean time of a part, in nanoseconds.
func measure(b *testing.B, n int, start starter, part string) float64 {
	var starting, stopping time.Duration
	runs := 0
	for b.Loop() {
		var entered sync.WaitGroup
		entered.Add(n)
		began := time.Now()
		stop := start(b, n, entered.Done)
		entered.Wait()
		running := time.Now()
		stop()
		starting += running.Sub(began)
		stopping += time.Since(running)
		runs++
	}
	took := starting + stopping
	switch part {
	case "start":
		took = starting
	case "stop":
		took = stopping
	}
	return float64(took.Nanoseconds()) / float64(runs)
}

// bytesPerTask returns how much heap and stack there is for each task while all run.
// The runtime keeps its descriptors of goroutines for the next ones, so the first
// round only makes them.
func bytesPerTask(b *testing.B, n int, start starter) float64 {
	var before, while float64
	for range 2 {
		before = inUse()
		var entered sync.WaitGroup
		entered.Add(n)
		stop := start(b, n, entered.Done)
		entered.Wait()
		while = inUse()
		stop()
	}
	return (while - before) / float64(n)
}

func inUse() float64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapInuse + m.StackInuse)
}

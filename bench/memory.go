package bench

import (
	"bytes"
	"context"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"sync"
	"time"

	"github.com/wireframework/wireframework/task"
)

// memoryWorkload measures what there is for each task while all run and wait to be
// told: "live" is heap and stacks in use, "rss" what the operating system counts.
func memoryWorkload() Workload {
	w := Workload{
		Name:    "memory",
		Title:   "memory while all tasks wait for the stop, or for the gate",
		Sizes:   []int{100_000},
		Unit:    "task",
		Figures: []string{"live", "rss"},
		Limit:   "goroutines",
	}
	for _, t := range teams {
		if t.max != 0 && t.max < 100_000 {
			t.why += "; its memory at 10 000 would say little here"
		}
		w.Contestants = append(w.Contestants, Contestant{Name: t.name, Max: t.max, Why: t.why, Prepare: func(n int) Round {
			return func() Figures { return measureMemory(n, t.prepare(n)) }
		}})
	}
	w.Contestants = append(w.Contestants, Contestant{Name: Ours + ", gate shut", Prepare: func(n int) Round {
		return func() Figures { return measureMemory(0, runGated(n)) }
	}})
	return w
}

func measureMemory(n int, start runner) Figures {
	live, rss := inUse()
	var entered sync.WaitGroup
	entered.Add(n)
	stop := start(entered.Done)
	entered.Wait()
	liveThen, rssThen := inUse()
	stop()
	return Figures{"live": liveThen - live, "rss": rssThen - rss}
}

// runGated returns when all but the precondition wait for the gate.
func runGated(n int) runner {
	begun := make(chan struct{})
	all := append(tasks(n, task.Regular, func(context.Context) error { return nil }),
		task.New("gate", task.Precondition, func(ctx context.Context) error {
			close(begun)
			<-ctx.Done()
			return nil
		}))
	s := ours(all)
	return func(func()) func() {
		stop := background(s)
		<-begun
		time.Sleep(20 * time.Millisecond) // for the loop to get to its wait
		return stop
	}
}

func inUse() (live, rss float64) {
	runtime.GC()
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapInuse + m.StackInuse), residentSize()
}

// residentSize reads what Linux counts; elsewhere it is 0.
func residentSize() float64 {
	statm, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	fields := bytes.Fields(statm)
	if len(fields) < 2 {
		return 0
	}
	pages, err := strconv.Atoi(string(fields[1]))
	must(err)
	return float64(pages * os.Getpagesize())
}

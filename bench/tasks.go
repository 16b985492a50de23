package bench

import (
	"context"
	"errors"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"github.com/cilium/hive"
	"github.com/cilium/hive/cell"
	"github.com/cilium/hive/job"
	"github.com/grafana/dskit/services"
	"github.com/oklog/run"
	"github.com/thejerf/suture/v4"
	"go.uber.org/fx"
	"golang.org/x/sync/errgroup"

	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

// A runner runs n tasks that call enter and then wait to be told to stop. Run starts
// them; it may return before all have entered. The function that it returns tells
// them, and returns when all are collected.
type runner func(enter func()) (stop func())

// team is a way to run tasks; prepare is not measured.
type team struct {
	name    string
	prepare func(n int) runner
	max     int
	why     string
}

var teams = []team{
	{name: "goroutines", prepare: runGoroutines},
	{name: "errgroup", prepare: runErrgroup},
	{name: Ours, prepare: runOurs},
	{name: "oklog/run", prepare: runOklog},
	{name: "suture", prepare: runSuture, max: 100_000, why: "left out of a million to keep the run short"},
	{name: "dskit", prepare: runDskit, max: 10_000, why: "its manager takes time that grows with the square"},
	{name: "fx hooks", prepare: runFx, max: 100_000, why: "left out of a million to keep the run short"},
	{name: "hive jobs", prepare: runHive, max: 100_000, why: "left out of a million to keep the run short"},
}

// runWorkload starts tasks until all run, and stops them until all are collected.
func runWorkload() Workload {
	w := Workload{
		Name:    "run",
		Title:   "start tasks until all run; stop them until all are collected",
		Sizes:   []int{10, 1000, 10_000, 100_000, 1_000_000},
		Unit:    "task",
		Figures: []string{"start", "stop", "both"},
		Limit:   "goroutines",
	}
	for _, t := range teams {
		w.Contestants = append(w.Contestants, Contestant{Name: t.name, Max: t.max, Why: t.why, Prepare: func(n int) Round {
			return func() Figures { return measureRun(n, t.prepare(n)) }
		}})
	}
	return w
}

func measureRun(n int, start runner) Figures {
	var entered sync.WaitGroup
	entered.Add(n)
	collectGarbage()
	began := time.Now()
	stop := start(entered.Done)
	entered.Wait()
	running := time.Now()
	stop()
	stopped := time.Now()
	return Figures{
		"start": float64(running.Sub(began)),
		"stop":  float64(stopped.Sub(running)),
		"both":  float64(stopped.Sub(began)),
	}
}

// runGoroutines is the limit: a goroutine, a channel to close and a counter.
func runGoroutines(n int) runner {
	return func(enter func()) func() {
		told := make(chan struct{})
		var all sync.WaitGroup
		for range n {
			all.Go(func() {
				enter()
				<-told
			})
		}
		return func() {
			close(told)
			all.Wait()
		}
	}
}

func runErrgroup(n int) runner {
	return func(enter func()) func() {
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
			must(group.Wait())
		}
	}
}

// runOurs runs a service with one layer that provides all tasks.
func runOurs(n int) runner {
	var enter func()
	s := ours(tasks(n, task.Regular, func(ctx context.Context) error {
		enter()
		<-ctx.Done()
		return nil
	}))
	return func(e func()) func() {
		enter = e
		return background(s)
	}
}

func tasks(n int, kind task.Kind, run func(context.Context) error) []task.Task {
	all := make([]task.Task, n)
	for i := range all {
		all[i] = task.New(task.ID(kind.String()+"-"+strconv.Itoa(i)), kind, run)
	}
	return all
}

// ours builds a service that logs nothing and never gives up a task.
func ours(all []task.Task, opts ...service.Option) *service.Service {
	layer := wiring.NewLayer("bench", func(r *wiring.Registry) error {
		r.ProvideTask(func() []task.Task { return all })
		return nil
	})
	opts = append([]service.Option{
		service.Logger(slog.New(slog.DiscardHandler)),
		service.StopTimeout(time.Hour), service.ShutdownTimeout(time.Hour),
	}, opts...)
	s, err := service.NewBuilder(opts...).AddLayer(layer).Build()
	must(err)
	return s
}

// background runs the service; the function that it returns stops it and waits.
func background(s *service.Service) (stop func()) {
	ended := make(chan error, 1)
	go func() { ended <- s.Run(context.Background()) }()
	return func() {
		s.Stop(nil)
		must(<-ended)
	}
}

func runOklog(n int) runner {
	var group run.Group
	var enter func()
	for range n {
		told := make(chan struct{})
		group.Add(func() error {
			enter()
			<-told
			return nil
		}, func(error) { close(told) })
	}
	first := make(chan struct{}) // one more actor, whose return is the stop
	group.Add(func() error {
		<-first
		return nil
	}, func(error) {})
	return func(e func()) func() {
		enter = e
		ended := make(chan error, 1)
		go func() { ended <- group.Run() }()
		return func() {
			close(first)
			must(<-ended)
		}
	}
}

type sutureService struct{ enter *func() }

func (s sutureService) Serve(ctx context.Context) error {
	(*s.enter)()
	<-ctx.Done()
	return nil
}

func runSuture(n int) runner {
	supervisor := suture.New("bench", suture.Spec{EventHook: func(suture.Event) {}, Timeout: time.Hour})
	var enter func()
	for range n {
		supervisor.Add(sutureService{&enter})
	}
	return func(e func()) func() {
		enter = e
		ctx, cancel := context.WithCancel(context.Background())
		ended := supervisor.ServeBackground(ctx)
		return func() {
			cancel()
			if err := <-ended; !errors.Is(err, context.Canceled) {
				must(err)
			}
		}
	}
}

func runDskit(n int) runner {
	var enter func()
	all := make([]services.Service, n)
	for i := range all {
		all[i] = services.NewBasicService(nil, func(ctx context.Context) error {
			enter()
			<-ctx.Done()
			return nil
		}, nil)
	}
	manager, err := services.NewManager(all...)
	must(err)
	return func(e func()) func() {
		enter = e
		must(manager.StartAsync(context.Background()))
		must(manager.AwaitHealthy(context.Background()))
		return func() {
			manager.StopAsync()
			must(manager.AwaitStopped(context.Background()))
		}
	}
}

// runFx has a pair of hooks for each task, as an application of fx has them.
func runFx(n int) runner {
	var enter func()
	app := fx.New(fx.NopLogger, fx.StartTimeout(time.Hour), fx.StopTimeout(time.Hour), fx.Invoke(func(lc fx.Lifecycle) {
		for range n {
			told, ended := make(chan struct{}), make(chan struct{})
			lc.Append(fx.StartStopHook(func() {
				go func() {
					defer close(ended)
					enter()
					<-told
				}()
			}, func() {
				close(told)
				<-ended
			}))
		}
	}))
	must(app.Err())
	return func(e func()) func() {
		enter = e
		must(app.Start(context.Background()))
		return func() { must(app.Stop(context.Background())) }
	}
}

func runHive(n int) runner {
	log := slog.New(slog.DiscardHandler)
	var enter func()
	h := hive.New(job.Cell, cell.SimpleHealthCell, cell.Invoke(func(registry job.Registry, health cell.Health) {
		group := registry.NewGroup(health)
		for i := range n {
			group.Add(job.OneShot("task-"+strconv.Itoa(i), func(ctx context.Context, _ cell.Health) error {
				enter()
				<-ctx.Done()
				return nil
			}))
		}
	}))
	must(h.Populate(log))
	return func(e func()) func() {
		enter = e
		must(h.Start(log, context.Background()))
		return func() { must(h.Stop(log, context.Background())) }
	}
}

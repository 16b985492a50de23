package bench

import (
	"context"
	"fmt"
	"log/slog"
	"reflect"
	"strconv"
	"time"

	"github.com/cilium/hive"
	"github.com/cilium/hive/cell"
	"github.com/samber/do/v2"
	"go.uber.org/dig"
	"go.uber.org/fx"

	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

// wiringWorkloads register everything, verify it, and build what the root needs,
// which is everything.
func wiringWorkloads() []Workload {
	var all []Workload
	for _, s := range shapes {
		on := func(prepare func(g *graph) func()) func(int) Round {
			return func(n int) Round {
				run := prepare(newGraph(s, n))
				return func() Figures {
					collectGarbage()
					began := time.Now()
					run()
					return Figures{"wiring": float64(time.Since(began))}
				}
			}
		}
		all = append(all, Workload{
			Name:    "wiring-" + s.name,
			Title:   "register, verify and build constructors: " + s.title,
			Sizes:   []int{10, 100, 1000, 10_000},
			Unit:    "constructor",
			Figures: []string{"wiring"},
			Limit:   "dig",
			Contestants: []Contestant{
				{Name: "handwritten", Prepare: on(wireByHand)},
				{Name: "reflect.Call", Prepare: on(wireByReflection)},
				{Name: "dig", Prepare: on(wireDig)},
				{Name: Ours, Prepare: on(wireOurs)},
				{Name: "fx", Prepare: on(wireFx)},
				{Name: "hive", Prepare: on(wireHive)},
				{Name: "samber/do", Prepare: on(wireDo)},
			},
		})
	}
	return all
}

// wireByHand does what a main function without a container does: it calls
// constructors in the right order.
func wireByHand(g *graph) func() {
	type value struct{ deps []*value }
	newValue := func(deps []*value) *value { return &value{deps: deps} }
	return func() {
		values := make([]*value, len(g.deps))
		for i, deps := range g.deps {
			args := make([]*value, len(deps))
			for j, d := range deps {
				args[j] = values[d]
			}
			values[i] = newValue(args)
		}
	}
}

// wireByReflection is the least that a container does: it calls functions whose
// types it does not know, in an order that it does know.
func wireByReflection(g *graph) func() {
	return func() {
		values := make([]reflect.Value, len(g.deps))
		for i, deps := range g.deps {
			args := make([]reflect.Value, len(deps))
			for j, d := range deps {
				args[j] = values[d]
			}
			values[i] = reflect.ValueOf(g.ctors[i]).Call(args)[0]
		}
	}
}

func wireDig(g *graph) func() {
	return func() {
		calls := 0
		container := dig.New(dig.DeferAcyclicVerification())
		for _, c := range g.ctors {
			must(container.Provide(c))
		}
		must(container.Invoke(g.invoke(&calls)))
		mustOnce(calls)
	}
}

// wireOurs has layers of ten constructors each.
func wireOurs(g *graph) func() {
	root := task.New("root", task.Oneshot, func(context.Context) error { return nil })
	layers := []wiring.Layer{wiring.NewLayer("root", func(r *wiring.Registry) error {
		r.ProvideTask(g.function(g.root, reflect.TypeFor[task.Task](), reflect.ValueOf(root)))
		return nil
	})}
	for i := 0; i < len(g.ctors); i += 10 {
		ctors := g.ctors[i:min(i+10, len(g.ctors))]
		layers = append(layers, wiring.NewLayer(fmt.Sprintf("layer-%d", i), func(r *wiring.Registry) error {
			for _, c := range ctors {
				r.Provide(c)
			}
			return nil
		}))
	}
	return func() {
		a := new(wiring.Assembly)
		a.Add(layers...)
		plan, err := a.Verify()
		must(err)
		build := plan.NewBuild()
		build.Run(context.Background())
		tasks, err := build.Result()
		must(err)
		mustOnce(len(tasks))
	}
}

func wireFx(g *graph) func() {
	return func() {
		calls := 0
		must(fx.New(fx.NopLogger, fx.Provide(g.ctors...), fx.Invoke(g.invoke(&calls))).Err())
		mustOnce(calls)
	}
}

func wireHive(g *graph) func() {
	log := slog.New(slog.DiscardHandler)
	return func() {
		calls := 0
		cells := make([]cell.Cell, 0, len(g.ctors)+1)
		for _, c := range g.ctors {
			cells = append(cells, cell.Provide(c))
		}
		must(hive.New(append(cells, cell.Invoke(g.invoke(&calls)))...).Populate(log))
		mustOnce(calls)
	}
}

// wireDo has no types to go by: the services have names, and each asks for those
// that it needs.
func wireDo(g *graph) func() {
	names := make([]string, len(g.deps))
	for i := range names {
		names[i] = strconv.Itoa(i)
	}
	return func() {
		injector := do.New()
		for i, deps := range g.deps {
			do.ProvideNamed(injector, names[i], func(in do.Injector) (any, error) {
				for _, d := range deps {
					if _, err := do.InvokeNamed[any](in, names[d]); err != nil {
						return nil, err
					}
				}
				return &names[i], nil
			})
		}
		for _, r := range g.root {
			_, err := do.InvokeNamed[any](injector, names[r])
			must(err)
		}
	}
}

func mustOnce(calls int) {
	if calls != 1 {
		panic(fmt.Sprintf("the root was called %d times", calls))
	}
}

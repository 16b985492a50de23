package bench

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"time"

	"go.uber.org/dig"

	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

var errRefused = errors.New("connection refused")

// reportWorkload makes the text of the error when the first constructor of a chain
// fails, and all others need it.
func reportWorkload() Workload {
	return Workload{
		Name:    "report",
		Title:   "the text of the error when the deepest constructor of a chain fails",
		Sizes:   []int{100, 1000, 10_000},
		Figures: []string{"report"},
		Limit:   "dig",
		Contestants: []Contestant{
			{Name: "dig", Prepare: reportDig},
			{Name: Ours, Prepare: reportOurs},
		},
	}
}

// failingChain is a chain whose first constructor fails.
func failingChain(n int) *graph {
	g := newGraph(shape{deps: chain}, n)
	failing := []reflect.Type{g.types[0], reflect.TypeFor[error]()}
	g.ctors[0] = reflect.MakeFunc(reflect.FuncOf(nil, failing, false), func([]reflect.Value) []reflect.Value {
		return []reflect.Value{reflect.Zero(g.types[0]), reflect.ValueOf(&errRefused).Elem()}
	}).Interface()
	return g
}

func reportDig(n int) Round {
	g := failingChain(n)
	return func() Figures {
		calls := 0
		container := dig.New(dig.DeferAcyclicVerification())
		for _, c := range g.ctors {
			must(container.Provide(c))
		}
		err := container.Invoke(g.invoke(&calls))
		return measureReport(func() error { return err })
	}
}

func reportOurs(n int) Round {
	g := failingChain(n)
	root := task.New("root", task.Oneshot, func(context.Context) error { return nil })
	layer := wiring.NewLayer("chain", func(r *wiring.Registry) error {
		for _, c := range g.ctors {
			r.Provide(c)
		}
		r.ProvideTask(g.function(g.root, reflect.TypeFor[task.Task](), reflect.ValueOf(root)))
		return nil
	})
	return func() Figures {
		a := new(wiring.Assembly)
		a.Add(layer)
		plan, err := a.Verify()
		must(err)
		build := plan.NewBuild()
		build.Run(context.Background())
		return measureReport(func() error {
			_, err := build.Result()
			return err
		})
	}
}

func measureReport(result func() error) Figures {
	collectGarbage()
	began := time.Now()
	err := result()
	text := fmt.Sprintf("%v", err)
	took := time.Since(began)
	if !errors.Is(err, errRefused) || text == "" {
		panic("the failure is lost")
	}
	return Figures{"report": float64(took)}
}

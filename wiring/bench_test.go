package wiring_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/dig"

	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

// bench is a graph for benchmarks: constructors of distinct types, each with the
// indices of what it needs, which are lower than its own.
type bench struct {
	deps  [][]int
	root  []int // what the task needs
	types []reflect.Type
	ctors []any // the functions that both containers get
	task  any   // func(root...) task.Task
}

var shapes = []struct {
	name string
	deps func(n int) (deps [][]int, root []int)
}{
	{"chain", chain},
	{"wide", wide},
	{"dag3", dag3},
}

// chain needs the one before.
func chain(n int) (deps [][]int, root []int) {
	deps = make([][]int, n)
	for i := 1; i < n; i++ {
		deps[i] = []int{i - 1}
	}
	return deps, []int{n - 1}
}

// wide has 99 constructors without dependencies under every hundredth.
func wide(n int) (deps [][]int, root []int) {
	deps = make([][]int, n)
	var leaves []int
	for i := range n {
		if i%100 != 99 && i != n-1 {
			leaves = append(leaves, i)
			continue
		}
		deps[i], leaves = leaves, nil
		root = append(root, i)
	}
	return deps, root
}

// dag3 needs the one before, so that all is needed, and two others at random.
func dag3(n int) (deps [][]int, root []int) {
	random := rand.New(rand.NewPCG(1, 2))
	deps = make([][]int, n)
	for i := 1; i < n; i++ {
		deps[i] = []int{i - 1}
		for range min(2, i-1) {
			deps[i] = append(deps[i], random.IntN(i-1))
		}
	}
	return deps, []int{n - 1}
}

func newBench(shape func(int) ([][]int, []int), n int) *bench {
	b := &bench{}
	b.deps, b.root = shape(n)
	for i := range n {
		b.types = append(b.types, reflect.PointerTo(reflect.ArrayOf(i+1, reflect.TypeFor[byte]())))
	}
	for i := range n {
		b.ctors = append(b.ctors, b.function(b.deps[i], b.types[i], reflect.Zero(b.types[i])))
	}
	b.task = b.function(b.root, reflect.TypeFor[task.Task](), reflect.ValueOf(idle("root")))
	return b
}

func (b *bench) function(deps []int, out reflect.Type, value reflect.Value) any {
	in := make([]reflect.Type, len(deps))
	for i, d := range deps {
		in[i] = b.types[d]
	}
	results := []reflect.Value{value}
	return reflect.MakeFunc(reflect.FuncOf(in, []reflect.Type{out}, false), func([]reflect.Value) []reflect.Value {
		return results
	}).Interface()
}

// layers are of ten constructors each, in an order that is not that of construction.
func (b *bench) layers() []wiring.Layer {
	layers := []wiring.Layer{layer("root", func(r *wiring.Registry) { r.ProvideTask(b.task) })}
	for i := 0; i < len(b.ctors); i += 10 {
		ctors := b.ctors[i:min(i+10, len(b.ctors))]
		layers = append(layers, layer(fmt.Sprintf("layer-%d", i), func(r *wiring.Registry) {
			for _, c := range ctors {
				r.Provide(c)
			}
		}))
	}
	return layers
}

func (b *bench) wireframework(tb testing.TB, layers []wiring.Layer) {
	a := new(wiring.Assembly)
	a.Add(layers...)
	plan, err := a.Verify()
	require.NoError(tb, err)
	build := plan.NewBuild()
	build.Run(tb.Context())
	tasks, err := build.Result()
	require.NoError(tb, err)
	require.Len(tb, tasks, 1)
}

func (b *bench) dig(tb testing.TB) {
	container := dig.New(dig.DeferAcyclicVerification())
	for _, c := range b.ctors {
		if err := container.Provide(c); err != nil {
			tb.Fatal(err)
		}
	}
	require.NoError(tb, container.Invoke(b.task))
}

// handwritten is what a main function without a container does: it calls
// constructors in the right order.
func (b *bench) handwritten() task.Task {
	type value struct{ deps []*value }
	newValue := func(deps []*value) *value { return &value{deps: deps} }
	values := make([]*value, len(b.deps))
	for i, deps := range b.deps {
		args := make([]*value, len(deps))
		for j, d := range deps {
			args[j] = values[d]
		}
		values[i] = newValue(args)
	}
	return idle("root")
}

// BenchmarkWiring compares verification and build with plain dig, which provides
// everything and invokes the root, and with calls written by hand. The ratios are
// those of the medians of runs taken in turn, so that a busy machine harms them little.
func BenchmarkWiring(b *testing.B) {
	for _, shape := range shapes {
		for _, n := range []int{10, 100, 1000, 10_000} {
			node := newBench(shape.deps, n)
			layers := node.layers()
			name := func(impl string) string { return fmt.Sprintf("shape=%s/n=%d/impl=%s", shape.name, n, impl) }
			measure := func(b *testing.B, run func()) {
				b.ReportAllocs()
				for b.Loop() {
					run()
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/ctor")
			}
			b.Run(name("dig"), func(b *testing.B) { measure(b, func() { node.dig(b) }) })
			b.Run(name("handwritten"), func(b *testing.B) { measure(b, func() { node.handwritten() }) })
			b.Run(name("wireframework"), func(b *testing.B) {
				var ours, digs, hands durations
				measure(b, func() {
					ours.time(func() { node.wireframework(b, layers) })
					b.StopTimer()
					digs.time(func() { node.dig(b) })
					hands.time(func() { node.handwritten() })
					b.StartTimer()
				})
				b.ReportMetric(ours.median()/digs.median(), "x/dig")
				b.ReportMetric(ours.median()/hands.median(), "x/hand")
			})
		}
	}
}

// durations are those of the runs of one implementation.
type durations []time.Duration

func (d *durations) time(run func()) {
	start := time.Now()
	run()
	*d = append(*d, time.Since(start))
}

func (d *durations) median() float64 {
	slices.Sort(*d)
	return float64((*d)[len(*d)/2])
}

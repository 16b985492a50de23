package bench

import (
	"math/rand/v2"
	"reflect"
)

// graph is what is wired: constructors of distinct types, each with the indices of
// what it needs, which are lower than its own.
type graph struct {
	deps  [][]int
	root  []int // what the task needs
	types []reflect.Type
	ctors []any
}

type shape struct {
	name, title string
	deps        func(n int) (deps [][]int, root []int)
}

var shapes = []shape{
	{"chain", "each needs the one before", chain},
	{"wide", "99 without needs under every hundredth", wide},
	{"dag3", "each needs the one before and two at random", dag3},
}

func chain(n int) (deps [][]int, root []int) {
	deps = make([][]int, n)
	for i := 1; i < n; i++ {
		deps[i] = []int{i - 1}
	}
	return deps, []int{n - 1}
}

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
	random := rand.New(rand.NewPCG(1, 2)) // the same for every contestant
	deps = make([][]int, n)
	for i := 1; i < n; i++ {
		deps[i] = []int{i - 1}
		for range min(2, i-1) {
			deps[i] = append(deps[i], random.IntN(i-1))
		}
	}
	return deps, []int{n - 1}
}

func newGraph(s shape, n int) *graph {
	g := &graph{}
	g.deps, g.root = s.deps(n)
	for i := range n {
		g.types = append(g.types, reflect.PointerTo(reflect.ArrayOf(i+1, reflect.TypeFor[byte]())))
	}
	for i := range n {
		g.ctors = append(g.ctors, g.function(g.deps[i], g.types[i], reflect.Zero(g.types[i])))
	}
	return g
}

// function makes a constructor of the type out that returns value.
func (g *graph) function(deps []int, out reflect.Type, value reflect.Value) any {
	results := []reflect.Value{value}
	return reflect.MakeFunc(reflect.FuncOf(g.in(deps), []reflect.Type{out}, false), func([]reflect.Value) []reflect.Value {
		return results
	}).Interface()
}

// invoke makes a function that needs the root and counts its calls.
func (g *graph) invoke(calls *int) any {
	return reflect.MakeFunc(reflect.FuncOf(g.in(g.root), nil, false), func([]reflect.Value) []reflect.Value {
		*calls++
		return nil
	}).Interface()
}

func (g *graph) in(deps []int) []reflect.Type {
	in := make([]reflect.Type, len(deps))
	for i, d := range deps {
		in[i] = g.types[d]
	}
	return in
}

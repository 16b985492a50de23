package wiring_test

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/dig"
	"pgregory.net/rapid"
)

// record is what each function was called with: for each dependency, in order, the
// identities of the values.
type record map[string][][]int

// function returns the constructor as a function that records its arguments, and
// whose results have identities that grow in registration order.
func (c ctor) function(index int, name string, rec *record) any {
	typ := c.funcType()
	return reflect.MakeFunc(typ, func(args []reflect.Value) []reflect.Value {
		if _, twice := (*rec)[name]; twice {
			panic(errors.New(name + " is called twice"))
		}
		got := [][]int{}
		for i, s := range c.in {
			got = s.identities(args[i], got)
		}
		if c.variadic && args[len(c.in)].Len() > 0 {
			panic(errors.New(name + " has variadic arguments"))
		}
		(*rec)[name] = got

		next := 1000 * (index + 1)
		var results []reflect.Value
		for i, s := range c.out {
			s.group, s.flatten = c.options.group, c.options.flatten
			v := reflect.New(typ.Out(i)).Elem()
			s.fill(v, &next)
			results = append(results, v)
		}
		if c.withError {
			results = append(results, reflect.Zero(errorType))
		}
		return results
	}).Interface()
}

func (s slot) identities(v reflect.Value, got [][]int) [][]int {
	switch {
	case s.object != nil:
		for i, f := range s.object {
			got = f.identities(v.Field(i+1), got)
		}
		return got
	case s.group != "":
		members := []int{}
		for i := range v.Len() {
			members = append(members, identity(v.Index(i)))
		}
		return append(got, members)
	default:
		return append(got, []int{identity(v)})
	}
}

func (s slot) fill(v reflect.Value, next *int) {
	identify := func() reflect.Value { *next++; return pool30[s.sort].value(*next) }
	switch {
	case s.object != nil:
		for i, f := range s.object {
			f.fill(v.Field(i+1), next)
		}
	case s.group != "" && s.flatten:
		for range 2 {
			v.Set(reflect.Append(v, identify()))
		}
	default:
		v.Set(identify())
	}
}

// compareBuilds builds the graph with us and with plain dig.
func (g graph) compareBuilds(t *rapid.T) {
	ours, theirs := make(record), make(record)

	plan, err := g.assembly(&ours).Verify()
	require.NoError(t, err)
	b := plan.NewBuild()
	b.Run(t.Context())
	_, err = b.Result()
	require.NoError(t, err)

	container := dig.New()
	for i, c := range g.ctors {
		require.NoError(t, container.Provide(c.function(i, fmt.Sprintf("c%d", i), &theirs), c.digOptions()...))
	}
	for i, c := range g.invokes {
		require.NoError(t, container.Invoke(c.function(0, fmt.Sprintf("invoke%d", i), &theirs)))
	}

	require.Equal(t, slices.Sorted(maps.Keys(theirs)), slices.Sorted(maps.Keys(ours)), "what was called")
	for i, c := range g.ctors {
		g.compareArguments(t, fmt.Sprintf("c%d", i), c, ours, theirs)
	}
	for i, c := range g.invokes {
		g.compareArguments(t, fmt.Sprintf("invoke%d", i), c, ours, theirs)
	}
}

func (g graph) compareArguments(t *rapid.T, name string, c ctor, ours, theirs record) {
	if _, called := ours[name]; !called {
		return
	}
	var params []slot
	var walk func([]slot)
	walk = func(slots []slot) {
		for _, s := range slots {
			if s.object == nil {
				params = append(params, s)
			}
			walk(s.object)
		}
	}
	walk(c.in)
	require.Len(t, ours[name], len(params))
	for i, s := range params {
		got, want := ours[name][i], theirs[name][i]
		switch {
		case s.soft:
			// dig leaves out the members that happen to be built later.
			assert.Subset(t, got, want, "%s, parameter %d", name, i)
			want = g.members(s, ours)
		case s.group != "":
			assert.ElementsMatch(t, want, got, "%s, parameter %d", name, i)
			want = g.members(s, ours)
		}
		assert.Equal(t, want, got, "%s, parameter %d", name, i)
	}
}

// members returns the members of a group whose constructors were called, in
// registration order.
func (g graph) members(group slot, called record) []int {
	members := []int{}
	for i, c := range g.ctors {
		if _, ok := called[fmt.Sprintf("c%d", i)]; !ok {
			continue
		}
		id := 1000 * (i + 1)
		for _, s := range c.offers() {
			n := 1
			if s.flatten {
				n = 2
			}
			for range n {
				id++
				if s.sort == group.sort && s.group == group.group {
					members = append(members, id)
				}
			}
		}
	}
	return members
}

package wiring_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/dig"
	"pgregory.net/rapid"

	"github.com/wireframework/wireframework/wiring"
)

// verdict is what is wrong with a graph.
type verdict struct {
	duplicate bool
	cycle     bool
	missing   []string // the constructors and invokes that lack something
}

func (v verdict) String() string {
	switch {
	case v.duplicate:
		return "duplicate"
	case v.cycle:
		return "cycle"
	case len(v.missing) > 0:
		return "missing"
	default:
		return "accepted"
	}
}

// TestVerificationAgreesWithDig compares our verdict on random graphs with dig's,
// and, for those that both accept, what each constructor is called with.
func TestVerificationAgreesWithDig(t *testing.T) {
	seen := make(map[string]int)
	rapid.Check(t, func(t *rapid.T) {
		g := drawGraph(t)
		t.Logf("graph:%v", g)

		ours, theirs := g.ourVerdict(t), g.digVerdict(t)

		seen[theirs.String()]++
		require.Equal(t, theirs.duplicate, ours.duplicate, "duplicate")
		if theirs.duplicate {
			return // dig has refused a constructor, so that the rest is another graph
		}
		require.Equal(t, theirs.missing, ours.missing, "missing")
		require.Equal(t, theirs.cycle, ours.cycle, "cycle")
		if theirs.String() == "accepted" {
			g.compareBuilds(t)
		}
	})
	t.Log(seen)
}

// assembly registers each constructor, and each invoke, in a layer of its own.
func (g graph) assembly(rec *record) *wiring.Assembly {
	a := assemble(worker)
	for i, c := range g.ctors {
		name := fmt.Sprintf("c%d", i)
		a.Add(layer(name, func(r *wiring.Registry) { r.Provide(c.function(i, name, rec), c.ourOptions()...) }))
	}
	for i, c := range g.invokes {
		name := fmt.Sprintf("invoke%d", i)
		a.Add(layer(name, func(r *wiring.Registry) { r.Invoke(c.function(0, name, rec)) }))
	}
	return a
}

func (g graph) ourVerdict(t *rapid.T) verdict {
	_, err := g.assembly(nil).Verify()
	if err == nil {
		return verdict{}
	}
	var v verdict
	missing := make(map[string]bool)
	for _, e := range err.(interface{ Unwrap() []error }).Unwrap() {
		switch e := e.(type) { //nolint:errorlint // each is what it is
		case *wiring.MissingError:
			missing[e.Layer] = true
		case *wiring.DuplicateError:
			v.duplicate = true
		case *wiring.CycleError:
			v.cycle = true
		case *wiring.RegistrationError:
			require.Contains(t, e.Reason, " twice")
			v.duplicate = true
		default:
			require.NoError(t, e)
		}
	}
	v.missing = slices.Sorted(maps.Keys(missing))
	return v
}

func (g graph) digVerdict(t *rapid.T) verdict {
	var v verdict
	container := dig.New(dig.DryRun(true), dig.DeferAcyclicVerification())
	for i, c := range g.ctors {
		if err := container.Provide(c.function(i, "", nil), c.digOptions()...); err != nil {
			require.ErrorContains(t, err, "already provided by")
			v.duplicate = true
		}
	}
	if v.duplicate {
		return v
	}
	// dig looks for the direct dependencies of a function before it looks for cycles.
	for i, c := range g.ctors {
		if missing(container.Invoke(asking(c))) {
			v.missing = append(v.missing, fmt.Sprintf("c%d", i))
		}
	}
	for i, c := range g.invokes {
		if missing(container.Invoke(asking(c))) {
			v.missing = append(v.missing, fmt.Sprintf("invoke%d", i))
		}
	}
	slices.Sort(v.missing)
	err := container.Invoke(func() {})
	v.cycle = dig.IsCycleDetected(err)
	require.True(t, err == nil || v.cycle, "%v", err)
	if !v.cycle && len(v.missing) == 0 {
		g.askForEveryKey(t, container)
	}
	return v
}

func (g graph) askForEveryKey(t *rapid.T, container *dig.Container) {
	for _, c := range g.ctors {
		for _, s := range c.offers() {
			require.NoError(t, container.Invoke(asking(ctor{in: []slot{{object: []slot{s.asParam()}}}})))
		}
	}
}

func (s slot) asParam() slot { s.flatten = false; return s }

// missing reports whether a function lacks a direct dependency.
func missing(err error) bool {
	return err != nil && strings.HasPrefix(err.Error(), "missing dependencies for function")
}

// asking returns a function that asks for what c asks for.
func asking(c ctor) any {
	c.out, c.withError = nil, false
	return c.function(0, "", nil)
}

func (c ctor) ourOptions() []wiring.Option {
	var opts []wiring.Option
	if c.options.name != "" {
		opts = append(opts, wiring.Name(c.options.name))
	}
	if c.options.group != "" {
		opts = append(opts, wiring.Group(c.options.group+c.options.flags()))
	}
	if c.as {
		opts = append(opts, asOptions[pool30[c.out[0].sort].as].ours)
	}
	return opts
}

func (c ctor) digOptions() []dig.ProvideOption {
	var opts []dig.ProvideOption
	if c.options.name != "" {
		opts = append(opts, dig.Name(c.options.name))
	}
	if c.options.group != "" {
		opts = append(opts, dig.Group(c.options.group+c.options.flags()))
	}
	if c.as {
		opts = append(opts, asOptions[pool30[c.out[0].sort].as].digs)
	}
	return opts
}

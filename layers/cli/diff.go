package cli

import (
	"fmt"
	"slices"

	"github.com/wireframework/wireframework/wiring"
)

// diff prints what the graphs of two deployments do not share.
func (in *invocation) diff() error {
	names := in.values.Interface().(graphDiff) //nolint:forcetypeassert // see App.fields
	from, err := in.content(names.From)
	if err != nil {
		return err
	}
	to, err := in.content(names.To)
	if err != nil {
		return err
	}
	for _, line := range minus(from, to) {
		say(in.stdout, "- %s", line)
	}
	for _, line := range minus(to, from) {
		say(in.stdout, "+ %s", line)
	}
	return nil
}

func (in *invocation) content(deployment string) ([]string, error) {
	one, err := in.of(deployment)
	if err != nil {
		return nil, err
	}
	s, err := one.service()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", deployment, err)
	}
	return content(s.Graph()), nil
}

// content lists the layers of a graph, then what they provide, then their tasks.
func content(g *wiring.Graph) []string {
	var lines, resources, tasks []string
	for _, name := range layers(g) {
		lines = append(lines, "layer "+name)
	}
	constructors := byID(g)
	labels := make(map[string]string, len(g.Resources))
	for _, r := range g.Resources {
		labels[r.ID] = r.Label
	}
	for _, e := range g.Edges {
		if c, provides := constructors[e.To]; provides {
			resources = append(resources, fmt.Sprintf("resource %s (layer %s)", labels[e.From], c.Layer))
		}
	}
	for _, t := range g.Tasks {
		tasks = append(tasks, fmt.Sprintf("task of %s (layer %s)", constructors[t.Constructor].Function, t.Layer))
	}
	return slices.Concat(lines, resources, tasks)
}

// minus returns the lines of a that b does not have. A line counts as often as it is
// there.
func minus(a, b []string) []string {
	left := make(map[string]int)
	for _, line := range b {
		left[line]++
	}
	var rest []string
	for _, line := range a {
		if left[line]--; left[line] < 0 {
			rest = append(rest, line)
		}
	}
	return rest
}

func byID(g *wiring.Graph) map[string]wiring.GraphConstructor {
	constructors := make(map[string]wiring.GraphConstructor, len(g.Constructors))
	for _, c := range g.Constructors {
		constructors[c.ID] = c
	}
	return constructors
}

package metrics

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/wireframework/wireframework/resource"
	"github.com/wireframework/wireframework/wiring"
)

// register registers the collectors and reports all mistakes. Layers are those they
// come from, or nil if that is not known.
func register(r *prometheus.Registry, collectors []prometheus.Collector, layers []string) error {
	var problems []error
	owner := make(map[string]int) // of each metric, as an index
	for i, c := range collectors {
		if c == nil {
			problems = append(problems, fmt.Errorf("a collector%s is nil", origin(layers, i)))
			continue
		}
		names, err := describe(c)
		if err == nil {
			err = r.Register(c)
		}
		if err != nil {
			problems = append(problems, explain(err, title(c, names)+origin(layers, i), earlier(names, owner, layers)))
			continue
		}
		for _, name := range names {
			owner[name] = i
		}
	}
	return errors.Join(problems...)
}

// title names a collector by its first metric, or by its type if it has none to tell.
func title(c prometheus.Collector, names []string) string {
	if len(names) == 0 {
		return fmt.Sprintf("collector %T", c)
	}
	return fmt.Sprintf("collector %q", names[0])
}

// explain says which collector cannot be registered, and why.
func explain(err error, title, hint string) error {
	if _, twice := errors.AsType[prometheus.AlreadyRegisteredError](err); twice {
		return fmt.Errorf("%s is registered already%s", title, hint)
	}
	return fmt.Errorf("%s: %w%s", title, err, hint)
}

func origin(layers []string, i int) string {
	if layers == nil {
		return ""
	}
	return fmt.Sprintf(" of layer %q", layers[i])
}

// earlier says who has registered one of the names before, if a collector of a layer
// has.
func earlier(names []string, owner map[string]int, layers []string) string {
	for _, name := range names {
		if i, ok := owner[name]; ok && layers != nil {
			return fmt.Sprintf(" (by layer %q; each metric belongs to one collector)", layers[i])
		}
	}
	return ""
}

var metricName = regexp.MustCompile(`fqName: "([^"]*)"`)

// describe returns the names of the metrics of a collector, none for one that does
// not know. A panic would end the process if it came up on the goroutine on which the
// registry asks for this.
func describe(c prometheus.Collector) (names []string, err error) {
	descs := make(chan *prometheus.Desc)
	failed := make(chan error, 1)
	go func() {
		defer close(descs)
		defer func() {
			if v := recover(); v != nil {
				failed <- fmt.Errorf("Describe panics: %v", v)
			}
		}()
		c.Describe(descs)
	}()
	for d := range descs {
		if match := metricName.FindStringSubmatch(d.String()); match != nil {
			names = append(names, match[1])
		}
	}
	select {
	case err = <-failed:
	default:
	}
	return names, err
}

// providers returns the layer of each of the n members of the group "metrics". Members
// arrive in the order of registration, so the graph tells, unless a constructor
// provides any number of them.
func providers(g *wiring.Graph, n int) []string {
	layers := g.MemberLayers(resource.ID{Type: reflect.TypeFor[[]prometheus.Collector](), Group: "metrics"})
	if len(layers) != n {
		return nil
	}
	return layers
}

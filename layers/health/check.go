package health

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"time"

	"github.com/wireframework/wireframework/resource"
	"github.com/wireframework/wireframework/wiring"
)

// Check tells whether something works that the node needs. A layer provides checks as
// members of the group "health".
type Check struct {
	// Name is what operators read, and what ?exclude= takes: letters, digits, and
	// the characters - _ . and /. No two checks of a node have the same. Required.
	Name string

	// Check returns nil if all is well. It should return soon after ctx has ended,
	// which is after the Timeout, or when the node has stopped. It is never called
	// again before it has returned. Required.
	Check func(ctx context.Context) error

	// Timeout is how long Check may take; a check that is late fails. Optional;
	// defaults to that of the layer.
	Timeout time.Duration

	// Cache is how long a result counts, good or bad; negative, it counts only for the
	// requests that wait for it. Optional; defaults to that of the layer.
	Cache time.Duration

	// Optional is set for what the node can do without: if it fails the reports say
	// so, and the node stays ready. Optional; defaults to false.
	Optional bool
}

var checkName = regexp.MustCompile(`^[A-Za-z0-9._/-]+$`)

// mistake says what is wrong with the check by itself.
func (c Check) mistake() string {
	switch {
	case c.Name == "":
		return "has no name"
	case !checkName.MatchString(c.Name):
		return "has a name that is no word (use letters, digits, and the characters - _ . and /)"
	case c.Name == partGate || c.Name == partShutdown || c.Name == partTasks:
		return "has the name of a part that is always there (give it another)"
	case c.Check == nil:
		return "has no function Check"
	case c.Timeout < 0:
		return fmt.Sprintf("has the Timeout %v (give a positive duration)", c.Timeout)
	}
	return ""
}

// verify reports all mistakes in the checks. Layers are those the checks come from, or
// nil if that is not known.
func verify(checks []Check, layers []string) error {
	var problems []error
	first := make(map[string]int, len(checks)) // index by name
	for i, c := range checks {
		if mistake := c.mistake(); mistake != "" {
			problems = append(problems, fmt.Errorf("check %q%s %s", c.Name, origin(layers, i), mistake))
			continue
		}
		if earlier, twice := first[c.Name]; twice {
			problems = append(problems, fmt.Errorf("check %q is there twice%s (give each a name of its own)",
				c.Name, origins(layers, earlier, i)))
			continue
		}
		first[c.Name] = i
	}
	return errors.Join(problems...)
}

func origin(layers []string, i int) string {
	if layers == nil {
		return ""
	}
	return fmt.Sprintf(" of layer %q", layers[i])
}

func origins(layers []string, i, j int) string {
	if layers == nil {
		return ""
	}
	return fmt.Sprintf(": of layer %q and of layer %q", layers[i], layers[j])
}

// providers returns the layer of each of the n members of the group "health". Members
// arrive in the order of registration, so the graph tells, unless a constructor
// provides any number of them.
func providers(g *wiring.Graph, n int) []string {
	layers := g.MemberLayers(resource.ID{Type: reflect.TypeFor[[]Check](), Group: "health"})
	if len(layers) != n {
		return nil
	}
	return layers
}

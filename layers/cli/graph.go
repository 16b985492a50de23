package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"text/tabwriter"

	"github.com/wireframework/wireframework/wiring"
)

// graph prints the graph of a deployment.
func (in *invocation) graph() error {
	s, err := in.service()
	if err != nil {
		return err
	}
	g := s.Graph()
	flags := in.flags.Field(0).Interface().(graphFlags) //nolint:forcetypeassert // see App.fields
	if flags.Explain != "" {
		return in.explain(g, flags.Explain)
	}
	switch flags.Format {
	case "mermaid":
		return g.WriteMermaid(in.stdout)
	case "json":
		e := json.NewEncoder(in.stdout)
		e.SetIndent("", "  ")
		e.SetEscapeHTML(false)
		return e.Encode(g)
	default:
		return g.WriteDOT(in.stdout)
	}
}

// explain prints a tree, or what to do about a name that may be the ID of a task.
func (in *invocation) explain(g *wiring.Graph, name string) error {
	var tree bytes.Buffer
	if err := g.Explain(&tree, name); err != nil {
		return fmt.Errorf("%w\n(a task goes by its constructor, see %q; its ID is known once the node runs, see /debug/tasks of layers/debug)",
			err, in.app.name+" tasks "+in.target)
	}
	_, err := tree.WriteTo(in.stdout)
	return err
}

// tasks lists the constructors of tasks.
func (in *invocation) tasks() error {
	s, err := in.service()
	if err != nil {
		return err
	}
	g := s.Graph()
	constructors := byID(g)
	w := tabwriter.NewWriter(in.stdout, 0, 0, 2, ' ', 0)
	say(w, "LAYER\tCONSTRUCTOR\tLOCATION")
	for _, t := range g.Tasks {
		c := constructors[t.Constructor]
		say(w, "%s\t%s\t%s", t.Layer, c.Function, c.Location)
	}
	return w.Flush()
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

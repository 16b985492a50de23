package cli

import (
	"encoding/json"
	"fmt"
	"text/tabwriter"
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
		return g.Explain(in.stdout, flags.Explain)
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

package wiring

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// Explain writes a tree of what a task or a resource needs: which constructor of which
// layer provides each part, and in a run how long it took and what has become of it.
// Name is the ID of a task, a resource as errors show it (`*sql.DB "replica"`), the
// function of a constructor, or a layer, which stands for its tasks and constructors
// that are no part of each other. A name that fits nothing is an error that lists
// what is near. Otherwise Explain returns the first error of w.
func (g *Graph) Explain(w io.Writer, name string) error {
	x := newExplainer(g)
	roots := x.find(name)
	if len(roots) == 0 {
		return x.unknown(name)
	}
	x.printer = &printer{w: w}
	for _, c := range roots {
		x.line("%s", x.describe(c))
		x.needs(c, "", 0)
	}
	return x.err
}

// maxDepth bounds the tree: its indentation grows with the depth.
const maxDepth = 32

// explainer has the graph by ID.
type explainer struct {
	*printer
	constructors map[string]*GraphConstructor
	resources    map[string]*GraphResource
	tasks        map[string][]*GraphTask // by constructor
	edges        map[string][]GraphEdge  // by where they begin
	told         map[*GraphConstructor]bool
	graph        *Graph
}

func newExplainer(g *Graph) *explainer {
	x := &explainer{
		constructors: make(map[string]*GraphConstructor),
		resources:    make(map[string]*GraphResource),
		tasks:        make(map[string][]*GraphTask),
		edges:        make(map[string][]GraphEdge),
		told:         make(map[*GraphConstructor]bool),
		graph:        g,
	}
	for i := range g.Constructors {
		x.constructors[g.Constructors[i].ID] = &g.Constructors[i]
	}
	for i := range g.Resources {
		x.resources[g.Resources[i].ID] = &g.Resources[i]
	}
	for i := range g.Tasks {
		t := &g.Tasks[i]
		x.tasks[t.Constructor] = append(x.tasks[t.Constructor], t)
	}
	for _, e := range g.Edges {
		x.edges[e.From] = append(x.edges[e.From], e)
	}
	return x
}

// find returns the constructors that a name stands for, in registration order.
func (x *explainer) find(name string) []*GraphConstructor {
	var found []*GraphConstructor
	for i := range x.graph.Constructors {
		c := &x.graph.Constructors[i]
		if c.Function == name || x.runs(c, name) || x.provides(c, name) {
			found = append(found, c)
		}
	}
	if found != nil {
		return found
	}
	return x.layer(name)
}

func (x *explainer) runs(c *GraphConstructor, id string) bool {
	return slices.ContainsFunc(x.tasks[c.ID], func(t *GraphTask) bool { return t.ID == id && id != "" })
}

func (x *explainer) provides(c *GraphConstructor, label string) bool {
	for id, r := range x.resources {
		if r.Label == label && slices.ContainsFunc(x.edges[id], func(e GraphEdge) bool { return e.To == c.ID }) {
			return true
		}
	}
	return false
}

// layer returns the constructors of a layer that no other one of it needs.
func (x *explainer) layer(name string) []*GraphConstructor {
	needed := make(map[string]bool) // constructors
	for _, c := range x.graph.Constructors {
		if c.Layer != name {
			continue
		}
		for _, need := range x.edges[c.ID] {
			for _, by := range x.edges[need.To] {
				needed[by.To] = true
			}
		}
	}
	var tops []*GraphConstructor
	for i := range x.graph.Constructors {
		if c := &x.graph.Constructors[i]; c.Layer == name && !needed[c.ID] {
			tops = append(tops, c)
		}
	}
	return tops
}

// needs writes the branches below a constructor; what has been told is not told again.
func (x *explainer) needs(c *GraphConstructor, indent string, depth int) {
	x.told[c] = true
	edges := x.edges[c.ID]
	if depth == maxDepth && len(edges) > 0 {
		x.line("%s└─ and more, see %s", indent, oneLine(or(c.Function, c.Layer)))
		return
	}
	for i, e := range edges {
		branch, below := "├─ ", "│  "
		if i == len(edges)-1 {
			branch, below = "└─ ", "   "
		}
		r := x.resources[e.To]
		providers := x.edges[e.To]
		head := indent + branch + oneLine(r.Label) + weak(e)
		switch {
		case len(providers) == 0:
			x.line("%s: nobody provides it", head)
		case r.Group == "":
			x.provider(head+": ", x.constructors[providers[0].To], indent+below, depth)
		default:
			x.line("%s:", head)
			x.members(providers, indent+below, depth)
		}
	}
}

func (x *explainer) members(providers []GraphEdge, indent string, depth int) {
	for i, by := range providers {
		branch, below := "├─ ", "│  "
		if i == len(providers)-1 {
			branch, below = "└─ ", "   "
		}
		x.provider(indent+branch, x.constructors[by.To], indent+below, depth)
	}
}

func (x *explainer) provider(head string, c *GraphConstructor, below string, depth int) {
	if x.told[c] && len(x.edges[c.ID]) > 0 {
		x.line("%s%s, see above", head, x.describe(c))
		return
	}
	x.line("%s%s", head, x.describe(c))
	x.needs(c, below, depth+1)
}

func weak(e GraphEdge) string {
	switch {
	case e.Optional:
		return " (optional)"
	case e.Soft:
		return " (soft)"
	default:
		return ""
	}
}

// describe is a constructor in one line.
func (x *explainer) describe(c *GraphConstructor) string {
	var b strings.Builder
	fmt.Fprintf(&b, "layer %q: %s", c.Layer, oneLine(or(c.Function, c.Kind)))
	if c.Location != "" {
		fmt.Fprintf(&b, " (%s)", oneLine(c.Location))
	}
	if c.Default {
		b.WriteString(", default")
	}
	if c.State != "" {
		b.WriteString(", " + c.State)
	}
	if c.Duration > 0 {
		fmt.Fprintf(&b, " in %v", c.Duration.Round(10*time.Microsecond))
	}
	if c.Error != "" {
		b.WriteString(": " + oneLine(c.Error))
	}
	for _, t := range x.tasks[c.ID] {
		b.WriteString(", " + t.describe())
	}
	return b.String()
}

func (t *GraphTask) describe() string {
	text := "a task"
	if t.ID != "" {
		text = fmt.Sprintf("%s %q", or(t.Kind, "task"), t.ID)
	}
	if t.State != "" {
		text += " " + t.State
	}
	if t.Error != "" {
		text += ": " + oneLine(t.Error)
	}
	return text
}

func or(s, other string) string {
	if s != "" {
		return s
	}
	return other
}

// oneLine keeps foreign text from breaking the tree.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// unknown says what there is instead of a name.
func (x *explainer) unknown(name string) error {
	for _, r := range x.graph.Resources { // a type alone, and the resource has a name or is a group
		if strings.HasPrefix(r.Label, name+" ") || strings.HasPrefix(r.Label, "[]"+name+" ") {
			return fmt.Errorf("%q is no task, resource, constructor or layer of this graph (did you mean %s?)", name, r.Label)
		}
	}
	var names []string
	for _, t := range x.graph.Tasks {
		names = append(names, t.ID)
	}
	for _, r := range x.graph.Resources {
		names = append(names, r.Label)
	}
	for _, c := range x.graph.Constructors {
		names = append(names, c.Function, c.Layer)
	}
	if near := nearest(name, slices.DeleteFunc(names, func(s string) bool { return s == "" })); near != "" {
		return fmt.Errorf("%q is no task, resource, constructor or layer of this graph (did you mean %q?)", name, near)
	}
	layers := make([]string, len(x.graph.Layers))
	for i, l := range x.graph.Layers {
		layers[i] = l.Name
	}
	return fmt.Errorf("%q is no task, resource, constructor or layer of this graph (its layers are %s)", name, quoted(layers))
}

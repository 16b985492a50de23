package wiring

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/wireframework/wireframework/resource"
)

// Graph is the wiring of a node as data, for pictures, tools and golden files. It
// is the same from run to run: everything is in registration order.
type Graph struct {
	Layers       []GraphLayer       `json:"layers"`
	Constructors []GraphConstructor `json:"constructors"`
	Resources    []GraphResource    `json:"resources"`
	Tasks        []GraphTask        `json:"tasks"`
	Edges        []GraphEdge        `json:"edges"`
}

// GraphLayer is a layer.
type GraphLayer struct {
	Name   string `json:"name"`
	Bundle string `json:"bundle,omitempty"` // names of the bundles around it, outermost first, joined with slashes
}

// GraphConstructor is a registration.
type GraphConstructor struct {
	ID       string `json:"id"`   // "c0", "c1", and so on
	Kind     string `json:"kind"` // constructor, value, task or invoke
	Layer    string `json:"layer"`
	Function string `json:"function,omitempty"` // empty for a value
	Location string `json:"location,omitempty"`
	Default  bool   `json:"default,omitempty"`
	Used     bool   `json:"used"` // a task or an invoke needs it

	// What has become of it in a run; empty before.
	State    string        `json:"state,omitempty"`    // built, failed, or blocked by a failure
	Duration time.Duration `json:"duration,omitempty"` // of its call, without what it needs; in nanoseconds
	Error    string        `json:"error,omitempty"`
}

// GraphResource is a resource or a group.
type GraphResource struct {
	ID      string `json:"id"` // "r0", "r1", and so on
	Label   string `json:"label"`
	Type    string `json:"type"`
	Package string `json:"package,omitempty"` // import path of the type
	Name    string `json:"name,omitempty"`
	Group   string `json:"group,omitempty"`
	Missing bool   `json:"missing,omitempty"` // nobody provides it; it is optional, or a group without members
}

// GraphTask is a task. Before the service is wired only the constructor is known.
type GraphTask struct {
	ID          string `json:"id,omitempty"`   // known once wired
	Kind        string `json:"kind,omitempty"` // known once wired
	Layer       string `json:"layer"`
	Constructor string `json:"constructor"`     // its ID
	State       string `json:"state,omitempty"` // in a run, such as "running"
	Error       string `json:"error,omitempty"`
}

// GraphEdge says that a constructor needs or provides a resource.
type GraphEdge struct {
	From     string `json:"from"` // a constructor that needs, or a resource that is provided
	To       string `json:"to"`   // the resource that is needed, or the constructor that provides
	Optional bool   `json:"optional,omitempty"`
	Soft     bool   `json:"soft,omitempty"`
}

// Graph returns the graph of the plan. Tasks may be nil, or those of a build.
func (p *Plan) Graph(tasks []Task) *Graph {
	g := &graphBuilder{nodes: make(map[*node]string), ids: make(map[resource.ID]string)}
	g.Graph = Graph{ // empty lists, for JSON
		Layers: []GraphLayer{}, Constructors: []GraphConstructor{}, Resources: []GraphResource{}, Tasks: []GraphTask{}, Edges: []GraphEdge{},
	}
	names := make(map[string]bool)
	for _, e := range p.layers {
		if !names[e.name] { // a fallback may have the name of a layer
			names[e.name] = true
			g.Layers = append(g.Layers, GraphLayer{Name: e.name, Bundle: strings.Join(e.bundles, "/")})
		}
	}
	for _, n := range p.nodes {
		if n.shown() {
			g.addNode(n)
		}
	}
	if tasks != nil {
		g.Tasks = []GraphTask{}
	}
	for _, t := range tasks {
		g.Tasks = append(g.Tasks, GraphTask{ID: string(t.ID), Kind: t.Kind.String(), Layer: t.Layer, Constructor: g.nodes[t.node]})
	}
	return &g.Graph
}

// MemberLayers returns the layer of each result that adds to a group, in the order in
// which members arrive. One that is flattened counts once, however many members it adds.
func (g *Graph) MemberLayers(group resource.ID) []string {
	layerOf := make(map[string]string, len(g.Constructors))
	for _, c := range g.Constructors {
		layerOf[c.ID] = c.Layer
	}
	ids := make(map[string]bool, 1)
	for _, r := range g.Resources {
		if r.Label == group.String() && r.Package == packageOf(group.Type) {
			ids[r.ID] = true
		}
	}
	var layers []string
	for _, e := range g.Edges {
		if ids[e.From] {
			layers = append(layers, layerOf[e.To])
		}
	}
	return layers
}

// Annotate adds to a graph of the plan what has become of its constructors until now.
func (b *Build) Annotate(g *Graph) {
	b.mu.Lock()
	defer b.mu.Unlock()
	i := 0
	for _, n := range b.plan.nodes {
		if !n.shown() {
			continue
		}
		c, o := &g.Constructors[i], &b.outcomes[n.index]
		c.State, c.Duration = stateNames[o.state], o.duration
		if o.err != nil {
			c.Error = o.err.Error()
		}
		i++
	}
}

// shown reports whether the node is in the graph.
func (n *node) shown() bool { return n.layer.rank != override && !n.dropped }

type graphBuilder struct {
	Graph
	nodes map[*node]string // constructors that have an ID
	ids   map[resource.ID]string
}

func (g *graphBuilder) addNode(n *node) {
	src := n.source()
	id := "c" + strconv.Itoa(len(g.nodes))
	g.nodes[n] = id
	g.Constructors = append(g.Constructors, GraphConstructor{
		ID: id, Kind: kindNames[n.kind], Layer: src.Layer, Function: src.Function, Location: src.Location,
		Default: n.opts.rank >= byDefault, Used: n.needed,
	})
	for _, need := range n.needs {
		if need.hooks {
			continue
		}
		missing := len(need.by) == 0
		g.Edges = append(g.Edges, GraphEdge{From: id, To: g.resource(need.id, missing), Optional: need.optional, Soft: need.soft})
	}
	for _, r := range n.results {
		for _, rid := range r.ids {
			if !r.task {
				g.Edges = append(g.Edges, GraphEdge{From: g.resource(rid, false), To: id})
			}
		}
		if r.task {
			g.Tasks = append(g.Tasks, GraphTask{Layer: src.Layer, Constructor: id})
		}
	}
}

func (g *graphBuilder) resource(id resource.ID, missing bool) string {
	if known, ok := g.ids[id]; ok {
		return known
	}
	node := "r" + strconv.Itoa(len(g.Resources))
	g.ids[id] = node
	g.Resources = append(g.Resources, GraphResource{
		ID: node, Label: id.String(), Type: id.Type.String(), Package: packageOf(id.Type), Name: id.Name, Group: id.Group, Missing: missing,
	})
	return node
}

// label is what a picture shows of a constructor: its name and its tasks, a line
// each.
func (c *GraphConstructor) label(tasks []string) string {
	name := c.Function
	if name == "" {
		name = c.Kind
	}
	return strings.Join(append([]string{name}, tasks...), "\n")
}

// tasks returns the labels of the tasks of each constructor.
func (g *Graph) tasks() map[string][]string {
	labels := make(map[string][]string, len(g.Tasks))
	for _, t := range g.Tasks {
		label := "task"
		if t.ID != "" {
			label = fmt.Sprintf("%s (%s)", t.ID, t.Kind)
		}
		labels[t.Constructor] = append(labels[t.Constructor], label)
	}
	return labels
}

// byLayer calls layer for each layer that has constructors, and constructor for
// each of these with the labels of its tasks.
func (g *Graph) byLayer(layer func(i int, name string), constructor func(c *GraphConstructor, tasks []string), end func()) {
	tasks := g.tasks()
	constructors := make(map[string][]*GraphConstructor, len(g.Layers))
	for i := range g.Constructors {
		c := &g.Constructors[i]
		constructors[c.Layer] = append(constructors[c.Layer], c)
	}
	for i, l := range g.Layers {
		if len(constructors[l.Name]) == 0 {
			continue
		}
		layer(i, l.Name)
		for _, c := range constructors[l.Name] {
			constructor(c, tasks[c.ID])
		}
		end()
	}
}

// WriteDOT writes the graph in the language of Graphviz: layers as clusters,
// constructors as boxes, tasks as bold boxes, resources as ellipses, and arrows
// from what needs to what is needed. It returns the first error of w.
func (g *Graph) WriteDOT(w io.Writer) error {
	p := &printer{w: w}
	p.line("digraph wiring {")
	p.line("\trankdir=LR;")
	p.line("\tnode [fontname=\"sans-serif\", fontsize=10];")
	g.byLayer(func(i int, name string) {
		p.line("\tsubgraph cluster_%d {", i)
		p.line("\t\tlabel=%s;", dotQuote(name))
	}, func(c *GraphConstructor, tasks []string) {
		style := ""
		if len(tasks) > 0 {
			style = ", style=bold"
		}
		if !c.Used {
			style += ", color=gray, fontcolor=gray"
		}
		p.line("\t\t%s [shape=box, label=%s, tooltip=%s%s];", c.ID,
			dotQuote(c.label(tasks)), dotQuote(c.Location), style)
	}, func() { p.line("\t}") })
	for _, r := range g.Resources {
		style := ""
		if r.Missing {
			style = ", style=dashed"
		}
		p.line("\t%s [shape=ellipse, label=%s, tooltip=%s%s];", r.ID, dotQuote(r.Label), dotQuote(r.Package), style)
	}
	for _, e := range g.Edges {
		style := ""
		if e.Optional || e.Soft {
			style = " [style=dashed]"
		}
		p.line("\t%s -> %s%s;", e.From, e.To, style)
	}
	p.line("}")
	return p.err
}

// WriteMermaid writes the graph as a Mermaid flowchart, which many forges render
// in Markdown. It returns the first error of w.
func (g *Graph) WriteMermaid(w io.Writer) error {
	p := &printer{w: w}
	p.line("flowchart LR")
	g.byLayer(func(i int, name string) {
		p.line("\tsubgraph l%d[%s]", i, mermaidQuote(name))
	}, func(c *GraphConstructor, tasks []string) {
		p.line("\t\t%s[%s]", c.ID, mermaidQuote(c.label(tasks)))
	}, func() { p.line("\tend") })
	for _, r := range g.Resources {
		p.line("\t%s([%s])", r.ID, mermaidQuote(r.Label))
	}
	for _, e := range g.Edges {
		arrow := "-->"
		if e.Optional || e.Soft {
			arrow = "-.->"
		}
		p.line("\t%s %s %s", e.From, arrow, e.To)
	}
	return p.err
}

// printer writes lines until the first error.
type printer struct {
	w   io.Writer
	err error
}

func (p *printer) line(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format+"\n", args...)
	}
}

var dotEscaper = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\r", " ")

func dotQuote(s string) string { return `"` + dotEscaper.Replace(s) + `"` }

var mermaidEscaper = strings.NewReplacer(
	`"`, "#quot;", "&", "#amp;", "<", "#lt;", ">", "#gt;", "#", "#35;", "`", "#96;", `\`, "#92;", "%", "#37;", "\n", "<br/>", "\r", " ")

func mermaidQuote(s string) string { return `"` + mermaidEscaper.Replace(s) + `"` }

package wiring

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/wireframework/wireframework/internal/failure"
	"github.com/wireframework/wireframework/resource"
)

// Assembly is the ordered list of the layers of one node, and what a test kit
// changes about it. Mistakes are recorded and reported by [Assembly.Verify]. The
// zero value is an empty assembly; it is not safe for concurrent use.
//
// Programs use it through service.Builder. It is exported for tools that look at a
// graph without running it.
type Assembly struct {
	entries  []*layerEntry
	mistakes []error
	edits    edits
	wants    []edit  // what the service itself asks for
	absent   []Layer // bundles of which nothing is there
}

// layerEntry is a layer in its place.
type layerEntry struct {
	name    string
	layer   Layer
	bundles []string // the bundles it came in, outermost first
	also    []string // the bundles that it came in again
	rank    rank     // of all that it provides, unless normal

	added [2]uintptr // the call that added it, and the one around that
}

// edits is what a test kit changes.
type edits struct {
	overrides, supplies []edit
	populates           []edit
	only                []string
	restricted          bool // only is in force
}

func (e *edits) any() bool {
	return e.restricted || len(e.overrides)+len(e.supplies)+len(e.populates) > 0
}

type edit struct {
	id    resource.ID
	value reflect.Value
	set   func(reflect.Value)
}

// Clone returns an independent copy.
func (a *Assembly) Clone() *Assembly {
	c := *a
	c.entries = slices.Clone(a.entries)
	c.mistakes = slices.Clone(a.mistakes)
	c.wants = slices.Clone(a.wants)
	c.absent = slices.Clone(a.absent)
	c.edits.overrides = slices.Clone(a.edits.overrides)
	c.edits.supplies = slices.Clone(a.edits.supplies)
	c.edits.populates = slices.Clone(a.edits.populates)
	c.edits.only = slices.Clone(a.edits.only)
	return &c
}

// Add appends layers. Bundles are taken apart.
func (a *Assembly) Add(layers ...Layer) {
	a.entries = append(a.entries, addedBy(callers(), a.flatten(layers, nil))...)
}

// Replace puts l in the place of the layer, or the bundle, of that name.
func (a *Assembly) Replace(name string, l Layer) {
	at := slices.IndexFunc(a.entries, func(e *layerEntry) bool { return e.is(name) })
	if at < 0 {
		a.unknownLayer("ReplaceLayer", name)
		return
	}
	if isNil(l) {
		a.Fail(fmt.Errorf("ReplaceLayer(%q): the layer is nil (RemoveLayer takes a layer out)", name))
		return
	}
	bundles := a.entries[at].bundles
	if i := slices.Index(bundles, name); i >= 0 {
		bundles = bundles[:i]
	}
	a.entries = slices.DeleteFunc(slices.Clone(a.entries), func(e *layerEntry) bool { return e.is(name) })
	a.entries = slices.Insert(a.entries, at, addedBy(callers(), a.flatten([]Layer{l}, bundles))...)
}

// Remove takes out the layer, or all layers of the bundle, of that name.
func (a *Assembly) Remove(name string) {
	before := len(a.entries)
	a.entries = slices.DeleteFunc(slices.Clone(a.entries), func(e *layerEntry) bool { return e.is(name) })
	if len(a.entries) == before {
		a.unknownLayer("RemoveLayer", name)
	}
}

// Override provides value as the resource id instead of whatever the layers
// provide. It is a mistake if they do not provide it, or nothing needs it.
func (a *Assembly) Override(id resource.ID, value reflect.Value) {
	a.edits.overrides = append(a.edits.overrides, edit{id: id, value: value})
}

// Supply provides value as the resource id, which no layer provides. It is a
// mistake if nothing needs it.
func (a *Assembly) Supply(id resource.ID, value reflect.Value) {
	a.edits.supplies = append(a.edits.supplies, edit{id: id, value: value})
}

// Populate builds the resource id and passes it to set, while the node is wired.
func (a *Assembly) Populate(id resource.ID, set func(reflect.Value)) {
	a.edits.populates = append(a.edits.populates, edit{id: id, set: set})
}

// Only restricts the tasks and invokes of the node to those of the named layers
// and bundles. What they do not need is not built.
func (a *Assembly) Only(names ...string) {
	a.edits.restricted = true
	a.edits.only = append(a.edits.only, names...)
}

// Fallback adds a layer whose resources count only where neither another layer nor
// the default of another layer provides them. It is how a service adds its own.
func (a *Assembly) Fallback(l Layer) {
	a.entries = append(a.entries, &layerEntry{name: l.Name(), layer: l, rank: fallback})
}

// Want builds the resource or group id and passes it to set, before anything else is
// built; unless no layer provides it. Under [Assembly.Only] a group holds only what
// something else needs. It is how a service takes a resource of the graph for itself.
func (a *Assembly) Want(id resource.ID, set func(reflect.Value)) {
	a.wants = append(a.wants, edit{id: id, set: set})
}

// Fail adds a problem that Verify reports. Nil is none.
func (a *Assembly) Fail(err error) {
	if err != nil {
		a.mistakes = append(a.mistakes, err)
	}
}

func (e *layerEntry) is(name string) bool {
	return e.rank == normal && (e.name == name || slices.Contains(e.bundles, name) || slices.Contains(e.also, name))
}

// selected reports whether the tasks of the layer are to run.
func (a *Assembly) selected(e *layerEntry) bool {
	return !a.edits.restricted || slices.ContainsFunc(a.edits.only, e.is)
}

func (a *Assembly) unknownLayer(method, name string) {
	if slices.ContainsFunc(a.absent, func(l Layer) bool { return isAbsent(l, name) }) {
		return // it is not there, whatever it would have been
	}
	a.Fail(fmt.Errorf("%s(%q): no layer has this name%s", method, name, a.layerHint(name)))
}

// isAbsent reports whether a layer that is not there has the name, or a part of it.
func isAbsent(l Layer, name string) bool {
	b, ok := l.(*bundle)
	if !ok {
		return !isNil(l) && l.Name() == name
	}
	return b.name == name || b.off != nil && isAbsent(b.off, name) ||
		slices.ContainsFunc(b.layers, func(part Layer) bool { return isAbsent(part, name) })
}

// layerHint names the layers there are, and the one that was probably meant.
func (a *Assembly) layerHint(name string) string {
	var names []string
	for _, e := range a.entries {
		if e.rank != normal {
			continue
		}
		for _, n := range append(slices.Clone(e.bundles), e.name) {
			if !slices.Contains(names, n) {
				names = append(names, n)
			}
		}
	}
	switch near := nearest(name, names); {
	case near != "":
		return fmt.Sprintf(" (did you mean %q?)", near)
	case len(names) == 0:
		return " (there are no layers)"
	case len(names) == 1:
		return fmt.Sprintf(" (there is only %q)", names[0])
	default:
		return fmt.Sprintf(" (there are %s)", quoted(names))
	}
}

// flatten takes bundles apart.
func (a *Assembly) flatten(layers []Layer, bundles []string) []*layerEntry {
	var entries []*layerEntry
	for i, l := range layers {
		if isNil(l) {
			a.mistakes = append(a.mistakes, fmt.Errorf("layer %d%s is nil", i+1, within(bundles)))
			continue
		}
		if b, ok := l.(*bundle); ok {
			inside := a.flatten(b.layers, append(slices.Clone(bundles), b.name))
			if len(inside) == 0 {
				a.absent = append(a.absent, b)
			}
			entries = append(entries, inside...)
			continue
		}
		name := l.Name()
		if name == "" {
			a.mistakes = append(a.mistakes, fmt.Errorf("layer %d%s, %s, has no name", i+1, within(bundles), describeLayer(l)))
		}
		entries = append(entries, &layerEntry{name: name, layer: l, bundles: bundles})
	}
	return entries
}

// addedBy notes which call has added the entries.
func addedBy(calls [2]uintptr, entries []*layerEntry) []*layerEntry {
	for _, e := range entries {
		e.added = calls
	}
	return entries
}

func within(bundles []string) string {
	if len(bundles) == 0 {
		return " of AddLayer"
	}
	return fmt.Sprintf(" of bundle %q", bundles[len(bundles)-1])
}

func isNil(l Layer) bool {
	if l == nil {
		return true
	}
	v := reflect.ValueOf(l)
	return v.Kind() == reflect.Pointer && v.IsNil()
}

// layerFailure is what the Wire of a layer returned.
type layerFailure struct {
	at  int // how many nodes there were
	err *LayerError
}

// register asks every layer for its registrations.
func (a *Assembly) register(entries []*layerEntry) (nodes []*node, failures []layerFailure) {
	a.addWants(&nodes)
	for _, e := range entries {
		r := &Registry{layer: e, nodes: &nodes}
		if err := wire(e.layer, r); err != nil {
			failures = append(failures, layerFailure{len(nodes), &LayerError{Layer: e.name, Err: err}})
		}
		r.closed = true
	}
	a.addEdits(&nodes)
	return nodes, failures
}

// wire calls the layer and turns a panic into an error.
func wire(l Layer, r *Registry) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = failure.Caught(v)
		}
	}()
	return l.Wire(r)
}

// wantLabel is shown instead of the name of a function.
const wantLabel = "Want"

// addWants registers what the service asks for.
func (a *Assembly) addWants(nodes *[]*node) {
	r := &Registry{layer: &layerEntry{name: "service", rank: override}, nodes: nodes}
	for _, w := range a.wants {
		r.populate(wantLabel, w.id, w.set, a.edits.restricted)
	}
}

// addEdits registers what the test kit provides and asks for.
func (a *Assembly) addEdits(nodes *[]*node) {
	r := &Registry{layer: &layerEntry{name: "servicetest", rank: override}, nodes: nodes}
	for _, e := range a.edits.overrides {
		r.supplyAs(e.id, e.value, override)
	}
	for _, e := range a.edits.supplies {
		r.supplyAs(e.id, e.value, normal)
	}
	for _, e := range a.edits.populates {
		r.populate("Populate", e.id, e.set, false)
	}
}

// supplyAs registers a value under an ID, without reading anything from its type.
func (r *Registry) supplyAs(id resource.ID, value reflect.Value, rank rank) {
	*r.nodes = append(*r.nodes, &node{
		index:   len(*r.nodes),
		layer:   r.layer,
		kind:    kindSupply,
		opts:    options{rank: rank, name: id.Name},
		fn:      value,
		typ:     id.Type,
		results: []result{{ids: []resource.ID{id}}},
	})
}

// populate registers an invoke that asks for one resource; of a group, if soft, only
// for the members that something else needs.
func (r *Registry) populate(label string, id resource.ID, set func(reflect.Value), soft bool) {
	fn := reflect.MakeFunc(reflect.FuncOf([]reflect.Type{parameterObject(id)}, nil, false), func(args []reflect.Value) []reflect.Value {
		set(args[0].Field(1))
		return nil
	})
	*r.nodes = append(*r.nodes, &node{
		index: len(*r.nodes),
		layer: r.layer,
		kind:  kindInvoke,
		label: label,
		fn:    fn,
		typ:   fn.Type(),
		needs: []need{{id: id, soft: soft && id.Group != "", field: []int{1}}},
	})
}

// tagOf returns the tag of a field of a parameter or result object for a resource.
func tagOf(id resource.ID) reflect.StructTag {
	switch {
	case id.Group != "":
		return reflect.StructTag(fmt.Sprintf("group:%q", id.Group))
	case id.Name != "":
		return reflect.StructTag(fmt.Sprintf("name:%q", id.Name))
	default:
		return ""
	}
}

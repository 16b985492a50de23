package wiring

import (
	"errors"
	"fmt"
	"slices"

	"github.com/wireframework/wireframework/resource"
)

// ErrNoTasks is among the problems of an assembly whose layers provide no task.
var ErrNoTasks = errors.New("no layer provides a task, so there is nothing to run (register one with Registry.ProvideTask)")

// Plan is a verified assembly: a graph that can be built. It is immutable and safe
// for concurrent use.
type Plan struct {
	layers   []*layerEntry
	nodes    []*node // in registration order
	roots    []*node // tasks and invokes, in registration order
	provided map[resource.ID][]*node
	warnings []string

	resourcesOnly bool
}

// ResourcesOnly reports whether the plan has no tasks, because a test kit wants
// resources alone.
func (p *Plan) ResourcesOnly() bool { return p.resourcesOnly }

// Verify asks every layer for its registrations and checks them as a graph. It
// calls no constructor. The error holds all problems; errors.As finds each.
func (a *Assembly) Verify() (*Plan, error) {
	mistakes := len(a.mistakes)
	defer func() { a.mistakes = a.mistakes[:mistakes] }()

	p := &Plan{layers: a.unique()}
	nodes, failures := a.register(p.layers)
	p.nodes = nodes

	v := &verifier{plan: p, assembly: a, unwired: len(failures) > 0, overridden: make(map[resource.ID]bool)}
	for _, err := range a.mistakes {
		v.problem(err)
	}
	for _, f := range failures {
		v.problems = append(v.problems, located{f.at, f.err})
		v.silent = append(v.silent, f.err.Layer)
	}
	v.checkSelection()
	v.checkRegistrations()
	v.provide()
	v.connect()
	v.findRoots()
	v.markNeeded()
	v.checkMissing()
	v.checkCycles()
	v.checkEdits()
	if err := v.report(); err != nil {
		return nil, err
	}
	p.warnings = v.warnings()
	return p, nil
}

// Layers returns the names of the layers, in their order.
func (p *Plan) Layers() []string {
	var names []string
	for _, e := range p.layers {
		if e.rank == normal {
			names = append(names, e.name)
		}
	}
	return names
}

// Warnings returns what is probably not meant, a line each: constructors that
// nothing needs, optional resources and groups that nobody provides.
func (p *Plan) Warnings() []string { return slices.Clone(p.warnings) }

// verifier finds the problems of a plan.
type verifier struct {
	plan     *Plan
	assembly *Assembly
	problems []located
	unwired  bool     // a layer could not register all it has, or is not there
	silent   []string // layers that could not say what they provide

	overridden map[resource.ID]bool // provided by a layer, and by a test kit instead
}

// located is a problem and where it belongs among the registrations.
type located struct {
	at  int // index of the node; -1 if it is about the assembly
	err error
}

// problem adds a problem of the assembly.
func (v *verifier) problem(err error) { v.problems = append(v.problems, located{-1, err}) }

// problemOf adds a problem of a registration.
func (v *verifier) problemOf(n *node, err error) {
	v.problems = append(v.problems, located{n.index, err})
}

// report returns the problems in registration order, however they were found.
func (v *verifier) report() error {
	if len(v.problems) == 0 {
		return nil
	}
	slices.SortStableFunc(v.problems, func(a, b located) int { return a.at - b.at })
	errs := make([]error, len(v.problems))
	for i, p := range v.problems {
		errs[i] = p.err
	}
	return newReport(errs)
}

// relaxed reports whether only what is needed has to be complete: a test kit cuts
// the graph.
func (v *verifier) relaxed() bool { return v.assembly.edits.any() }

// checkSelection finds selected layers that do not exist.
func (v *verifier) checkSelection() {
	for _, name := range v.assembly.edits.only {
		if !slices.ContainsFunc(v.plan.layers, func(e *layerEntry) bool { return e.is(name) }) {
			v.problem(fmt.Errorf("Only(%q): no layer has this name%s", name, v.assembly.layerHint(name)))
			v.unwired = true
		}
	}
}

// checkRegistrations reports what is wrong with each registration by itself.
func (v *verifier) checkRegistrations() {
	for _, n := range v.plan.nodes {
		for _, m := range n.mistakes {
			v.problemOf(n, &RegistrationError{Source: n.source(), Reason: m.text, Hint: m.hint})
		}
		if n.silent() && !slices.Contains(v.silent, n.layer.name) {
			v.silent = append(v.silent, n.layer.name)
		}
	}
}

// provide decides who provides each resource.
func (v *verifier) provide() {
	v.plan.provided = make(map[resource.ID][]*node, len(v.plan.nodes))
	provided := v.plan.provided
	var ids []resource.ID // of single resources, in registration order
	for _, n := range v.plan.nodes {
		for _, r := range n.results {
			for _, id := range r.ids {
				all := provided[id]
				if len(all) == 0 && id.Group == "" {
					ids = append(ids, id)
				}
				if len(all) == 0 || all[len(all)-1] != n { // several members of a group
					provided[id] = append(all, n)
				}
			}
		}
	}
	reported := make(map[*node]bool)
	for _, id := range ids {
		if all := provided[id]; len(all) > 1 {
			provided[id] = v.choose(id, all, reported)
		}
	}
	v.dropUnused()
}

// choose returns the provider of a resource that several provide.
func (v *verifier) choose(id resource.ID, all []*node, reported map[*node]bool) []*node {
	best := slices.MinFunc(all, func(a, b *node) int { return int(a.opts.rank) - int(b.opts.rank) }).opts.rank
	var chosen, others []*node
	for _, n := range all {
		if n.opts.rank == best {
			chosen = append(chosen, n)
		} else {
			others = append(others, n)
		}
	}
	if len(chosen) > 1 {
		err := &DuplicateError{Resource: id, Default: best >= byDefault}
		for _, n := range chosen {
			err.Providers = append(err.Providers, n.source())
			if n.layer.rank == override {
				err.edits++
			}
		}
		v.problemOf(chosen[1], err)
	}
	v.overridden[id] = best == override && len(others) > 0
	for _, n := range others {
		n.hide(id)
		if !reported[n] && best == normal && v.overlapsInPart(n) {
			reported[n] = true
			v.problemOf(n, v.partError(n, id, chosen[0]))
		}
	}
	return chosen[:1]
}

// hide takes a resource from the node that somebody else provides.
func (n *node) hide(id resource.ID) {
	for i := range n.results {
		r := &n.results[i]
		if at := slices.Index(r.ids, id); at >= 0 {
			r.ids = slices.Delete(slices.Clone(r.ids), at, at+1)
			n.replaced, n.reshaped = true, true
		}
	}
}

// overlapsInPart reports whether only some results of a default are provided by
// layers.
func (v *verifier) overlapsInPart(n *node) bool {
	for _, r := range n.results {
		for _, id := range r.ids {
			if id.Group != "" {
				continue
			}
			replaced := slices.ContainsFunc(v.plan.provided[id], func(o *node) bool { return o.opts.rank < n.opts.rank })
			if !replaced {
				return true
			}
		}
	}
	return false
}

func (v *verifier) partError(n *node, id resource.ID, by *node) error {
	all := []string{id.String()}
	for _, r := range n.results {
		for _, other := range r.ids {
			if other != id && other.Group == "" && !slices.ContainsFunc(v.plan.provided[other], func(o *node) bool { return o.opts.rank < n.opts.rank }) {
				all = append(all, other.String())
			}
		}
	}
	return &RegistrationError{
		Source: n.source(),
		Reason: fmt.Sprintf("is the default of %s, but %v provides only %v", join(all), by.source(), id),
		Hint:   "replace all of a default or none, or register its resources one by one",
	}
}

// dropUnused takes out the nodes of which nothing is left: defaults that are
// replaced, with what they add to groups, and constructors whose results a test kit
// provides.
func (v *verifier) dropUnused() {
	for _, n := range v.plan.nodes {
		n.dropped = n.replaced && !slices.ContainsFunc(n.results, func(r result) bool {
			return slices.ContainsFunc(r.ids, func(id resource.ID) bool {
				return id.Group == "" || n.opts.rank < byDefault
			})
		})
	}
	for id, all := range v.plan.provided {
		if id.Group != "" {
			v.plan.provided[id] = slices.DeleteFunc(all, func(n *node) bool { return n.dropped })
		}
	}
}

// connect finds the nodes that each node depends on.
func (v *verifier) connect() {
	for _, n := range v.plan.nodes {
		if n.dropped {
			continue
		}
		for _, need := range n.needs {
			for _, dep := range v.plan.provided[need.id] {
				if dep.neededBy != n { // not in the list yet
					dep.neededBy = n
					n.deps = append(n.deps, dep)
				}
			}
		}
	}
}

// hard returns the dependencies that have to be built first: all but the members
// of soft groups.
func (p *Plan) hard(n *node) []*node {
	if !n.hasSoft() {
		return n.deps
	}
	var deps []*node
	for _, need := range n.needs {
		if !need.soft {
			deps = append(deps, p.provided[need.id]...)
		}
	}
	return deps
}

// findRoots finds what the service needs: tasks and invokes.
func (v *verifier) findRoots() {
	tasks := false
	for _, n := range v.plan.nodes {
		isTask := n.isTask()
		if n.dropped || n.kind != kindInvoke && !isTask {
			tasks = tasks || isTask || n.kind == kindTask
			continue
		}
		if n.layer.rank == normal && !v.assembly.selected(n.layer) {
			continue
		}
		tasks = tasks || isTask
		v.plan.roots = append(v.plan.roots, n)
	}
	v.plan.resourcesOnly = !tasks && len(v.assembly.edits.populates) > 0
	if !tasks && !v.plan.resourcesOnly && !v.unwired {
		err := ErrNoTasks
		if v.assembly.edits.restricted {
			err = fmt.Errorf("Only(%s): %w", quoted(v.assembly.edits.only), ErrNoTasks)
		}
		v.problems = append(v.problems, located{len(v.plan.nodes), err})
	}
}

// markNeeded marks the roots and what they need.
func (v *verifier) markNeeded() {
	todo := slices.Clone(v.plan.roots)
	for len(todo) > 0 {
		n := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if n.needed {
			continue
		}
		n.needed = true
		todo = append(todo, v.plan.hard(n)...)
	}
}

// checkMissing finds what is needed and provided by nobody.
func (v *verifier) checkMissing() {
	for _, n := range v.plan.nodes {
		if n.dropped || v.relaxed() && !n.needed {
			continue
		}
		for _, need := range n.needs {
			if need.id.Group != "" || need.optional || need.hooks || len(v.plan.provided[need.id]) > 0 {
				continue
			}
			v.problemOf(n, &MissingError{Source: n.source(), Resource: need.id, Hint: v.hint(need.id)})
		}
	}
}

// checkEdits finds what the test kit changes without effect.
func (v *verifier) checkEdits() {
	e := &v.assembly.edits
	for _, o := range e.overrides {
		v.checkEdit("Override", o.id, true)
	}
	for _, s := range e.supplies {
		v.checkEdit("Supply", s.id, false)
	}
}

func (v *verifier) checkEdit(what string, id resource.ID, replaces bool) {
	if id.Group != "" {
		v.problem(fmt.Errorf("%s of %v: a group takes every member (add, replace or remove layers that provide one)", what, id))
		return
	}
	by := v.plan.provided[id]
	if replaces && !v.overridden[id] {
		hint := v.near(id)
		if hint == "" {
			hint = "use Supply for what no layer provides"
		}
		v.problem(fmt.Errorf("%s of %v: no layer provides it (%s)", what, id, hint))
		return
	}
	if len(by) > 0 && !by[0].needed {
		v.problem(fmt.Errorf("%s of %v: nothing that is built needs it (%s)", what, id, v.consumerHint(id)))
	}
}

func (v *verifier) warnings() []string {
	var lines []string
	for _, n := range v.plan.nodes {
		if n.layer.rank != normal || n.dropped {
			continue
		}
		if !n.needed && !v.relaxed() {
			line := fmt.Sprintf("%v is not used by any task or invoke", n.source())
			if n.kind == kindSupply {
				line = fmt.Sprintf("%v supplies %v, which is not used by any task or invoke", n.source(), n.typ)
			}
			if len(n.results) > 0 && n.kind == kindProvide && isTaskOrTasks(n.typ.Out(n.results[0].out)) {
				line += " (it is a task: register it with ProvideTask)"
			}
			lines = append(lines, line)
		}
		for _, need := range n.needs {
			if !need.hooks && (need.optional || need.id.Group != "") && len(v.plan.provided[need.id]) == 0 {
				lines = append(lines, v.unprovided(n, need))
			}
		}
	}
	return lines
}

func (v *verifier) unprovided(n *node, need need) string {
	if need.id.Group != "" {
		line := fmt.Sprintf("%v asks for %v, which has no members", n.source(), need.id)
		if near := v.nearGroup(need.id); near != "" {
			line += fmt.Sprintf(" (did you mean group %q?)", near)
		}
		return line
	}
	line := fmt.Sprintf("%v can use %v, which no layer provides", n.source(), need.id)
	if hint := v.near(need.id); hint != "" {
		line += " (" + hint + ")"
	}
	return line
}

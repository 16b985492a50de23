package wiring

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

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

// Provides reports whether there is a resource, or a member of a group, with this id.
func (p *Plan) Provides(id resource.ID) bool { return len(p.provided[id]) > 0 }

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
	v.checkTaskGroups()
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

// verifier finds the problems of a plan.
type verifier struct {
	plan     *Plan
	assembly *Assembly
	problems []located
	unwired  bool     // a layer could not register all it has, or is not there
	silent   []string // layers that could not say what they provide

	overridden map[resource.ID]bool // provided by a layer, and by a test kit instead
	asks       map[string][]ask     // by the name of the group; nil until somebody wants to know
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

// connect finds the nodes that each node depends on.
func (v *verifier) connect() {
	for _, n := range v.plan.nodes {
		for i := range n.needs {
			need := &n.needs[i]
			need.by = v.plan.provided[need.id]
			for _, dep := range need.by {
				if dep.neededBy != n { // not in the list yet
					dep.neededBy = n
					n.deps = append(n.deps, dep)
				}
			}
		}
	}
}

// findRoots finds what the service needs: tasks and invokes.
func (v *verifier) findRoots() {
	tasks := false
	for _, n := range v.plan.nodes {
		isTask := n.isTask()
		if n.label == wantLabel && !v.providedByLayer(n.needs[0].id) {
			n.dropped = true
		}
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
		if hint := v.taskHint(); hint != "" {
			err = fmt.Errorf("%w; %s", err, hint)
		}
		v.problems = append(v.problems, located{len(v.plan.nodes), err})
	}
}

// taskHint names a registration that was probably meant to be that of a task.
func (v *verifier) taskHint() string {
	for _, n := range v.plan.nodes {
		switch {
		case n.kind == kindSupply && isTaskOrTasks(n.typ):
			return fmt.Sprintf("%v supplies one, but ProvideTask registers a function that returns it", n.source())
		case n.kind == kindProvide && len(n.results) > 0 && isTaskOrTasks(n.typ.Out(n.results[0].out)):
			return fmt.Sprintf("%v provides one as a resource", n.source())
		}
	}
	return ""
}

// providedByLayer reports whether anybody but the service itself provides a resource.
func (v *verifier) providedByLayer(id resource.ID) bool {
	return slices.ContainsFunc(v.plan.provided[id], func(n *node) bool { return n.layer.rank != fallback })
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
		todo = append(todo, n.hard()...)
	}
}

// checkMissing finds what is needed and provided by nobody. If a layer could not say
// what it provides, what it might have provided comes after its cause, and is one
// problem where the hint is the same.
func (v *verifier) checkMissing() {
	var unsure []*MissingError
	silent := v.silentLayer()
	for _, n := range v.plan.nodes {
		if n.dropped || v.relaxed() && !n.needed {
			continue
		}
		for i := range n.needs {
			need := &n.needs[i]
			if need.id.Group != "" || need.optional || need.hooks || len(need.by) > 0 {
				continue
			}
			err := &MissingError{Source: n.source(), Resource: need.id, Hint: v.hint(need.id)}
			if silent == "" || !strings.HasPrefix(err.Hint, silent) {
				v.problemOf(n, err)
				continue
			}
			if first := slices.IndexFunc(unsure, func(e *MissingError) bool { return e.Hint == err.Hint }); first >= 0 {
				unsure[first].Alike = append(unsure[first].Alike, err)
				continue
			}
			unsure = append(unsure, err)
		}
	}
	for _, err := range unsure {
		v.problems = append(v.problems, located{len(v.plan.nodes), err})
	}
}

// checkTaskGroups finds tasks in a group that nobody asks for and whose name is almost
// that of the tasks: nobody would run them.
func (v *verifier) checkTaskGroups() {
	for _, n := range v.plan.nodes {
		for _, r := range n.results {
			for _, id := range r.ids {
				if n.dropped || !isSlip(id.Group, tasksGroup) || !id.Type.Elem().Implements(taskType) ||
					slices.Contains(v.askedGroups(id.Type), id.Group) {
					continue
				}
				hint := fmt.Sprintf("did you mean %q?", tasksGroup)
				if n.opts.group != "" {
					hint = "register it with ProvideTask"
				}
				v.problemOf(n, &RegistrationError{
					Source: n.source(),
					Reason: fmt.Sprintf("provides a task in group %q, which nobody asks for, so nobody would run it", id.Group),
					Hint:   hint,
				})
			}
		}
	}
}

// isSlip reports whether a word is another one but for a letter, or for capitals.
func isSlip(word, other string) bool {
	return word != other && (distance(word, other) == 1 || strings.EqualFold(word, other))
}

// checkEdits finds what the test kit asks for that cannot be, and what it changes
// without effect.
func (v *verifier) checkEdits() {
	e := &v.assembly.edits
	for _, p := range e.populates {
		if why := v.unfit(p.id); why != "" {
			v.problem(fmt.Errorf("Populate of %v: %s", p.id, why))
		}
	}
	for _, o := range e.overrides {
		v.checkEdit("Override", o.id, true)
	}
	for _, s := range e.supplies {
		if slices.ContainsFunc(e.overrides, func(o edit) bool { return o.id == s.id }) {
			v.problem(fmt.Errorf("Supply of %v: there is an Override of it too (leave one out)", s.id))
			continue
		}
		v.checkEdit("Supply", s.id, false)
	}
}

func (v *verifier) checkEdit(what string, id resource.ID, replaces bool) {
	if id.Group != "" {
		v.problem(fmt.Errorf("%s of %v: a group takes every member (add, replace or remove layers that provide one)", what, id))
		return
	}
	if why := v.unfit(id); why != "" {
		v.problem(fmt.Errorf("%s of %v: %s", what, id, why))
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
	if !by[0].needed {
		v.problem(fmt.Errorf("%s of %v: nothing that is built needs it (%s)", what, id, v.consumerHint(id)))
	}
}

// unfit says why an ID that a test kit names is that of no resource.
func (v *verifier) unfit(id resource.ID) string {
	switch {
	case id.Group != "" && id.Type.Kind() != reflect.Slice:
		return "a group is received as a slice"
	case strings.Contains(id.Group, ","):
		return "the name of a group has no comma (options such as soft are not part of it)"
	case id.Group != "":
		if near := v.nearGroup(id); near != "" && len(v.plan.provided[id]) == 0 {
			return fmt.Sprintf("it has no members (did you mean group %q?)", near)
		}
		return ""
	case strings.Contains(id.Name, "`"):
		return "no tag can hold this name"
	case id.Type.Implements(errorType):
		return "an error is the failure of a constructor, not a resource"
	case id.Type == hooksType:
		return "each constructor has hooks of its own"
	case isObject(id.Type, inType) || isObject(id.Type, outType):
		return "a parameter object or result object is not a resource (name what its fields hold)"
	}
	return ""
}

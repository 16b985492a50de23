package wiring

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/wireframework/wireframework/resource"
)

// Warnings returns what is probably not meant, a line each: constructors that
// nothing needs, optional resources that nobody provides, groups that are spelled in
// two ways, and members of another type than those who ask for their group take.
// Defaults, groups that nobody asks for and empty groups are as they should be.
func (p *Plan) Warnings() []string { return slices.Clone(p.warnings) }

func (v *verifier) warnings() []string {
	var lines []string
	for _, n := range v.plan.nodes {
		if n.layer.rank != normal || n.dropped {
			continue
		}
		if line := v.unused(n); line != "" {
			lines = append(lines, line)
		}
		lines = append(lines, v.strays(n)...)
		for _, need := range n.needs {
			if !need.hooks && (need.optional || need.id.Group != "") && len(need.by) == 0 {
				if line := v.unprovided(n, need); line != "" {
					lines = append(lines, line)
				}
			}
		}
	}
	return lines
}

// unused says that nothing needs a node; what is only a member of groups is an offer,
// which nobody has to take.
func (v *verifier) unused(n *node) string {
	if n.needed || v.relaxed() {
		return ""
	}
	id, near := v.misspeltGroup(n)
	switch {
	case near != "":
		return fmt.Sprintf("%v is not used by any task or invoke (it provides %v; did you mean group %q?)", n.source(), id, near)
	case n.isOffer() || n.opts.rank >= byDefault:
		return ""
	case n.kind == kindSupply:
		line := fmt.Sprintf("%v supplies %v, which is not used by any task or invoke", n.source(), n.typ)
		if isTaskOrTasks(n.typ) {
			line += " (it is a task: ProvideTask registers a function that returns it)"
		}
		return line
	}
	line := fmt.Sprintf("%v is not used by any task or invoke", n.source())
	if len(n.results) > 0 && isTaskOrTasks(n.typ.Out(n.results[0].out)) {
		return line + " (it is a task: register it with ProvideTask)"
	}
	for _, r := range n.results {
		for _, id := range r.ids {
			if groups := v.askedGroups(reflect.SliceOf(id.Type)); len(groups) > 0 {
				return line + fmt.Sprintf(" (group %q takes it: add wiring.Group(%[1]q))", groups[0])
			}
		}
	}
	return line
}

// isOffer reports whether the node provides members of groups, and nothing else.
func (n *node) isOffer() bool {
	for _, r := range n.results {
		if slices.ContainsFunc(r.ids, func(id resource.ID) bool { return id.Group == "" }) {
			return false
		}
	}
	return len(n.results) > 0
}

func (v *verifier) unprovided(n *node, need need) string {
	if need.id.Group != "" {
		near := v.nearGroup(need.id)
		if near == "" {
			return "" // a group may be empty
		}
		return fmt.Sprintf("%v asks for %v, which has no members (did you mean group %q?)", n.source(), need.id, near)
	}
	line := fmt.Sprintf("%v can use %v, which no layer provides", n.source(), need.id)
	if hint := v.near(need.id); hint != "" {
		line += " (" + hint + ")"
	}
	return line
}

// misspeltGroup returns a group that the node adds to and nobody asks for, and the
// group of the same type with almost the same name that somebody asks for.
func (v *verifier) misspeltGroup(n *node) (id resource.ID, near string) {
	for _, r := range n.results {
		for _, id := range r.ids {
			if id.Group == "" {
				continue
			}
			if near := nearest(id.Group, v.askedGroups(id.Type)); near != "" && near != id.Group {
				return id, near
			}
		}
	}
	return resource.ID{}, ""
}

// askedGroups returns the names of the groups of a type that somebody asks for.
func (v *verifier) askedGroups(t reflect.Type) []string {
	var names []string
	for _, n := range v.plan.nodes {
		for _, need := range n.needs {
			if need.id.Group != "" && need.id.Type == t {
				names = append(names, need.id.Group)
			}
		}
	}
	return names
}

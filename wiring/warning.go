package wiring

import (
	"fmt"
	"slices"
)

// Warnings returns what is probably not meant, a line each: constructors that
// nothing needs, optional resources and groups that nobody provides.
func (p *Plan) Warnings() []string { return slices.Clone(p.warnings) }

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

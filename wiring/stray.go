package wiring

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/wireframework/wireframework/resource"
)

// strays finds the members of groups that nobody gets, because whoever asks for a group
// of that name takes another type. A group that nobody asks for at all is an offer; and
// one name may stand for several types, if somebody asks for each.
func (v *verifier) strays(n *node) []string {
	var lines []string
	for i := range n.results {
		r := &n.results[i]
		if len(r.ids) == 0 || r.ids[0].Group == "" {
			continue
		}
		asks := v.asksFor(r.ids[0].Group)
		taken := slices.ContainsFunc(asks, func(a ask) bool { return slices.Contains(r.ids, a.id) })
		if len(asks) > 0 && !taken {
			lines = append(lines, n.stray(r, asks))
		}
	}
	return lines
}

// ask is a group, and the first node that asks for it.
type ask struct {
	id resource.ID
	by *node
}

// asksFor returns the groups of a name that somebody asks for, one for each type.
func (v *verifier) asksFor(group string) []ask {
	if v.asks != nil {
		return v.asks[group]
	}
	v.asks = make(map[string][]ask)
	for _, n := range v.plan.nodes {
		for _, need := range n.needs {
			asks := v.asks[need.id.Group]
			if need.id.Group != "" && !slices.ContainsFunc(asks, func(a ask) bool { return a.id == need.id }) {
				v.asks[need.id.Group] = append(asks, ask{need.id, n})
			}
		}
	}
	return v.asks[group]
}

// stray says what is wrong with a member that nobody gets, and how to make it one of
// those that are asked for.
func (n *node) stray(r *result, asks []ask) string {
	meant, hint := asks[0], ""
	for _, a := range asks {
		if hint = n.memberFix(r, a.id); hint != "" {
			meant = a
			break
		}
	}
	want := meant.id.Type.Elem()
	if hint == "" {
		hint = fmt.Sprintf("provide %v, or choose another group", want)
		if want.Kind() == reflect.Interface {
			hint = missingMethod(r.ids[0].Type.Elem(), want)
		}
	}
	var types []string
	for _, id := range r.ids {
		types = append(types, id.Type.Elem().String())
	}
	return fmt.Sprintf("%v provides %s to group %q, where layer %q asks for %v (%s)",
		n.source(), join(types), meant.id.Group, meant.by.layer.name, want, hint)
}

// memberFix says how a result becomes a member of the group; empty if it does not come
// close.
func (n *node) memberFix(r *result, group resource.ID) string {
	have, want := n.typeOf(r), group.Type.Elem()
	flatten := fmt.Sprintf("wiring.Group(%q)", group.Group+",flatten")
	if len(r.field) > 0 {
		flatten = fmt.Sprintf("the tag group:%q", group.Group+",flatten")
	}
	elem, declared := have, want
	if r.flatten {
		elem, declared = have.Elem(), group.Type
	}
	switch {
	case r.flatten && have == want:
		return "leave flatten out: it adds the elements one by one"
	case have == want:
		return fmt.Sprintf("add wiring.As[%v]() to provide that too", want)
	case !r.flatten && have == group.Type:
		return flatten + " adds its elements one by one"
	case !r.flatten && have.Kind() == reflect.Slice && implements(have.Elem(), want):
		return fmt.Sprintf("return %v: %s adds its elements one by one", group.Type, flatten)
	case implements(elem, want) && (r.flatten || len(r.field) > 0):
		return fmt.Sprintf("it implements that: declare it as %v", declared)
	case implements(elem, want):
		return fmt.Sprintf("it implements that: add wiring.As[%v]()", want)
	case elem == reflect.PointerTo(want) || want == reflect.PointerTo(elem):
		return fmt.Sprintf("provide %v", declared)
	default:
		return ""
	}
}

// implements reports whether t implements want, which may be no interface.
func implements(t, want reflect.Type) bool {
	return want.Kind() == reflect.Interface && t.Implements(want)
}

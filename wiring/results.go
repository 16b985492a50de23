package wiring

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/wireframework/wireframework/resource"
)

// inspectResults adds what a constructor of resources provides.
func (n *node) inspectResults() {
	before := len(n.mistakes)
	for i := range n.typ.NumOut() {
		t := n.typ.Out(i)
		if t == errorType && i == n.typ.NumOut()-1 {
			continue
		}
		n.addOut(t, i)
	}
	if len(n.results) == 0 && len(n.mistakes) == before {
		n.mistaken("provides nothing", "a constructor returns a resource; Invoke calls a function for its effect")
	}
	n.checkRepeated()
}

func (n *node) addOut(t reflect.Type, out int) {
	const hint = "return a struct that embeds wiring.Out by value"
	switch {
	case isObject(t, inType) || embeds(t, inPointer):
		n.mistaken(fmt.Sprintf("returns %v, which embeds wiring.In", t), "results embed wiring.Out")
	case t.Implements(errorType) && out == n.typ.NumOut()-1:
		n.mistaken(fmt.Sprintf("returns %v, which is an error, as a resource", t), "declare the last result as error")
	case t.Implements(errorType):
		n.mistaken(fmt.Sprintf("returns %v as result %d, and an error cannot be a resource", t, out+1), "the constructor's own error is its last result")
	case embeds(t, outType):
		switch {
		case n.opts.name != "":
			n.mistaken(fmt.Sprintf("has a name (%q), but returns %v, which embeds wiring.Out", n.opts.name, t), "tag its fields")
		case n.opts.group != "":
			n.mistaken(fmt.Sprintf("has a group (%q), but returns %v, which embeds wiring.Out", n.opts.group, t), "tag its fields")
		default:
			n.addOutFields(t, out, nil)
		}
	case embeds(t, outPointer):
		n.mistaken(fmt.Sprintf("returns %v, which embeds *wiring.Out", t), hint)
	case isObject(t, outType):
		n.mistaken(fmt.Sprintf("returns %v, a pointer to a result object", t), hint)
	default:
		n.addResult(t, out, nil)
	}
}

func (n *node) addOutFields(t reflect.Type, out int, at []int) {
	for i := range t.NumField() {
		f := t.Field(i)
		at := append(slices.Clone(at), i)
		switch {
		case f.Type == outType:
			n.checkTags(t, f)
		case f.PkgPath != "":
			n.mistaken(fmt.Sprintf("returns %v with the unexported field %s", t, f.Name), "export it")
		case !n.checkTags(t, f, "name", "group"):
		case f.Tag.Get("group") != "":
			n.addGroupField(t, f, out, at)
		case embeds(f.Type, outType) && f.Tag.Get("name") != "":
			n.mistaken(fmt.Sprintf("returns %v, whose field %s is a result object and has a name", t, f.Name), "tag its fields")
		case embeds(f.Type, outType):
			n.addOutFields(f.Type, out, at)
		case isObject(f.Type, inType) || isObject(f.Type, outType) || embedsPointer(f.Type):
			n.mistaken(fmt.Sprintf("returns %v, whose field %s is %v", t, f.Name, f.Type), "fields are resources, or structs that embed wiring.Out")
		case f.Type.Implements(errorType):
			n.mistaken(fmt.Sprintf("returns %v, whose field %s is an error", t, f.Name), "return the error last")
		case isTaskOrTasks(f.Type):
			n.mistaken(fmt.Sprintf("returns %v, whose field %s is a task without the tag group:%q, so nobody would run it", t, f.Name, tasksGroup),
				fmt.Sprintf("tag it group:%q", tasksGroup+flattenFor(f.Type)))
			n.results = append(n.results, result{out: out, field: at, task: true})
		default:
			opts := n.opts
			opts.name = f.Tag.Get("name") // the option Name is not for result objects
			n.addSingle(f.Type, opts, out, at)
		}
	}
}

func flattenFor(t reflect.Type) string {
	if t.Implements(taskType) {
		return ""
	}
	return ",flatten"
}

func (n *node) addGroupField(t reflect.Type, f reflect.StructField, out int, at []int) {
	tag := f.Tag.Get("group")
	group, flags, unknown := parseGroup(tag)
	flatten := slices.Contains(flags, "flatten")
	where := fmt.Sprintf("returns %v, whose field %s has the tag group:%q", t, f.Name, tag)
	switch {
	case unknown != "":
		n.mistaken(where+" with the unknown option "+unknown, "results know: flatten")
	case group == "":
		n.mistaken(where+", which names no group", "")
	case slices.Contains(flags, "soft"):
		n.mistaken(where+", but soft is for parameters", "")
	case flatten && f.Type.Kind() != reflect.Slice:
		n.mistaken(fmt.Sprintf("%s and the type %v", where, f.Type), "only slices can be flattened")
	case f.Tag.Get("name") != "":
		n.mistaken(where+" and a name too", "")
	default:
		elem := f.Type
		if flatten {
			elem = elem.Elem()
		}
		n.addMember(elem, nil, result{ids: []resource.ID{groupID(elem, group)}, out: out, field: at, flatten: flatten})
	}
}

// addResult adds a result that the options of the registration apply to.
func (n *node) addResult(t reflect.Type, out int, at []int) {
	if t == cleanupType {
		n.mistaken("provides a naked func()", "a clean-up belongs into *wiring.ShutdownHooks; a function that is a resource needs a named type")
		return
	}
	if n.opts.group == "" {
		n.addSingle(t, n.opts, out, at)
		return
	}
	group, flags, unknown := parseGroup(n.opts.group)
	flatten := slices.Contains(flags, "flatten")
	switch {
	case unknown != "":
		n.mistaken(fmt.Sprintf("has the group %q with the unknown option %s", n.opts.group, unknown), "results know: flatten")
		return
	case group == "":
		n.mistaken(fmt.Sprintf("has the group %q, which names no group", n.opts.group), "")
		return
	case slices.Contains(flags, "soft"):
		n.mistaken(fmt.Sprintf("has the group %q, but soft is for parameters", n.opts.group), "")
		return
	case flatten && t.Kind() != reflect.Slice:
		n.mistaken(fmt.Sprintf("has the group %q and the type %v", n.opts.group, t), "only slices can be flattened")
		return
	}
	types := n.asTypes(t, n.opts.as)
	res := result{out: out, field: at, flatten: flatten}
	if flatten {
		if len(n.opts.as) > 0 {
			n.mistaken(fmt.Sprintf("has the group %q and As, which do not go together with flatten", n.opts.group), "return a slice of the interface")
			return
		}
		types = []reflect.Type{t.Elem()}
	}
	for _, t := range types {
		res.ids = append(res.ids, groupID(t, group))
	}
	n.addMember(types[0], types[1:], res)
}

// addMember adds a member of a group.
func (n *node) addMember(elem reflect.Type, also []reflect.Type, res result) {
	if group := res.ids[0].Group; group == tasksGroup {
		for _, t := range append([]reflect.Type{elem}, also...) {
			if !t.Implements(taskType) {
				n.mistaken(fmt.Sprintf("provides %v to group %q, but it is no task", t, tasksGroup), taskHint(t))
			}
		}
		res.task = true
	}
	n.results = append(n.results, res)
}

func (n *node) addSingle(t reflect.Type, opts options, out int, at []int) {
	if t == hooksType {
		n.mistaken("provides *wiring.ShutdownHooks", "the service provides it to every constructor that asks")
		return
	}
	if t == cleanupType {
		n.mistaken("provides a naked func()", "a clean-up belongs into *wiring.ShutdownHooks; a function that is a resource needs a named type")
		return
	}
	ids := []resource.ID{{Type: t, Name: opts.name}}
	if len(opts.as) > 0 {
		ids = ids[:0]
		for _, t := range n.asTypes(t, opts.as) {
			ids = append(ids, resource.ID{Type: t, Name: opts.name})
		}
	}
	n.results = append(n.results, result{ids: ids, out: out, field: at})
}

// checkAs reports whether the option As has interfaces only, or the type that every
// result has anyway.
func (n *node) checkAs() bool {
	for _, p := range n.opts.as {
		t := reflect.TypeOf(p).Elem()
		own := n.resultTypes()
		if t.Kind() == reflect.Interface || len(own) == 1 && own[0] == t && !embeds(t, outType) {
			continue
		}
		hint := "wiring.As takes interfaces"
		switch {
		case len(own) != 1 || isObject(own[0], outType):
		case own[0].Kind() == reflect.Interface && t.Implements(own[0]):
			hint = fmt.Sprintf("declare the result as %v, and add wiring.As[%v]() to provide both", t, own[0])
		default:
			hint += fmt.Sprintf(", and %v itself to provide that too", own[0])
		}
		n.mistaken(fmt.Sprintf("is provided as %v, which is no interface", t), hint)
		return false
	}
	return true
}

// resultTypes returns what the value or the constructor provides, as it is declared,
// each type once.
func (n *node) resultTypes() []reflect.Type {
	if n.kind == kindSupply {
		return []reflect.Type{n.typ}
	}
	var types []reflect.Type
	for i := range n.typ.NumOut() {
		t := n.typ.Out(i)
		if (t != errorType || i != n.typ.NumOut()-1) && !slices.Contains(types, t) {
			types = append(types, t)
		}
	}
	return types
}

// asTypes returns the types under which a value of type t is provided. One that it
// does not implement is a mistake and counts all the same, so that nobody misses it.
func (n *node) asTypes(t reflect.Type, as []any) []reflect.Type {
	var types []reflect.Type
	for _, p := range as {
		i := reflect.TypeOf(p).Elem()
		if i != t && !t.Implements(i) {
			hint := missingMethod(t, i)
			n.mistaken(fmt.Sprintf("provides %v as %v, which it does not implement", t, i), hint)
		}
		types = append(types, i)
	}
	if slices.Contains(types, t) {
		n.reshaped = true // dig would leave out t, or refuse it
	}
	if len(types) == 0 {
		types = []reflect.Type{t}
	}
	return types
}

// checkRepeated finds a resource that one constructor provides twice.
func (n *node) checkRepeated() {
	if len(n.results) == 1 && len(n.results[0].ids) == 1 {
		return
	}
	seen := make(map[resource.ID]bool)
	for i := range n.results {
		r := &n.results[i]
		r.ids = slices.DeleteFunc(r.ids, func(id resource.ID) bool {
			twice := id.Group == "" && seen[id]
			if twice {
				n.mistaken(fmt.Sprintf("provides %v twice", id), "give one of them a name")
			}
			seen[id] = true
			return twice
		})
	}
}

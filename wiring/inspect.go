package wiring

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/wireframework/wireframework/resource"
)

// inspect reads what the node needs and provides from the type of its function, by
// the rules of dig. What breaks them is recorded as mistakes.
func (n *node) inspect() {
	if !n.fn.IsValid() {
		n.fail("nil", "")
		return
	}
	n.typ = n.fn.Type()
	if text := n.opts.mistake(); text != "" {
		n.mistaken(text, "")
		return
	}
	if n.kind == kindSupply {
		n.inspectValue()
		return
	}
	switch {
	case n.typ.Kind() != reflect.Func:
		hint := ""
		switch n.kind {
		case kindProvide:
			hint = "Supply registers values"
		case kindTask:
			hint = "write a function that returns it"
		}
		n.fail("a value of type "+n.typ.String(), hint)
		return
	case n.fn.IsNil():
		n.fail("a nil "+n.typ.String(), "")
		return
	}
	n.inspectParams()
	switch n.kind {
	case kindTask:
		n.inspectTasks()
	case kindInvoke:
		n.inspectInvoke()
	default:
		n.inspectResults()
	}
}

// fail records that there is no function at all.
func (n *node) fail(got, hint string) {
	call := map[kind]string{
		kindProvide: "calls Provide with %s, but it needs a constructor",
		kindSupply:  "calls Supply with %s, but it needs a value",
		kindTask:    "calls ProvideTask with %s, but it needs a constructor",
		kindInvoke:  "calls Invoke with %s, but it needs a function",
	}[n.kind]
	n.mistaken(fmt.Sprintf(call, got), hint)
}

func (n *node) inspectValue() {
	switch t := n.typ; {
	case isObject(t, inType) || isObject(t, outType) || embedsPointer(t):
		n.mistaken(fmt.Sprintf("supplies %v, which embeds wiring.In or wiring.Out", t), "supply its fields one by one")
	case t.Implements(errorType):
		n.mistaken(fmt.Sprintf("supplies %v, which is an error", t), "an error cannot be a resource")
	default:
		n.addResult(t, 0, nil)
	}
}

func (n *node) inspectParams() {
	count := n.typ.NumIn()
	if n.typ.IsVariadic() {
		count-- // dig leaves variadic parameters empty
	}
	for i := range count {
		t := n.typ.In(i)
		if i == 0 && t == contextType {
			n.wantsContext = true
			continue
		}
		n.addParam(t, i, nil, "")
	}
}

// addParam adds the needs of a parameter, or of a field of a parameter object.
func (n *node) addParam(t reflect.Type, arg int, field []int, tag reflect.StructTag) {
	const hint = "take a struct that embeds wiring.In by value"
	switch {
	case isObject(t, outType) || embeds(t, reflect.PointerTo(outType)):
		n.mistaken(fmt.Sprintf("takes %v, which embeds wiring.Out", t), "parameters embed wiring.In")
	case embeds(t, inType):
		n.addFields(t, arg, field)
	case isObject(t, inType):
		n.mistaken(fmt.Sprintf("takes %v, a pointer to a parameter object", t), hint)
	case embeds(t, reflect.PointerTo(inType)):
		n.mistaken(fmt.Sprintf("takes %v, which embeds *wiring.In", t), hint)
	default:
		id := resource.ID{Type: t, Name: tag.Get("name")}
		n.needs = append(n.needs, need{
			id:       id,
			optional: tag.Get("optional") != "" && isTrue(tag.Get("optional")),
			hooks:    id == resource.ID{Type: hooksType},
			arg:      arg,
			field:    field,
		})
	}
}

// addFields adds the needs of the fields of a parameter object.
func (n *node) addFields(t reflect.Type, arg int, at []int) {
	skipUnexported := false
	for i := range t.NumField() {
		if f := t.Field(i); f.Type == inType {
			skipUnexported = isTrue(f.Tag.Get("ignore-unexported"))
			n.checkTags(t, f, "ignore-unexported")
			break // dig looks no further
		}
	}
	for i := range t.NumField() {
		f := t.Field(i)
		switch {
		case f.Type == inType || f.PkgPath != "" && skipUnexported:
		case f.PkgPath != "":
			n.mistaken(fmt.Sprintf("takes %v with the unexported field %s", t, f.Name), "export it, or tag the wiring.In with ignore-unexported:\"true\"")
		default:
			if n.checkTags(t, f, "name", "optional", "group") {
				n.addField(t, f, arg, append(slices.Clone(at), i))
			}
		}
	}
}

func (n *node) addField(t reflect.Type, f reflect.StructField, arg int, at []int) {
	tag := f.Tag.Get("group")
	if tag == "" {
		if isObject(f.Type, inType) && (f.Tag.Get("name") != "" || f.Tag.Get("optional") != "") {
			n.mistaken(fmt.Sprintf("takes %v, whose field %s is a parameter object and has the tag %#q", t, f.Name, f.Tag), "tag its fields")
		}
		n.addParam(f.Type, arg, at, f.Tag)
		return
	}
	group, flags, unknown := parseGroup(tag)
	where := fmt.Sprintf("takes %v, whose field %s has the tag group:%q", t, f.Name, tag)
	switch {
	case unknown != "":
		n.mistaken(where+" with the unknown option "+unknown, "parameters know: soft")
	case group == "":
		n.mistaken(where+", which names no group", "")
	case f.Type.Kind() != reflect.Slice:
		n.mistaken(fmt.Sprintf("%s and the type %v", where, f.Type), "a group is received as a slice: []"+f.Type.String())
	case slices.Contains(flags, "flatten"):
		n.mistaken(where+", but flatten is for results", "")
	case f.Tag.Get("name") != "":
		n.mistaken(where+" and a name too", "")
	case isTrue(f.Tag.Get("optional")):
		n.mistaken(where+" and is optional", "a group without members is an empty slice")
	case group == tasksGroup:
		n.mistaken(where+", but the service collects that group itself", "ask for service.Handle to see the tasks")
	default:
		n.needs = append(n.needs, need{
			id:    groupID(f.Type.Elem(), group),
			soft:  slices.Contains(flags, "soft"),
			arg:   arg,
			field: at,
		})
	}
}

// checkTags reports whether all tags of a field of an In or Out can be read, and
// records those that dig would overlook in silence.
func (n *node) checkTags(t reflect.Type, f reflect.StructField, known ...string) bool {
	keys, ok := tagKeys(string(f.Tag))
	if !ok {
		n.mistaken(fmt.Sprintf("has %v, whose field %s has the malformed tag %#q", t, f.Name, f.Tag), "tags read key:\"value\"")
		return false
	}
	good := true
	for _, key := range keys {
		if slices.Contains(known, key) {
			continue
		}
		hint := "known: " + strings.Join(known, ", ")
		if near := nearest(key, known); near != "" {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
		n.mistaken(fmt.Sprintf("has %v, whose field %s has the unknown tag %q", t, f.Name, key), hint)
		good = false
	}
	for _, key := range []string{"optional", "ignore-unexported"} {
		if v, set := f.Tag.Lookup(key); set && v != "" && slices.Contains(known, key) {
			if _, err := strconv.ParseBool(v); err != nil {
				n.mistaken(fmt.Sprintf("has %v, whose field %s has the tag %s:%q", t, f.Name, key, v), "it takes true or false")
				good = false
			}
		}
	}
	return good
}

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
	case isObject(t, inType) || embeds(t, reflect.PointerTo(inType)):
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
	case embeds(t, reflect.PointerTo(outType)):
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
			if name := f.Tag.Get("name"); name != "" {
				opts.name = name
			}
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
	types := n.asTypes(t, opts.as)
	res := result{out: out, field: at}
	for _, t := range types {
		res.ids = append(res.ids, resource.ID{Type: t, Name: opts.name})
	}
	n.results = append(n.results, res)
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
	if len(types) > 1 && slices.Contains(types, t) {
		n.reshaped = true // dig would leave out t
	}
	if len(types) == 0 {
		types = []reflect.Type{t}
	}
	return types
}

// checkRepeated finds a resource that one constructor provides twice.
func (n *node) checkRepeated() {
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

// inspectTasks adds the results of a constructor of tasks.
func (n *node) inspectTasks() {
	for i := range n.typ.NumOut() {
		t := n.typ.Out(i)
		switch {
		case t == errorType && i == n.typ.NumOut()-1:
		case t.Implements(taskType) && t.Implements(errorType):
			n.mistaken(fmt.Sprintf("returns %v, which is both a task and an error", t), "return it as task.Task")
		case isTaskOrTasks(t):
			n.results = append(n.results, result{out: i, task: true, flatten: !t.Implements(taskType)})
		case embeds(t, outType):
			n.mistaken(fmt.Sprintf("returns %v, which embeds wiring.Out, from a constructor of tasks", t),
				fmt.Sprintf("register it with Provide and tag its tasks group:%q", tasksGroup))
		default:
			n.mistaken(fmt.Sprintf("returns %v as a task, but it is none", t), taskHint(t))
		}
	}
	if len(n.results) == 0 && len(n.mistakes) == 0 {
		n.mistaken("returns no task", "a constructor of tasks returns a task.Task, a type that implements it, or []task.Task")
	}
}

func (n *node) inspectInvoke() {
	for i := range n.typ.NumOut() {
		if t := n.typ.Out(i); t != errorType || i != n.typ.NumOut()-1 {
			n.mistaken(fmt.Sprintf("returns %v from an invoke, where nobody gets it", t), "Provide registers a constructor; an invoke returns nothing or an error")
		}
	}
}

// isTaskOrTasks reports whether t is a task, or a slice of tasks.
func isTaskOrTasks(t reflect.Type) bool {
	return t.Implements(taskType) || t.Kind() == reflect.Slice && t.Elem().Implements(taskType)
}

// taskHint says what keeps t from being a task.
func taskHint(t reflect.Type) string {
	if t.Kind() != reflect.Interface && reflect.PointerTo(t).Implements(taskType) {
		return fmt.Sprintf("*%v is one", t)
	}
	return missingMethod(t, taskType)
}

// missingMethod names the first method of the interface that t lacks.
func missingMethod(t, iface reflect.Type) string {
	for i := range iface.NumMethod() {
		m := iface.Method(i)
		have, ok := t.MethodByName(m.Name)
		if !ok {
			if _, ok := reflect.PointerTo(t).MethodByName(m.Name); ok && t.Kind() != reflect.Interface {
				return fmt.Sprintf("the method %s has a pointer receiver: use *%v", m.Name, t)
			}
			return fmt.Sprintf("it lacks the method %s%s", m.Name, strings.TrimPrefix(m.Type.String(), "func"))
		}
		skip := 1 // the receiver
		if t.Kind() == reflect.Interface {
			skip = 0
		}
		if !sameSignature(have.Type, m.Type, skip) {
			return fmt.Sprintf("its method %s should be %s%s", m.Name, m.Name, strings.TrimPrefix(m.Type.String(), "func"))
		}
	}
	return ""
}

func sameSignature(have, want reflect.Type, skip int) bool {
	if have.NumIn()-skip != want.NumIn() || have.NumOut() != want.NumOut() || have.IsVariadic() != want.IsVariadic() {
		return false
	}
	for i := range want.NumIn() {
		if have.In(i+skip) != want.In(i) {
			return false
		}
	}
	for i := range want.NumOut() {
		if have.Out(i) != want.Out(i) {
			return false
		}
	}
	return true
}

// isObject reports whether t is a struct that embeds e, or a pointer to one.
func isObject(t, e reflect.Type) bool {
	return embeds(t, e) || t.Kind() == reflect.Pointer && embeds(t.Elem(), e)
}

// embedsPointer reports whether t embeds *In or *Out.
func embedsPointer(t reflect.Type) bool {
	return embeds(t, reflect.PointerTo(inType)) || embeds(t, reflect.PointerTo(outType))
}

// embeds reports whether t is e, or embeds it at any depth. It is what dig asks of
// its In and Out.
func embeds(t, e reflect.Type) bool {
	if t == e {
		return true
	}
	if t.Kind() != reflect.Struct {
		return false
	}
	for i := range t.NumField() {
		if f := t.Field(i); f.Anonymous && embeds(f.Type, e) {
			return true
		}
	}
	return false
}

// parseGroup splits the tag "name,flag,flag" and returns, in quotes, the first flag
// that dig does not know.
func parseGroup(tag string) (group string, flags []string, unknown string) {
	parts := strings.Split(tag, ",")
	for _, flag := range parts[1:] {
		if flag != "flatten" && flag != "soft" {
			return parts[0], parts[1:], strconv.Quote(flag)
		}
	}
	return parts[0], parts[1:], ""
}

// tagKeys returns the keys of a struct tag, or false if it is malformed.
func tagKeys(tag string) (keys []string, ok bool) {
	for tag = strings.TrimLeft(tag, " "); tag != ""; tag = strings.TrimLeft(tag, " ") {
		key, rest, found := strings.Cut(tag, ":")
		if !found || key == "" || strings.ContainsAny(key, " \"") {
			return nil, false
		}
		quoted, err := strconv.QuotedPrefix(rest)
		if err != nil || quoted[0] != '"' {
			return nil, false
		}
		keys = append(keys, key)
		tag = rest[len(quoted):]
	}
	return keys, true
}

func isTrue(s string) bool {
	b, _ := strconv.ParseBool(s)
	return b
}

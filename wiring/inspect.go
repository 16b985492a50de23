package wiring

import (
	"cmp"
	"fmt"
	"reflect"
	"strings"
)

// inspect reads what the node needs and provides from the type of its function, by
// the rules of dig. What breaks them is recorded as mistakes.
func (n *node) inspect() {
	if !n.fn.IsValid() {
		n.fail("nil", "")
		return
	}
	n.typ = n.fn.Type()
	if text := cmp.Or(n.opts.mistake(), n.opts.misplaced(n.kind)); text != "" {
		n.mistaken(text, "")
		return
	}
	if n.kind == kindSupply {
		if n.checkAs() {
			n.inspectValue()
		}
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
	if !n.checkAs() {
		return
	}
	n.inspectParams()
	n.nameParams()
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
	if isTaskOrTasks(t) {
		return fmt.Sprintf("tag it group:%q", tasksGroup+",flatten")
	}
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
	return embeds(t, inPointer) || embeds(t, outPointer)
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

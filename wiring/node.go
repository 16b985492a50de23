package wiring

import (
	"context"
	"reflect"
	"slices"

	"go.uber.org/dig"

	"github.com/wireframework/wireframework/resource"
	"github.com/wireframework/wireframework/task"
)

// kind is how a node was registered.
type kind uint8

const (
	kindProvide kind = iota
	kindSupply
	kindTask
	kindInvoke
)

var kindNames = [...]string{"constructor", "value", "task", "invoke"}

// tasksGroup is the group whose members the service runs.
const tasksGroup = "tasks"

var (
	contextType = reflect.TypeFor[context.Context]()
	errorType   = reflect.TypeFor[error]()
	cleanupType = reflect.TypeFor[func()]()
	taskType    = reflect.TypeFor[task.Task]()
	hooksType   = reflect.TypeFor[*ShutdownHooks]()
	inType      = reflect.TypeFor[dig.In]()
	outType     = reflect.TypeFor[dig.Out]()
	inPointer   = reflect.TypeFor[*dig.In]()
	outPointer  = reflect.TypeFor[*dig.Out]()
)

// node is one registration: what it needs, what it provides, and what verification
// finds out about it. It does not change after verification.
type node struct {
	index        int // in registration order
	layer        *layerEntry
	kind         kind
	label        string // instead of the name of fn; empty unless a test kit or the service asks
	opts         options
	registration uintptr
	fn           reflect.Value // the constructor, or the value of a supply
	typ          reflect.Type  // of fn
	wantsContext bool          // the first parameter receives the context
	needs        []need        // in the order of the parameters and fields
	results      []result      // in the order of the results and fields
	mistakes     []mistake

	deps     []*node // what has to be built before, without repetition
	neededBy *node   // the last node whose deps this one was added to
	replaced bool    // somebody else provides a result of it, which is a default or replaced by a test kit
	renamed  bool    // a parameter has a name that its type does not say
	reshaped bool    // dig gets a result object of what it provides, instead of its results
	dropped  bool    // nothing is left of it: a default that is not used, a value that is overridden
	needed   bool    // a root, or what a root needs
}

// need is one thing that a node asks for.
type need struct {
	id       resource.ID
	optional bool
	soft     bool
	hooks    bool // it is the node's *ShutdownHooks
	renamed  bool // by the option From
	arg      int  // index of the parameter
	field    []int
	by       []*node // who provides it, in registration order; known once they are connected
}

// result is one thing that a node provides, under one or more IDs.
type result struct {
	ids     []resource.ID // empty for a result of ProvideTask, or if somebody else provides it
	out     int           // index of the result
	field   []int
	flatten bool // a member of the group for each element
	task    bool // the service runs it; one task, or a slice of tasks
}

// mistake is what is wrong with a registration by itself.
type mistake struct {
	text string
	hint string
}

func (n *node) mistaken(text, hint string) {
	n.mistakes = append(n.mistakes, mistake{text, hint})
}

func (n *node) source() Source {
	if n.label != "" {
		return Source{Layer: n.layer.name, Function: n.label}
	}
	var pc uintptr
	if n.kind != kindSupply && n.fn.IsValid() && n.typ.Kind() == reflect.Func && !n.fn.IsNil() {
		pc = funcPC(n.fn)
	}
	return sourceOf(n.layer.name, pc, n.registration)
}

// silent reports whether the node is so mistaken that nobody knows what it provides.
func (n *node) silent() bool {
	if n.kind == kindInvoke || len(n.mistakes) == 0 || len(n.results) > 0 {
		return false
	}
	return n.typ == nil || n.typ.Kind() != reflect.Func || n.typ.NumOut() > 0 && n.typ.Out(0) != errorType
}

// typeOf returns the type of a result as the function declares it.
func (n *node) typeOf(r *result) reflect.Type {
	switch {
	case n.kind == kindSupply:
		return n.typ
	case len(r.field) > 0:
		return n.typ.Out(r.out).FieldByIndex(r.field).Type
	default:
		return n.typ.Out(r.out)
	}
}

// isTask reports whether the service runs something that the node provides.
func (n *node) isTask() bool {
	for i := range n.results {
		if n.results[i].task {
			return true
		}
	}
	return false
}

// hasSoft reports whether the node asks for a soft group.
func (n *node) hasSoft() bool {
	return slices.ContainsFunc(n.needs, func(n need) bool { return n.soft })
}

// hard returns the dependencies that have to be built first: all but the members
// of soft groups.
func (n *node) hard() []*node {
	if !n.hasSoft() {
		return n.deps
	}
	var deps []*node
	for _, need := range n.needs {
		if !need.soft {
			deps = append(deps, need.by...)
		}
	}
	return deps
}

// link returns what the node needs of dep.
func (n *node) link(dep *node) resource.ID {
	for i := range n.needs {
		if slices.Contains(n.needs[i].by, dep) {
			return n.needs[i].id
		}
	}
	return resource.ID{}
}

// asksForHooks reports whether the node has shutdown hooks of its own.
func (n *node) asksForHooks() bool {
	return slices.ContainsFunc(n.needs, func(n need) bool { return n.hooks })
}

func groupID(elem reflect.Type, group string) resource.ID {
	return resource.ID{Type: reflect.SliceOf(elem), Group: group}
}

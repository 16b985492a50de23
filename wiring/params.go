package wiring

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/wireframework/wireframework/resource"
)

func (n *node) inspectParams() {
	count := n.typ.NumIn()
	if n.typ.IsVariadic() {
		count-- // dig leaves variadic parameters empty
	}
	if count > 0 {
		n.needs = make([]need, 0, count)
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
	case isObject(t, outType) || embeds(t, outPointer):
		n.mistaken(fmt.Sprintf("takes %v, which embeds wiring.Out", t), "parameters embed wiring.In")
	case embeds(t, inType):
		n.addFields(t, arg, field)
	case isObject(t, inType):
		n.mistaken(fmt.Sprintf("takes %v, a pointer to a parameter object", t), hint)
	case embeds(t, inPointer):
		n.mistaken(fmt.Sprintf("takes %v, which embeds *wiring.In", t), hint)
	default:
		id := resource.ID{Type: t, Name: tag.Get("name")}
		n.needs = append(n.needs, need{
			id:       id,
			optional: tag != "" && isTrue(tag.Get("optional")),
			hooks:    t == hooksType && id.Name == "",
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

// nameParams gives parameters the names of the option From.
func (n *node) nameParams() {
	for _, f := range n.opts.from {
		found := false
		for i := range n.needs {
			need := &n.needs[i]
			if len(need.field) == 0 && !need.hooks && need.id == (resource.ID{Type: f.typ}) {
				need.id.Name, need.renamed, n.renamed, found = f.name, true, true, true
			}
		}
		if !found {
			n.mistaken(fmt.Sprintf("asks for %v by the option From, but has no such parameter", resource.ID{Type: f.typ, Name: f.name}),
				"From is given once for a type, and is not for fields: they have tags")
		}
	}
}

package wiring

import (
	"fmt"
	"reflect"
	"slices"
)

// unique drops layers that were added twice, and finds different layers of one
// name.
func (a *Assembly) unique() []*layerEntry {
	var entries []*layerEntry
	byName := make(map[string]*layerEntry)
	for _, e := range a.entries {
		first := byName[e.name]
		switch {
		case e.rank != normal || e.name == "":
			entries = append(entries, e)
		case first == nil:
			first = new(*e) // gets the bundles of its doubles
			byName[e.name] = first
			entries = append(entries, first)
		case reflect.DeepEqual(first.layer, e.layer):
			first.also = append(slices.Clone(first.also), e.bundles...)
		default:
			a.mistakes = append(a.mistakes, &LayerError{
				Layer: e.name,
				Err: fmt.Errorf("two different layers have this name, %s; %s (equal layers count once; give one another name, or use ReplaceLayer)",
					describeLayers(first.layer, e.layer), describePlaces(first, e)),
			})
		}
	}
	return entries
}

// describeLayers tells two layers of one name apart. It shows no values, for they
// may be secret.
func describeLayers(a, b Layer) string {
	one, other := describeLayer(a), describeLayer(b)
	if one != other {
		return one + " and " + other
	}
	if fields := differences(reflect.ValueOf(a), reflect.ValueOf(b)); len(fields) > 0 {
		return fmt.Sprintf("both %s, which differ in %s", one, join(fields))
	}
	return "both " + one
}

// describePlaces says where two layers were added.
func describePlaces(a, b *layerEntry) string {
	one, other := a.place(), b.place()
	if one == other {
		return "both added at " + one
	}
	return fmt.Sprintf("added at %s and at %s", one, other)
}

// place reads: node/main.go:41 in bundle "storage".
func (e *layerEntry) place() string {
	text := placeOf(e.added)
	if len(e.bundles) > 0 {
		text += fmt.Sprintf(" in bundle %q", e.bundles[len(e.bundles)-1])
	}
	return text
}

func describeLayer(l Layer) string {
	if f, ok := l.(*funcLayer); ok {
		src := sourceOf("", funcPC(reflect.ValueOf(f.wire)), 0)
		return fmt.Sprintf("%s (%s)", src.Function, src.Location)
	}
	return fmt.Sprintf("%T", l)
}

// differences names the fields that differ in two values of one type.
func differences(a, b reflect.Value) []string {
	a, b = reflect.Indirect(a), reflect.Indirect(b)
	if a.Kind() != reflect.Struct || a.Type() == reflect.TypeFor[funcLayer]() {
		return nil
	}
	var fields []string
	for i := range a.NumField() {
		if fmt.Sprintf("%#v", a.Field(i)) != fmt.Sprintf("%#v", b.Field(i)) {
			fields = append(fields, a.Type().Field(i).Name)
		}
	}
	return fields
}

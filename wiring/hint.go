package wiring

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/wireframework/wireframework/resource"
)

// maxOffers bounds how many layers a hint names.
const maxOffers = 3

// offer is a resource that comes close to a missing one.
type offer struct {
	id resource.ID
	by *node
}

// hint says what to do about a resource that nobody provides.
func (v *verifier) hint(id resource.ID) string {
	if near := v.near(id); near != "" {
		return near
	}
	if hasParameterTags(id.Type) {
		return "add a layer that provides it; if its fields are what is needed, embed wiring.In in it"
	}
	return "add a layer that provides it"
}

// near says what was probably meant with a resource that nobody provides. A layer that
// could not say what it provides comes first: if it would have provided this, whatever
// else comes close leads away from the cause.
func (v *verifier) near(id resource.ID) string {
	switch id.Type {
	case contextType:
		return "the context of the run is handed out only as the first parameter of a constructor"
	case reflect.TypeFor[ShutdownHooks]():
		return "ask for *wiring.ShutdownHooks"
	case hooksType:
		return "ask for it without a name"
	}
	silent, offered := v.silentLayer(), v.offered(id)
	if silent != "" && offered != "" {
		return silent + "; if not, " + offered
	}
	return silent + offered
}

// offered finds what is provided and comes close. It looks at all that is provided,
// which is slow, and only done for errors and warnings.
func (v *verifier) offered(id resource.ID) string {
	for _, look := range []func(resource.ID) string{
		v.otherName, v.groupMember, v.pointer, v.implementation, v.interfaceOf, v.sameShortName,
	} {
		if hint := look(id); hint != "" {
			return hint
		}
	}
	return ""
}

// hasParameterTags reports whether a struct looks like a parameter object that does not
// embed In.
func hasParameterTags(t reflect.Type) bool {
	if t.Kind() != reflect.Struct {
		return false
	}
	for i := range t.NumField() {
		tag := t.Field(i).Tag
		for _, key := range []string{"name", "optional", "group"} {
			if _, ok := tag.Lookup(key); ok {
				return true
			}
		}
	}
	return false
}

// offers returns what is provided and fits, in registration order.
func (v *verifier) offers(fits func(resource.ID) bool) []offer {
	var offers []offer
	for id, by := range v.plan.provided {
		for _, n := range by {
			if fits(id) && n.layer.rank != override {
				offers = append(offers, offer{id, n})
			}
		}
	}
	slices.SortFunc(offers, func(a, b offer) int {
		return cmp.Or(a.by.index-b.by.index, strings.Compare(a.id.String(), b.id.String()))
	})
	return offers
}

// list names the layers and what each provides:
// layer "storage" provides *sql.DB and *sql.DB "replika".
func list(offers []offer) string {
	var lines, ids []string
	for i, o := range offers {
		ids = append(ids, o.id.String())
		if i+1 < len(offers) && offers[i+1].by.layer == o.by.layer {
			continue
		}
		if len(lines) == maxOffers {
			return strings.Join(lines, "; ") + "; and others"
		}
		lines = append(lines, fmt.Sprintf("layer %q provides %s", o.by.layer.name, join(ids)))
		ids = nil
	}
	return strings.Join(lines, "; ")
}

// otherName finds the same type under another name.
func (v *verifier) otherName(id resource.ID) string {
	offers := v.offers(func(o resource.ID) bool { return o.Type == id.Type && o.Group == "" && o != id })
	switch {
	case id.Name != "" || len(offers) == 0:
		return list(offers)
	case len(offers) == 1:
		return fmt.Sprintf("%s: ask for it with the tag name:%q", list(offers), offers[0].id.Name)
	default:
		return list(offers) + ": ask for one with a tag for its name"
	}
}

// groupMember finds the type, or for a slice its element, in a group.
func (v *verifier) groupMember(id resource.ID) string {
	slice := id.Type
	if slice.Kind() != reflect.Slice {
		slice = reflect.SliceOf(slice)
	}
	offers := v.offers(func(o resource.ID) bool { return o.Group != "" && o.Type == slice })
	if len(offers) == 0 {
		return ""
	}
	first := offers[0].id
	return fmt.Sprintf("layer %q provides it in a group: ask for %v with the tag group:%q", offers[0].by.layer.name, first.Type, first.Group)
}

// pointer finds T for *T and *T for T.
func (v *verifier) pointer(id resource.ID) string {
	other := reflect.PointerTo(id.Type)
	offers := v.offers(func(o resource.ID) bool {
		return o.Group == "" && (o.Type == other || id.Type.Kind() == reflect.Pointer && o.Type == id.Type.Elem())
	})
	if len(offers) == 0 {
		return ""
	}
	return fmt.Sprintf("%s: ask for that", list(offers))
}

// implementation finds a concrete type, or another interface, that implements the
// interface.
func (v *verifier) implementation(id resource.ID) string {
	if id.Type.Kind() != reflect.Interface || id.Type.NumMethod() == 0 {
		return ""
	}
	offers := v.offers(func(o resource.ID) bool { return o.Group == "" && o.Type.Implements(id.Type) })
	if len(offers) == 0 {
		return ""
	}
	suffix := ""
	sameName := func(o offer) bool { return o.id.Name == id.Name }
	switch {
	case slices.ContainsFunc(offers, sameName):
		offers = slices.DeleteFunc(offers, func(o offer) bool { return !sameName(o) })
	case id.Name == "":
		suffix = " and ask for its name"
	default:
		suffix = fmt.Sprintf(" and wiring.Name(%q)", id.Name)
	}
	if len(offers) > 1 {
		return fmt.Sprintf("%s: they implement it, add wiring.As[%v]() to one%s", list(offers), id.Type, suffix)
	}
	return fmt.Sprintf("%s, which implements it: add wiring.As[%v]()%s", list(offers), id.Type, suffix)
}

// interfaceOf finds an interface that the concrete type implements.
func (v *verifier) interfaceOf(id resource.ID) string {
	offers := v.offers(func(o resource.ID) bool {
		return o.Group == "" && o.Type.Kind() == reflect.Interface && o.Type.NumMethod() > 0 && id.Type.Implements(o.Type)
	})
	if len(offers) == 0 {
		return ""
	}
	hint := fmt.Sprintf("%s, an interface that %v implements: ask for that", list(offers), id.Type)
	if slices.ContainsFunc(offers, func(o offer) bool { return o.id.Name == id.Name && o.by.hides(id.Type, o.id) }) {
		hint += fmt.Sprintf(", or add wiring.As[%v]() there", id.Type)
	}
	return hint
}

// hides reports whether the node provides a value of type t as the resource id.
func (n *node) hides(t reflect.Type, id resource.ID) bool {
	return slices.ContainsFunc(n.results, func(r result) bool { return slices.Contains(r.ids, id) && n.typeOf(&r) == t })
}

// sameShortName finds a type of the same short name in another package.
func (v *verifier) sameShortName(id resource.ID) string {
	offers := v.offers(func(o resource.ID) bool {
		return o.Group == "" && o.Type.String() == id.Type.String() && o.Type != id.Type
	})
	if len(offers) == 0 {
		return ""
	}
	return fmt.Sprintf("%s of package %s; this one is of %s", list(offers), packageOf(offers[0].id.Type), packageOf(id.Type))
}

func packageOf(t reflect.Type) string {
	for t.PkgPath() == "" && slices.Contains([]reflect.Kind{reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map, reflect.Chan}, t.Kind()) {
		t = t.Elem()
	}
	return t.PkgPath()
}

// silentLayer points to layers that could not say what they provide.
func (v *verifier) silentLayer() string {
	if len(v.silent) == 0 {
		return ""
	}
	return layersNamed(v.silent) + " might, but could not say so"
}

// nearGroup returns the name of a group of the same type that is spelled almost
// the same.
func (v *verifier) nearGroup(id resource.ID) string {
	var names []string
	for _, o := range v.offers(func(o resource.ID) bool { return o.Group != "" && o.Type == id.Type }) {
		names = append(names, o.id.Group)
	}
	return nearest(id.Group, names)
}

// consumerHint says who needs a resource that is not built.
func (v *verifier) consumerHint(id resource.ID) string {
	var layers []string
	for _, n := range v.plan.nodes {
		asks := slices.ContainsFunc(n.needs, func(need need) bool { return need.id == id })
		if asks && !slices.Contains(layers, n.layer.name) {
			layers = append(layers, n.layer.name)
		}
	}
	if len(layers) == 0 {
		return "no constructor asks for it; leave it out, or check its type and name"
	}
	return fmt.Sprintf("only constructors of %s ask for it; leave it out, or select one of them", layersNamed(layers))
}

// nearest returns the candidate with the smallest edit distance, if that is small
// enough for a slip.
func nearest(word string, candidates []string) string {
	best, bestDistance := "", 1+max(1, len(word)/3)
	for _, c := range slices.Sorted(slices.Values(candidates)) {
		if d := distance(word, c); d < bestDistance {
			best, bestDistance = c, d
		}
	}
	return best
}

// distance counts the bytes to insert, remove, replace or swap with their neighbour
// to turn a into b.
func distance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}

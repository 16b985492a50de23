package wiring

import (
	"fmt"
	"reflect"
	"strings"
)

// Option changes how a registration provides its results.
type Option interface {
	apply(o *options)
}

type options struct {
	name  string
	group string
	as    []any // pointers to the interfaces
	from  []named
	rank  rank
	twice string // what was given twice, as a mistake
}

// named says by which name a parameter of a type is asked for.
type named struct {
	typ  reflect.Type
	name string
}

// rank decides which registration provides a resource: of several the lowest.
// Two of one rank are a mistake.
type rank int8

const (
	override rank = iota - 1 // of a test kit
	normal
	byDefault
	fallback // what the service itself brings
)

type optionFunc func(o *options)

func (f optionFunc) apply(o *options) { f(o) }

// Name gives the results a name, so that there can be several resources of one
// type. Consumers ask for one with the tag name:"..." in a struct that embeds
// [In].
func Name(name string) Option {
	return optionFunc(func(o *options) {
		if o.name != "" {
			o.twice = fmt.Sprintf("has two names (%q and %q)", o.name, name)
		}
		o.name = name
	})
}

// As provides the results as the interface I instead of their concrete type. It
// may be given several times, for several interfaces; and with the concrete type
// itself, which is then provided too.
func As[I any]() Option {
	return optionFunc(func(o *options) { o.as = append(o.as, new(I)) })
}

// Group makes the results one of many: consumers ask for a slice of the type with
// the tag group:"..." in a struct that embeds [In] and receive all of them, in
// the order of registration. After a comma the option flatten adds the elements of
// a slice one by one: "routes,flatten".
func Group(name string) Option {
	return optionFunc(func(o *options) {
		if o.group != "" {
			o.twice = fmt.Sprintf("has two groups (%q and %q)", o.group, name)
		}
		o.group = name
	})
}

// Default marks a registration that counts only if no layer provides the same
// resource without this option. The order of layers does not matter.
func Default() Option {
	return optionFunc(func(o *options) { o.rank = byDefault })
}

// From asks for the parameter of type T by a name, as the tag name:"..." does for a
// field; for layers whose resources have names that are known only when the program
// runs. It may be given several times, for several types. An empty name changes
// nothing.
func From[T any](name string) Option {
	return optionFunc(func(o *options) {
		if name != "" {
			o.from = append(o.from, named{reflect.TypeFor[T](), name})
		}
	})
}

// misplaced says which of the options do not fit to the kind of the registration.
func (o *options) misplaced(k kind) string {
	provides := o.name != "" || o.group != "" || len(o.as) > 0 || o.rank == byDefault
	switch {
	case k == kindSupply && len(o.from) > 0:
		return "has the option From, but a value takes no parameters"
	case (k == kindTask || k == kindInvoke) && provides:
		return "has an option for results, but nobody asks for them (only From fits here)"
	default:
		return ""
	}
}

// mistake says what is wrong with the options by themselves, by dig's rules.
func (o *options) mistake() string {
	switch {
	case o.twice != "":
		return o.twice
	case o.name != "" && o.group != "":
		return fmt.Sprintf("has both a name (%q) and a group (%q)", o.name, o.group)
	case strings.ContainsRune(o.name, '`'):
		return fmt.Sprintf("has the name %q, and names cannot contain backquotes", o.name)
	case strings.ContainsRune(o.group, '`'):
		return fmt.Sprintf("has the group %q, and groups cannot contain backquotes", o.group)
	case o.rank == byDefault && o.group != "":
		return fmt.Sprintf("is a default of group %q, but a group takes every member", o.group)
	}
	return ""
}

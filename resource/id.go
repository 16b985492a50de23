package resource

import (
	"reflect"
	"strconv"
)

// ID identifies a resource in a graph. At most one of Name and Group is set. The
// zero value identifies nothing.
type ID struct {
	// Type is the type that consumers ask for; for a group it is the slice.
	Type reflect.Type

	// Name tells resources of one type apart. Optional; defaults to no name.
	Name string

	// Group names the value group that consumers receive as a slice. Optional.
	Group string
}

// IDOf returns the ID of a resource of type T, with the first of name if there is
// one.
func IDOf[T any](name ...string) ID {
	id := ID{Type: reflect.TypeFor[T]()}
	if len(name) > 0 {
		id.Name = name[0]
	}
	return id
}

// String returns the ID as error messages and graphs show it: *sql.DB,
// *sql.DB "replica", []health.Check group "health".
func (id ID) String() string {
	switch {
	case id.Type == nil:
		return "no resource"
	case id.Group != "" && id.Type.Kind() != reflect.Slice:
		return "[]" + id.Type.String() + " group " + strconv.Quote(id.Group)
	case id.Group != "":
		return id.Type.String() + " group " + strconv.Quote(id.Group)
	case id.Name != "":
		return id.Type.String() + " " + strconv.Quote(id.Name)
	default:
		return id.Type.String()
	}
}

package servicetest

import (
	"reflect"
	"time"

	"github.com/wireframework/wireframework/resource"
	"github.com/wireframework/wireframework/wiring"
)

// Option changes the graph of a node under test, or what the test expects of the
// node. An option may be used for several nodes.
type Option func(*config)

type config struct {
	assembly *wiring.Assembly // of the node's own builder
	timeout  time.Duration
	ignored  []string
}

// Override provides value, as a resource of type T and the given name, instead of
// what the layers provide; what only that resource needed is not built. The test
// fails if no layer provides it, or nothing needs it.
//
// T is the type that consumers ask for, which is often an interface:
//
//	servicetest.Override[ledger.Store](fake)
func Override[T any](value T, name ...string) Option {
	return func(c *config) {
		c.assembly.Override(resource.IDOf[T](name...), reflect.ValueOf(&value).Elem())
	}
}

// Supply provides value, as a resource of type T and the given name, which no layer
// of this node provides; a default gives way. The test fails if a layer does provide
// it, or nothing needs it.
func Supply[T any](value T, name ...string) Option {
	return func(c *config) {
		c.assembly.Supply(resource.IDOf[T](name...), reflect.ValueOf(&value).Elem())
	}
}

// Populate builds the resource of type T and the given name and stores it in dst
// before Start returns. If no task is left to run, the node is wired and stays so
// until it is stopped. A node of oneshots stops by itself when they are done, and its
// hooks close the resource then, which may be before Start returns: [Only] without a
// name leaves its tasks out.
func Populate[T any](dst *T, name ...string) Option {
	return func(c *config) {
		c.assembly.Populate(resource.IDOf[T](name...), func(v reflect.Value) {
			*dst, _ = v.Interface().(T) // a nil interface has no value to assert
		})
	}
}

// PopulateGroup builds all members of the group and stores them in dst, in the order
// of registration, before Start returns.
func PopulateGroup[T any](dst *[]T, group string) Option {
	return func(c *config) {
		id := resource.ID{Type: reflect.TypeFor[[]T](), Group: group}
		c.assembly.Populate(id, func(v reflect.Value) {
			*dst, _ = v.Interface().([]T)
		})
	}
}

// Only runs only the tasks, and the invokes, of the named layers and bundles; the
// rest of the graph is built only as far as they need it.
func Only(layers ...string) Option {
	return func(c *config) { c.assembly.Only(layers...) }
}

// Timeout sets how long [Start] waits for the node to be ready, and [Trace] for its
// end. The default is a minute.
func Timeout(d time.Duration) Option {
	return func(c *config) { c.timeout = d }
}

// IgnoreGoroutines says that goroutines with one of the texts in their stack, such as
// "poll.(*Pool).reap", may be left when the node has stopped. Idle HTTP connections and
// the loop of [os/signal] always may.
func IgnoreGoroutines(texts ...string) Option {
	return func(c *config) { c.ignored = append(c.ignored, texts...) }
}

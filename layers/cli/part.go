package cli

import (
	"reflect"

	"github.com/wireframework/wireframework/service"
)

// Part is a part of a command line. [Deployment] makes one.
type Part interface{ add(*App) }

// Deployment is one way to compose the node. O is a struct: its fields are flags of the
// deployment, with the tags of kong. It embeds the options of the layers:
//
//	type Options struct {
//		HTTP httpserver.Options `embed:"" prefix:"http-" group:"HTTP"`
//		SQL  sqlite.Options     `embed:"" prefix:"sqlite-"`
//	}
//
// The tag example:"..." is a value for the commands that only look at the graph, where
// the flag has neither a value nor a default: an address of a database that nobody
// connects to. Fields that are no flags have the tag kong:"-".
//
// The function compose is called once for each command that needs the node, and after an
// error again, with other values of options that the error names (see the package comment),
// perhaps while the node stops. It does no I/O; mistakes in the options are errors of the
// layers.
func Deployment[O any](name, help string, compose func(O) *service.Builder) Part {
	return deployment{
		name:    name,
		help:    help,
		options: reflect.TypeFor[O](),
		compose: func(options reflect.Value) *service.Builder {
			return compose(options.Interface().(O)) //nolint:forcetypeassert // it is the type above
		},
	}
}

type deployment struct {
	name    string
	help    string
	options reflect.Type
	compose func(options reflect.Value) *service.Builder
}

func (d deployment) add(a *App) { a.deployments = append(a.deployments, d) }

package cli

import (
	"context"
	"errors"

	"github.com/wireframework/wireframework/service"
)

// build composes and verifies the node that the command run asks for.
func (in *invocation) build() (*service.Service, error) {
	flags := in.flags.Field(0).Interface().(runFlags) //nolint:forcetypeassert // see App.fields
	return in.service(flags.options()...)
}

// run runs the node, and prints its errors like service.Main.
func (in *invocation) run(ctx context.Context) int {
	s, err := in.build()
	if err == nil {
		err = s.Run(ctx)
	}
	if err == nil {
		return exitOK
	}
	all := []error{err}
	if joined, ok := err.(interface{ Errors() []error }); ok { // not multierr.Errors, which would take a wiring report apart
		all = joined.Errors()
	}
	for _, e := range all {
		format := "%s: %v"
		if _, panicked := errors.AsType[*service.PanicError](e); panicked {
			format = "%s: %+v"
		}
		say(in.stderr, format, in.app.name, e)
	}
	return exitError
}

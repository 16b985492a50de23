package cli

import (
	"context"

	"github.com/wireframework/wireframework/service"
)

// build composes and verifies the node that the command run asks for.
func (in *invocation) build() (*service.Service, error) {
	flags := in.flags.Field(0).Interface().(runFlags) //nolint:forcetypeassert // see App.fields
	return in.service(append(flags.options(), service.Observe(in.observe))...)
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
	service.WriteError(in.stderr, in.app.name, err)
	return exitError
}

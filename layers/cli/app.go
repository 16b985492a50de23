package cli

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/wireframework/wireframework/service"
)

// Exit codes of [App.Run]. [App.Main] adds those of a forced end, 130 and 143.
const (
	exitOK    = 0
	exitError = 1
	exitUsage = 2
)

// App is the command line of a node binary. It is immutable and safe for concurrent
// use.
type App struct {
	name        string
	help        string
	deployments []deployment
}

// New returns the command line of a program: its name, which is also the prefix of its
// environment variables; one sentence about it; and its parts, at least one
// [Deployment]. The first one is the default.
//
// Mistakes in the parts (two deployments of one name, options that no flag can be made
// of) are errors of every command.
func New(name, help string, parts ...Part) *App {
	a := &App{name: name, help: help}
	for _, p := range parts {
		if p != nil {
			p.add(a)
		}
	}
	return a
}

// Main is the body of the main function: it runs the command of [os.Args] and ends the
// process. The command run is [service.Main], with its signals and exit codes. A
// command line, an environment or a file that cannot be understood is exit code 2.
func (a *App) Main() {
	in, code := a.parse(os.Args[1:], os.Stdout, os.Stderr)
	switch {
	case in == nil:
		os.Exit(code)
	case in.command == "run":
		service.Main(in.build)
	default:
		os.Exit(in.execute())
	}
}

// Run is Main without the process around it, for tests and for programs that handle
// signals themselves: it runs one command, of arguments without the name of the
// program, and returns the exit code. The end of ctx stops a node cleanly.
func (a *App) Run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	in, code := a.parse(args, stdout, stderr)
	switch {
	case in == nil:
		return code
	case in.command == "run":
		return in.run(ctx)
	default:
		return in.execute()
	}
}

// Builders returns all deployments by name, for a test that verifies them
// (servicetest.Deployments). A builder is composed from the defaults of its options and
// from the examples of those that have no default; neither the environment nor a file
// counts. The functions panic if the options have mistakes.
func (a *App) Builders() map[string]func() *service.Builder {
	builders := make(map[string]func() *service.Builder, len(a.deployments))
	for _, d := range a.deployments {
		builders[d.name] = func() *service.Builder {
			b, err := a.example(d.name)
			if err != nil {
				panic(fmt.Sprintf("cli: deployment %q: %v", d.name, err))
			}
			return b
		}
	}
	return builders
}

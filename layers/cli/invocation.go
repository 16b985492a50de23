package cli

import (
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/wireframework/wireframework/service"
)

// invocation is a command line that has been understood.
type invocation struct {
	app            *App
	stdout, stderr io.Writer

	command string        // run, check, graph or tasks
	target  string        // a deployment, all or diff
	node    *kong.Node    // the target in the grammar
	values  reflect.Value // what the target was parsed into
	flags   reflect.Value // what the command was parsed into
	config  string        // file; may be empty
	assumed []string      // flags that have the value of their example
}

// errExited is the error of a command line that asked for help or the version.
var errExited = errors.New("help has been printed")

// usageError is a command line, an environment or a file that cannot be understood.
type usageError struct {
	err  error
	hint string // the command that helps
}

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

// parse reads the command line. Without an invocation, the exit code says why.
func (a *App) parse(args []string, stdout, stderr io.Writer) (*invocation, int) {
	in, err := a.read(args, envName(a.name), stdout, stderr)
	if err == nil {
		return in, exitOK
	}
	return nil, a.fail(err, stderr)
}

// fail prints an error and returns the exit code.
func (a *App) fail(err error, stderr io.Writer) int {
	if errors.Is(err, errExited) {
		return exitOK
	}
	say(stderr, "%s: %v", a.name, err)
	if usage, ok := errors.AsType[*usageError](err); ok {
		say(stderr, "Run %q for help.", usage.hint)
		return exitUsage
	}
	return exitError
}

// read is parse without messages.
func (a *App) read(args []string, envPrefix string, stdout, stderr io.Writer) (*invocation, error) {
	r := &resolver{app: a}
	g, err := a.newGrammar(envPrefix, stdout, stderr, kong.WithBeforeResolve(r.load), kong.Resolvers(r))
	if err != nil {
		return nil, err
	}
	ctx, err := g.Parse(args)
	if g.exited {
		return nil, errExited
	}
	if err != nil {
		return nil, &usageError{a.explained(err), helpFor(err, a.name)}
	}
	target := ctx.Selected()
	return &invocation{
		app:     a,
		stdout:  stdout,
		stderr:  stderr,
		command: commandOf(target).Name,
		target:  target.Name,
		node:    target,
		values:  target.Target,
		flags:   commandOf(target).Target,
		config:  r.config,
		assumed: r.assumed,
	}, nil
}

// explained takes the error out of the one of kong. A word too many behind a command was
// probably meant as a deployment, and a flag may be one of another deployment.
func (a *App) explained(err error) error {
	parse, ok := errors.AsType[*kong.ParseError](err)
	if !ok {
		return err
	}
	err = parse.Unwrap()
	if parse.Context == nil || parse.Context.Selected() == nil {
		return err
	}
	if strings.HasPrefix(err.Error(), "unexpected argument") {
		return fmt.Errorf("%w (deployments: %s)", err, strings.Join(a.names(), ", "))
	}
	if rest, ok := strings.CutPrefix(err.Error(), "unknown flag --"); ok {
		name, _, _ := strings.Cut(rest, ", ") // did you mean
		if owners := owners(commandOf(parse.Context.Selected()), name); owners != nil {
			return fmt.Errorf("unknown flag --%s (a flag of %s)", name, strings.Join(owners, ", "))
		}
	}
	return err
}

// owners returns what to write for a command so that it has a flag: it with a deployment.
func owners(command *kong.Node, flag string) []string {
	var owners []string
	for _, n := range command.Children {
		if slices.ContainsFunc(n.Flags, func(f *kong.Flag) bool { return f.Name == flag }) {
			owners = append(owners, command.Name+" "+n.Name)
		}
	}
	return owners
}

// helpFor returns the command that explains the one that was tried. The flags of a
// deployment are in its help alone, also if it is the default.
func helpFor(err error, name string) string {
	parse, ok := errors.AsType[*kong.ParseError](err)
	if !ok || parse.Context == nil || parse.Context.Selected() == nil {
		return name + " --help"
	}
	tried := parse.Context.Selected()
	if d := tried.DefaultCmd; d != nil && d.Name != allDeployments {
		tried = d
	}
	return tried.FullPath() + " --help"
}

// commandOf returns the command above a node, below the root.
func commandOf(n *kong.Node) *kong.Node {
	for n.Parent != nil && n.Parent.Parent != nil {
		n = n.Parent
	}
	return n
}

// of returns the same command for a deployment, with what the environment and the file
// say about it.
func (in *invocation) of(deployment string) (*invocation, error) {
	args := []string{in.command, deployment}
	if in.config != "" {
		args = append(args, "--config="+in.config)
	}
	return in.app.read(args, envName(in.app.name), in.stdout, in.stderr)
}

// builder composes the deployment.
func (in *invocation) builder() (*service.Builder, error) {
	for _, d := range in.app.deployments {
		if d.name != in.target {
			continue
		}
		if b := d.compose(in.values); b != nil {
			return b, nil
		}
		break
	}
	return nil, fmt.Errorf("deployment %q is a nil builder", in.target)
}

// service builds the deployment. The error says which flags it is about.
func (in *invocation) service(opts ...service.Option) (*service.Service, error) {
	b, err := in.builder()
	if err != nil {
		return nil, err
	}
	s, err := b.Clone(opts...).Build()
	if err != nil {
		return nil, in.located(err)
	}
	return s, nil
}

// example composes a deployment of defaults and examples.
func (a *App) example(deployment string) (*service.Builder, error) {
	in, err := a.read([]string{"check", deployment}, "", io.Discard, io.Discard)
	if err != nil {
		return nil, err
	}
	return in.builder()
}

// execute runs a command that is not run.
func (in *invocation) execute() int {
	switch {
	case in.command == "check":
		return in.check()
	case in.command == "graph" && in.target == diffCommand:
		return in.exit(in.diff())
	case in.command == "graph":
		return in.exit(in.graph())
	default:
		return in.exit(in.tasks())
	}
}

func (in *invocation) exit(err error) int {
	if err == nil {
		return exitOK
	}
	return in.app.fail(err, in.stderr)
}

func say(w io.Writer, format string, args ...any) {
	_, _ = fmt.Fprintf(w, format+"\n", args...)
}

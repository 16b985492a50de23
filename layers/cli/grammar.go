package cli

import (
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/wireframework/wireframework/service"
)

// Names under the commands that are taken, so that no deployment can have them.
const (
	allDeployments = "all"  // check all
	diffCommand    = "diff" // graph diff
)

// root is the command line without its commands.
type root struct {
	Config  string      `placeholder:"FILE" help:"Read defaults of flags from a TOML file."`
	Version versionFlag `help:"Print the version and exit." env:"-"`
}

// runFlags are the flags of the command run that every deployment has.
type runFlags struct {
	StopTimeout         time.Duration `default:"20s" help:"How long each task has to return once it is told to stop; 0 is no time at all."`
	HookTimeout         time.Duration `default:"5s" help:"How long each shutdown hook may take."`
	ShutdownTimeout     time.Duration `default:"30s" help:"How long the whole stop may take."`
	PreconditionTimeout time.Duration `default:"0s" help:"How long all preconditions may take; 0 is no limit."`
	DrainDelay          time.Duration `default:"0s" help:"How long tasks go on after the stop request, for load balancers to notice."`
}

func (f runFlags) options() []service.Option {
	return []service.Option{
		service.StopTimeout(f.StopTimeout),
		service.HookTimeout(f.HookTimeout),
		service.ShutdownTimeout(f.ShutdownTimeout),
		service.PreconditionTimeout(f.PreconditionTimeout),
		service.DrainDelay(f.DrainDelay),
	}
}

type graphFlags struct {
	Format  string `default:"dot" enum:"dot,mermaid,json" env:"-" help:"One of ${enum}."`
	Explain string `placeholder:"NAME" env:"-" help:"Print, as a tree, what a resource, a constructor or a layer needs instead. A task goes by its constructor, which the command tasks shows."`
}

// AfterApply is called by kong. It refuses flags that would change nothing.
func (graphFlags) AfterApply(ctx *kong.Context) error {
	given := make(map[string]bool)
	for _, p := range ctx.Path {
		if p.Flag != nil {
			given[p.Flag.Name] = true
		}
	}
	diff := ctx.Selected().Name == diffCommand
	switch {
	case diff && given["format"]:
		return errors.New("graph diff prints lines, and does not take --format")
	case diff && given["explain"]:
		return errors.New("graph diff prints lines, and does not take --explain")
	case given["explain"] && given["format"]:
		return errors.New("--explain prints a tree, and does not take --format")
	}
	return nil
}

type checkAll struct{}

type graphDiff struct {
	From string `arg:"" enum:"${deployments}" help:"A deployment."`
	To   string `arg:"" enum:"${deployments}" help:"The deployment to compare it with."`
}

// grammar is the command line of one parse: the values are parsed into it.
type grammar struct {
	*kong.Kong
	exited bool // help or version has been printed
}

// newGrammar makes a command line out of the deployments. Without a prefix, the
// environment is left alone.
func (a *App) newGrammar(envPrefix string, stdout, stderr io.Writer, opts ...kong.Option) (*grammar, error) {
	if err := a.verify(); err != nil {
		return nil, err
	}
	g := &grammar{}
	opts = append(opts,
		kong.Name(a.name),
		kong.Description(a.help),
		kong.Writers(stdout, stderr),
		kong.Vars{"deployments": strings.Join(a.names(), ",")},
		kong.Exit(func(int) { g.exited = true }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true, NoAppSummary: true}),
		kong.Help(printHelp),
		kong.ValueFormatter(describe),
		kong.PostBuild(func(k *kong.Kong) error { return configure(k, envPrefix) }),
	)
	k, err := kong.New(reflect.New(reflect.StructOf(a.fields())).Interface(), opts...)
	if err != nil {
		hint := ""
		if strings.Contains(err.Error(), "unsupported field type") {
			hint = ` (a field that is no flag has the tag kong:"-")`
		}
		return nil, fmt.Errorf("flags: %w%s", err, hint)
	}
	g.Kong = k
	return g, nil
}

// names returns the deployments.
func (a *App) names() []string {
	names := make([]string, len(a.deployments))
	for i, d := range a.deployments {
		names[i] = d.name
	}
	return names
}

// fields are the fields of the struct that kong takes for a command line. It is made of
// the types of the deployments, and only known here.
func (a *App) fields() []reflect.StructField {
	return numbered(
		embed(root{}, ""),
		command("run", "Run the node until it is stopped. Each deployment has flags of its own, which its --help shows.", a.structOf(`default:"withargs"`, embed(runFlags{}, "Start and stop"))),
		command("check", "Verify the wiring of deployments, without connecting to anything.", a.structOf("",
			command(allDeployments, "All deployments.", checkAll{}, `default:"1"`))),
		command("graph", "Print the layers, constructors and resources of a deployment.", a.structOf(`default:"withargs"`,
			embed(graphFlags{}, ""),
			command(diffCommand, "Print what differs between two deployments.", graphDiff{}))),
		command("tasks", "List the tasks of a deployment by their constructors. IDs and kinds are known once the node is wired.",
			a.structOf(`default:"withargs"`)),
	)
}

// structOf makes a struct of the fields and a subcommand for each deployment. The first
// one has the tags.
func (a *App) structOf(tags string, fields ...reflect.StructField) any {
	for i, d := range a.deployments {
		help := d.help
		if i == 0 && tags != "" {
			help = strings.TrimSpace(help + " The default.")
		}
		fields = append(fields, command(d.name, help, reflect.Zero(d.options).Interface(), tags))
		tags = ""
	}
	return reflect.Zero(reflect.StructOf(numbered(fields...))).Interface()
}

// numbered gives fields names that differ.
func numbered(fields ...reflect.StructField) []reflect.StructField {
	for i := range fields {
		fields[i].Name = fmt.Sprintf("Field%d", i)
	}
	return fields
}

func command(name, help string, grammar any, tags ...string) reflect.StructField {
	tag := fmt.Sprintf(`cmd:"" name:%q help:%q %s`, name, help, strings.Join(tags, " "))
	return reflect.StructField{Type: reflect.TypeOf(grammar), Tag: reflect.StructTag(strings.TrimSpace(tag))}
}

func embed(grammar any, group string) reflect.StructField {
	tag := fmt.Sprintf(`embed:"" group:%q`, group)
	return reflect.StructField{Type: reflect.TypeOf(grammar), Tag: reflect.StructTag(tag)}
}

// verify finds mistakes in the parts.
func (a *App) verify() error {
	if len(a.deployments) == 0 {
		return errors.New("there is no deployment")
	}
	var problems []error
	names := []string{allDeployments, diffCommand}
	for _, d := range a.deployments {
		switch {
		case d.name == "" || strings.Trim(d.name, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" || d.name[0] == '-':
			problems = append(problems, fmt.Errorf("deployment %q: the name is not made of lower-case letters, digits and hyphens", d.name))
		case slices.Contains(names[:2], d.name):
			problems = append(problems, fmt.Errorf("deployment %q: the name is taken by a command", d.name))
		case slices.Contains(names, d.name):
			problems = append(problems, fmt.Errorf("deployment %q is there twice", d.name))
		}
		names = append(names, d.name)
		if d.options.Kind() != reflect.Struct {
			problems = append(problems, fmt.Errorf("deployment %q: its options are %v, which is no struct", d.name, d.options))
		}
	}
	return errors.Join(problems...)
}

// configure names the environment variables. Commands that only look at the graph do
// not insist on flags: what is missing and matters, the layers tell.
func configure(k *kong.Kong, envPrefix string) error {
	return kong.Visit(k.Model.Node, func(v kong.Visitable, next kong.Next) error {
		node, ok := v.(*kong.Node)
		if !ok {
			return next(nil)
		}
		for _, f := range node.Flags {
			f.Required = f.Required && within(node, "run")
			nameEnv(f, envPrefix)
		}
		return next(nil)
	})
}

// within reports whether a node is the command, or below it.
func within(n *kong.Node, command string) bool {
	for ; n != nil; n = n.Parent {
		if n.Name == command && n.Parent != nil && n.Parent.Parent == nil {
			return true
		}
	}
	return false
}

func nameEnv(f *kong.Flag, prefix string) {
	switch {
	case prefix == "" || f.Name == "help" || slices.Equal(f.Envs, []string{"-"}):
		f.Envs = nil
	case len(f.Envs) == 0:
		f.Envs = []string{envName(prefix + "-" + f.Name)}
	}
	f.Tag.Envs = f.Envs
}

func envName(name string) string {
	return strings.ToUpper(strings.NewReplacer("-", "_", ".", "_").Replace(name))
}

// printHelp is the help of kong, save that a deployment is called one, and that graph diff
// is without the flags that it refuses.
func printHelp(o kong.HelpOptions, ctx *kong.Context) error {
	usage := ctx.Model.Summary()
	if n := ctx.Selected(); n != nil {
		usage = " " + strings.Replace(n.Summary(), "<command>", "[<deployment>]", 1)
		if n.Name == diffCommand {
			for _, f := range n.Parent.Flags {
				f.Hidden = true
			}
		}
	}
	say(ctx.Stdout, "Usage: %s%s", ctx.Model.Name, usage)
	return kong.DefaultHelpPrinter(o, ctx)
}

// describe is the help of a flag: its default, where a placeholder hides it, and its
// environment variable.
func describe(v *kong.Value) string {
	var notes []string
	if v.Flag != nil && v.Flag.PlaceHolder != "" && v.Default != "" {
		notes = append(notes, "default "+v.Default)
	}
	for _, env := range v.Tag.Envs {
		notes = append(notes, "$"+env)
	}
	if len(notes) == 0 {
		return v.Help
	}
	text, stop := strings.CutSuffix(v.Help, ".")
	text = strings.TrimSpace(text + " (" + strings.Join(notes, ", ") + ")")
	if stop {
		text += "."
	}
	return text
}

package cli

import (
	"slices"
	"strings"

	"github.com/wireframework/wireframework/wiring"
)

// check verifies a deployment or all of them, and reports every problem of each.
func (in *invocation) check() int {
	if in.target != allDeployments {
		return in.checkOne()
	}
	code := exitOK
	for _, d := range in.app.deployments {
		one, err := in.of(d.name)
		if err != nil {
			say(in.stderr, "%s: %v", d.name, err)
			code = max(code, exitUsage)
			continue
		}
		code = max(code, one.checkOne())
	}
	return code
}

func (in *invocation) checkOne() int {
	s, err := in.service()
	if err != nil {
		say(in.stderr, "%s: %v", in.target, err)
		return exitError
	}
	g := s.Graph()
	say(in.stdout, "%s: ok, %s, %s%s", in.target,
		count(len(layers(g)), "layer"), count(len(g.Tasks), "task constructor"), in.assumptions())
	for _, w := range s.Warnings() {
		say(in.stdout, "%s: warning: %s", in.target, w)
	}
	return exitOK
}

// assumptions names the examples that stand for what is not known.
func (in *invocation) assumptions() string {
	if len(in.assumed) == 0 {
		return ""
	}
	return " (not set, an example was taken: " + strings.Join(in.assumed, ", ") + ")"
}

// layers returns the layers of a graph without the one that every service has, unless
// the deployment has a layer of that name too.
func layers(g *wiring.Graph) []string {
	var names []string
	for _, l := range g.Layers {
		brought := l.Name == "service" && !slices.ContainsFunc(g.Constructors, func(c wiring.GraphConstructor) bool {
			return c.Layer == l.Name && !c.Default
		})
		if !brought {
			names = append(names, l.Name)
		}
	}
	return names
}

package cli

import (
	"maps"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// section is the table of a file that holds the tables of the deployments.
const section = "deployment"

// schema is what may be in a file: the flags of the command run, and those of each
// deployment. A name may stand for several flags, one of each deployment.
type schema struct {
	shared      flagSet
	deployments map[string]flagSet
	names       []string // of deployments
}

type flagSet map[string][]*kong.Flag

func (s flagSet) add(flags []*kong.Flag) {
	for _, f := range flags {
		s[f.Name] = append(s[f.Name], f)
	}
}

func newSchema(model *kong.Application, a *App) *schema {
	s := &schema{shared: flagSet{}, deployments: map[string]flagSet{}}
	for _, command := range model.Children {
		if command.Name != "run" {
			continue
		}
		s.shared.add(command.Flags)
		for i, d := range a.deployments {
			flags := flagSet{}
			flags.add(command.Flags)
			flags.add(command.Children[i].Flags)
			s.shared.add(command.Children[i].Flags)
			s.deployments[d.name] = flags
			s.names = append(s.names, d.name)
		}
	}
	return s
}

// hasTable reports whether there are flags in a table: those with its name as a prefix.
func (s flagSet) hasTable(name string) bool {
	for flag := range s {
		if strings.HasPrefix(flag, name+"-") {
			return true
		}
	}
	return false
}

// suggest returns a flag or a table that somebody may have meant, written the way of
// the key that is unknown: tables as far as they fit.
func (s flagSet) suggest(key []string) string {
	unknown := plain(strings.Join(key, "-"))
	best, distance := "", 1+len(unknown)/3
	for _, name := range s.names() {
		if d := levenshtein(unknown, plain(name)); d < distance {
			best, distance = name, d
		}
	}
	for i := len(key) - 1; i > 0; i-- {
		if rest, ok := strings.CutPrefix(best, strings.Join(key[:i], "-")+"-"); ok {
			return strings.Join(key[:i], ".") + "." + rest
		}
	}
	return best
}

// names returns the flags and the tables that may be there, sorted.
func (s flagSet) names() []string {
	names := make(map[string]bool, len(s))
	for name := range s {
		names[name] = true
		for i, letter := range name {
			if letter == '-' {
				names[name[:i]] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(names))
}

func plain(name string) string {
	return strings.ToLower(strings.NewReplacer("_", "-", ".", "-").Replace(name))
}

// levenshtein is the number of letters to insert, remove or change.
func levenshtein(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			changed := diagonal
			if a[i] != b[j] {
				changed++
			}
			diagonal = row[j+1]
			row[j+1] = min(row[j+1]+1, row[j]+1, changed)
		}
	}
	return row[len(b)]
}

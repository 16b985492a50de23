package wireframework_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const modulePath = "github.com/wireframework/wireframework"

// A rule says what the shipped files of a package may do. The standard library,
// but for testing, is open to all unless forbid names it. The lists hold exact
// paths or patterns in the manner of the go command: "layers/..." is layers and
// all below it, "..." is everything.
type rule struct {
	module     []string // imports from this module, relative to its root
	thirdParty []string // imports from other modules
	forbid     []string // standard packages that this one does without
	testing    bool     // a test kit: may import testing
	goroutines bool     // may start goroutines
}

// layerKit is the rule of the test kits of layers.
var layerKit = rule{
	module:     []string{"wiring", "task", "resource", "service", "layers/...", "internal/testkit"},
	thirdParty: []string{"..."},
	testing:    true,
	goroutines: true,
}

// arrows is the policy: which package may import which. It is not a record of
// what happens to be imported, so do not widen a row to mend a build; a new arrow
// is a change of design and comes with its reason.
//
// An exact row counts before a pattern.
var arrows = map[string]rule{
	".":        {},
	"task":     {},
	"resource": {},

	// What becomes of a panic is the same in a constructor and in a task, and so is where a
	// stack shows the place. A leaf, so that wiring knows nothing of the engine.
	"internal/failure": {
		module: []string{"task"},
	},

	// The goroutine profile, for the stack of what hangs, for the test kits, and for the
	// layers that show what runs.
	"internal/goroutine": {},

	"wiring": {
		module:     []string{"task", "resource", "internal/failure"},
		thirdParty: []string{"go.uber.org/dig", "go.uber.org/multierr"},
	},

	// The engine knows tasks and nothing else. It is the one place where the
	// framework starts goroutines, and it joins each.
	"internal/supervise": {
		module:     []string{"task", "internal/failure", "internal/goroutine"},
		forbid:     []string{"reflect"},
		goroutines: true,
	},

	"service": {
		module:     []string{"wiring", "task", "resource", "internal/supervise", "internal/failure"},
		thirdParty: []string{"go.uber.org/multierr"},
	},

	// What the test kits share: it finds goroutines that are left, and records what a
	// test reports. A leaf, so that tasktest knows nothing of services.
	"internal/testkit": {
		module:     []string{"internal/goroutine"},
		testing:    true,
		goroutines: true,
	},
	"task/tasktest": {
		module:     []string{"task", "internal/testkit"},
		testing:    true,
		goroutines: true,
	},
	// A layer alone is a node of one layer: only a service can start and stop it.
	"wiring/layertest": {
		module:     []string{"wiring", "task", "resource", "service", "service/servicetest", "internal/testkit"},
		testing:    true,
		goroutines: true,
	},
	"service/servicetest": {
		module:     []string{"service", "wiring", "task", "resource", "internal/testkit"},
		testing:    true,
		goroutines: true,
	},

	// Layers are written as a user would write them: against the public packages. A
	// layer may know another one for its resources, such as the routes of a server.
	"layers/...": {
		module:     []string{"wiring", "task", "resource", "service", "layers/...", "internal/goroutine"},
		thirdParty: []string{"..."},
		goroutines: true,
	},
	"layers/leader/leadertest": layerKit,
	"layers/etcd/etcdtest":     layerKit,
	"layers/postgres/pgtest":   layerKit,
	"internal/proof":           {}, // tests alone

	// Modules of their own, for those who work on the framework.
	"tools/...": {
		module:     []string{"..."},
		thirdParty: []string{"..."},
		goroutines: true,
	},
	"docs/...": {
		module:     []string{"..."},
		thirdParty: []string{"..."},
		goroutines: true,
	},
	"bench/...": {
		module:     []string{"..."},
		thirdParty: []string{"..."},
		goroutines: true,
	},
	"examples/...": {
		module:     []string{"..."},
		thirdParty: []string{"..."},
		goroutines: true,
	},
}

// exclusive maps an import to the packages that may have it, whatever the rows above
// allow: the container is a detail of wiring. The benchmarks and the list of errors compare with it.
var exclusive = map[string][]string{
	"go.uber.org/dig/...": {"wiring", "bench", "docs/errors"},
}

func TestPackagesKeepToTheirArrows(t *testing.T) {
	problems, packages, err := checkTree(os.DirFS("."))
	require.NoError(t, err)

	// A renamed package must not lose its row without notice.
	core := []string{".", "task", "resource", "wiring", "service", "internal/supervise"}
	assert.Subset(t, packages, core, "a package of the core is not in the tree: correct its row in arrows (deps_test.go)")

	for _, p := range problems {
		t.Error(p)
	}
}

func TestCheckReportsEveryBrokenArrow(t *testing.T) {
	importing := func(p string) string { return fmt.Sprintf("import _ %q\n", p) }
	tests := []struct {
		name string
		file string
		body string
		want string // empty: no problem
	}{
		{
			name: "an arrow against the direction",
			file: "task/x.go", body: importing(modulePath + "/wiring"),
			want: `task/x.go:2: task imports wiring (of this module it may import nothing; move the code, or argue for the arrow in deps_test.go)`,
		},
		{
			name: "an arrow past the public packages",
			file: "layers/http/x.go", body: importing(modulePath + "/internal/supervise"),
			want: `layers/http/x.go:2: layers/http imports internal/supervise (of this module it may import wiring, task, resource, service, layers/..., internal/goroutine; move the code, or argue for the arrow in deps_test.go)`,
		},
		{
			name: "the root of the module",
			file: "service/x.go", body: importing(modulePath),
			want: `service/x.go:2: service imports . (of this module it may import wiring, task, resource, internal/supervise, internal/failure; move the code, or argue for the arrow in deps_test.go)`,
		},
		{
			name: "a third-party import in a leaf",
			file: "resource/x.go", body: importing("go.uber.org/multierr"),
			want: `resource/x.go:2: resource imports go.uber.org/multierr (of other modules it may import nothing; use the standard library, or argue for the dependency in deps_test.go)`,
		},
		{
			name: "dig where every other module is allowed",
			file: "examples/tour/x.go", body: importing("go.uber.org/dig"),
			want: `examples/tour/x.go:2: examples/tour imports go.uber.org/dig (only wiring does; use what wiring exports)`,
		},
		{
			name: "reflection in the engine",
			file: "internal/supervise/x.go", body: importing("reflect"),
			want: `internal/supervise/x.go:2: internal/supervise imports reflect (its row in deps_test.go forbids it; do without)`,
		},
		{
			name: "testing outside the test kits",
			file: "service/x.go", body: importing("testing/fstest"),
			want: `service/x.go:2: service imports testing/fstest (only test kits do; move the helper to servicetest, layertest or tasktest)`,
		},
		{
			name: "a go statement",
			file: "wiring/x.go", body: "func f() {\n\tgo f()\n}\n",
			want: `wiring/x.go:3: wiring starts a goroutine (start it in internal/supervise, which joins it)`,
		},
		{
			name: "a go statement in other words",
			file: "service/x.go", body: "import \"sync\"\nfunc f(wg *sync.WaitGroup) {\n\twg.Go(func() {})\n}\n",
			want: `service/x.go:4: service starts a goroutine (start it in internal/supervise, which joins it)`,
		},
		{
			name: "a package without a row",
			file: "util/x.go",
			want: `util/x.go:1: util is a package without a rule (add a row for it to arrows in deps_test.go)`,
		},
		{
			name: "a file that a build constraint leaves out",
			file: "task/x_windows.go", body: importing(modulePath + "/service"),
			want: `task/x_windows.go:2: task imports service (of this module it may import nothing; move the code, or argue for the arrow in deps_test.go)`,
		},
		{name: "an allowed arrow", file: "service/x.go", body: importing(modulePath + "/wiring")},
		{name: "dig in wiring", file: "wiring/x.go", body: importing("go.uber.org/dig")},
		{name: "a third-party import in a layer", file: "layers/http/x.go", body: importing("example.com/http")},
		{name: "the engine in an example", file: "examples/tour/x.go", body: importing(modulePath + "/internal/supervise")},
		{name: "testing in a test kit", file: "task/tasktest/x.go", body: importing("testing")},
		{name: "a go statement in the engine", file: "internal/supervise/x.go", body: "func f() { go f() }\n"},
		{name: "a test file", file: "task/x_test.go", body: importing(modulePath + "/service")},
		{name: "test data", file: "task/testdata/x.go", body: importing(modulePath + "/service")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tree := fstest.MapFS{tt.file: {Data: []byte("package p\n" + tt.body)}}

			problems, _, err := checkTree(tree)

			require.NoError(t, err)
			if tt.want == "" {
				assert.Empty(t, problems)
			} else {
				assert.Equal(t, []string{tt.want}, problems)
			}
		})
	}
}

func TestCheckReportsAnUnknownPackageOnce(t *testing.T) {
	src := &fstest.MapFile{Data: []byte("package util\n")}

	problems, packages, err := checkTree(fstest.MapFS{"util/a.go": src, "util/b.go": src})

	require.NoError(t, err)
	assert.Len(t, problems, 1)
	assert.Equal(t, []string{"util"}, packages)
}

// checkTree checks the shipped Go files of every package in tree, nested modules
// and files for other platforms included. It returns one line for each problem,
// and the directories of the packages it has seen.
func checkTree(tree fs.FS) (problems, packages []string, err error) {
	seen := make(map[string]bool)
	err = fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && ignoredDir(name):
			return fs.SkipDir
		case entry.IsDir() || !shippedFile(name):
			return nil
		}

		dir := path.Dir(name)
		first := !seen[dir]
		seen[dir] = true

		src, err := fs.ReadFile(tree, name)
		if err != nil {
			return err
		}
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, name, src, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		report := func(pos token.Pos, format string, args ...any) {
			p := fset.Position(pos)
			problems = append(problems, fmt.Sprintf("%s:%d: %s %s", p.Filename, p.Line, dir, fmt.Sprintf(format, args...)))
		}

		r, ok := ruleFor(dir)
		if !ok {
			if first {
				report(file.Package, "is a package without a rule (add a row for it to arrows in deps_test.go)")
			}
			return nil
		}
		checkImports(file, dir, r, report)
		if !r.goroutines {
			checkGoroutines(file, report)
		}
		return nil
	})
	return problems, slices.Sorted(maps.Keys(seen)), err
}

type reporter func(pos token.Pos, format string, args ...any)

func checkImports(file *ast.File, dir string, r rule, report reporter) {
	for _, spec := range file.Imports {
		imported, _ := strconv.Unquote(spec.Path.Value) // the parser has checked it
		complaint := ""
		switch {
		case inThisModule(imported):
			imported = relative(imported)
			complaint = r.moduleComplaint(imported)
		case inStandardLibrary(imported):
			complaint = r.standardComplaint(imported)
		default:
			complaint = r.thirdPartyComplaint(imported, dir)
		}
		if complaint != "" {
			report(spec.Pos(), "imports %s %s", imported, complaint)
		}
	}
}

func (r rule) moduleComplaint(imported string) string {
	if matchAny(r.module, imported) {
		return ""
	}
	return fmt.Sprintf("(of this module it may import %s; move the code, or argue for the arrow in deps_test.go)", list(r.module))
}

func (r rule) standardComplaint(imported string) string {
	switch {
	case match("testing/...", imported) && !r.testing:
		return "(only test kits do; move the helper to servicetest, layertest or tasktest)"
	case matchAny(r.forbid, imported):
		return "(its row in deps_test.go forbids it; do without)"
	}
	return ""
}

func (r rule) thirdPartyComplaint(imported, dir string) string {
	for pattern, owners := range exclusive {
		if match(pattern, imported) && !slices.Contains(owners, dir) {
			return fmt.Sprintf("(only %s does; use what %[1]s exports)", owners[0])
		}
	}
	if matchAny(r.thirdParty, imported) {
		return ""
	}
	return fmt.Sprintf("(of other modules it may import %s; use the standard library, or argue for the dependency in deps_test.go)", list(r.thirdParty))
}

func list(paths []string) string {
	if len(paths) == 0 {
		return "nothing"
	}
	return strings.Join(paths, ", ")
}

// checkGoroutines reports go statements and calls of a method Go, as
// sync.WaitGroup and errgroup.Group have it. A function Go of an imported package
// passes: its own package answers for it.
func checkGoroutines(file *ast.File, report reporter) {
	imports := make(map[string]bool)
	for _, spec := range file.Imports {
		imported, _ := strconv.Unquote(spec.Path.Value)
		imports[path.Base(imported)] = true
		if spec.Name != nil {
			imports[spec.Name.Name] = true
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		starts := false
		switch n := n.(type) {
		case *ast.GoStmt:
			starts = true
		case *ast.CallExpr:
			if sel, ok := n.Fun.(*ast.SelectorExpr); ok && sel.Sel.Name == "Go" {
				x, isName := sel.X.(*ast.Ident)
				starts = !isName || !imports[x.Name]
			}
		}
		if starts {
			report(n.Pos(), "starts a goroutine (start it in internal/supervise, which joins it)")
		}
		return true
	})
}

// ruleFor returns the exact row for dir, else that of the longest pattern.
func ruleFor(dir string) (rule, bool) {
	if r, ok := arrows[dir]; ok {
		return r, true
	}
	best := ""
	for pattern := range arrows {
		if match(pattern, dir) && len(pattern) > len(best) {
			best = pattern
		}
	}
	return arrows[best], best != ""
}

func matchAny(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return match(p, name) })
}

func match(pattern, name string) bool {
	if pattern == "..." {
		return true
	}
	prefix, tree := strings.CutSuffix(pattern, "/...")
	return name == prefix || tree && strings.HasPrefix(name, prefix+"/")
}

func inThisModule(imported string) bool { return match(modulePath+"/...", imported) }

// inStandardLibrary relies on the rule that the paths of all other modules begin
// with a host name.
func inStandardLibrary(imported string) bool {
	first, _, _ := strings.Cut(imported, "/")
	return !strings.Contains(first, ".")
}

// relative turns an import path of this module into its directory.
func relative(imported string) string {
	return path.Clean("./" + strings.TrimPrefix(imported, modulePath))
}

func shippedFile(name string) bool {
	return strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go")
}

// ignoredDir tells the directories that the go command leaves out of "./...".
func ignoredDir(name string) bool {
	base := path.Base(name)
	return base == "testdata" || base == "vendor" || name != "." && (base[0] == '.' || base[0] == '_')
}

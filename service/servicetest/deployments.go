package servicetest

import (
	"bytes"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/wiring"
)

// updateEnv is the environment variable that stands for the flag -update.
const updateEnv = "SERVICETEST_UPDATE"

// Deployments checks all deployments of a binary, each in a subtest of its name: its
// graph verifies, and consists of what testdata/deployments/<name>.golden says. These
// files list the layers of a deployment, what each provides, and its tasks, so that a
// change of one deployment, or of all, shows in review.
//
// The files are written instead of compared if the environment variable
// SERVICETEST_UPDATE is set to 1, or if the test binary has a flag -update that is
// set. This package does not define the flag, which would clash with a test that does:
//
//	var _ = flag.Bool("update", false, "rewrite golden files")
//
// Nothing is built, so that the test needs none of what the deployments connect to.
func Deployments(t *testing.T, deployments map[string]func() *service.Builder) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(deployments)) {
		t.Run(name, func(t *testing.T) {
			b := deployments[name]()
			if b == nil {
				t.Fatal("the deployment is a nil builder")
			}
			svc := verify(t, b)
			compare(t, filepath.Join("testdata", "deployments", name+".golden"), consists(svc.Graph()))
		})
	}
}

// consists lists what a graph consists of.
func consists(g *wiring.Graph) string {
	var text strings.Builder
	for _, l := range g.Layers {
		if isService(g, l) {
			continue
		}
		fmt.Fprintf(&text, "layer %s", l.Name)
		if l.Bundle != "" {
			fmt.Fprintf(&text, " (bundle %s)", l.Bundle)
		}
		text.WriteString("\n")
		for _, c := range g.Constructors {
			if c.Layer == l.Name {
				writeConstructor(&text, g, c)
			}
		}
	}
	return text.String()
}

// isService reports whether the layer is what every service brings along.
func isService(g *wiring.Graph, l wiring.GraphLayer) bool {
	return l.Name == "service" && !slices.ContainsFunc(g.Constructors, func(c wiring.GraphConstructor) bool {
		return c.Layer == l.Name && !c.Default
	})
}

func writeConstructor(text *strings.Builder, g *wiring.Graph, c wiring.GraphConstructor) {
	remark := ""
	if c.Default {
		remark = " by default"
	}
	if !c.Used {
		remark += ", which nothing needs"
	}
	if c.Kind == "invoke" {
		fmt.Fprintf(text, "  invokes %s\n", c.Function)
	}
	for _, e := range g.Edges {
		if e.To == c.ID {
			fmt.Fprintf(text, "  provides %s%s\n", label(g, e.From), remark)
		}
	}
	for _, t := range g.Tasks {
		if t.Constructor == c.ID {
			fmt.Fprintf(text, "  runs %s\n", c.Function)
		}
	}
}

func label(g *wiring.Graph, resource string) string {
	i := slices.IndexFunc(g.Resources, func(r wiring.GraphResource) bool { return r.ID == resource })
	return g.Resources[i].Label
}

// compare compares a text with a golden file, or writes the file.
func compare(t testing.TB, file, got string) {
	t.Helper()
	if updating() {
		if err := write(file, got); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	want = bytes.ReplaceAll(want, []byte("\r\n"), []byte("\n")) // a checkout on Windows
	switch {
	case os.IsNotExist(err):
		t.Fatalf("there is no record of the deployment in %s\n(%s)", file, howToUpdate())
	case err != nil:
		t.Fatal(err)
	case string(want) != got:
		t.Fatalf("the deployment has changed (- %s, + now)%s\n(if that is meant, %s)", file, diff(string(want), got), howToUpdate())
	}
}

func write(file, text string) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, []byte(text), 0o644)
}

func updating() bool {
	if set := os.Getenv(updateEnv); set != "" && set != "0" {
		return true
	}
	f := flag.Lookup("update")
	return f != nil && f.Value.String() == "true"
}

func howToUpdate() string {
	if flag.Lookup("update") != nil {
		return "run the test with -update to write it, and commit it"
	}
	return "run the test with " + updateEnv + "=1 to write it, and commit it"
}

// diff shows the lines that two texts do not share, below a line of text.
func diff(want, got string) string {
	a, b := strings.Split(strings.TrimSuffix(want, "\n"), "\n"), strings.Split(strings.TrimSuffix(got, "\n"), "\n")
	// common[i][j] is the length of the longest common subsequence of a[i:] and b[j:].
	common := make([][]int, len(a)+1)
	for i := range common {
		common[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				common[i][j] = common[i+1][j+1] + 1
			} else {
				common[i][j] = max(common[i+1][j], common[i][j+1])
			}
		}
	}
	var text strings.Builder
	layer := "" // the last heading that both have, until it is shown
	show := func(sign, line string) {
		if layer != "" && strings.HasPrefix(line, " ") {
			text.WriteString("\n    " + layer)
		}
		layer = ""
		text.WriteString("\n  " + sign + " " + line)
	}
	for i, j := 0, 0; i < len(a) || j < len(b); {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			if !strings.HasPrefix(a[i], " ") {
				layer = a[i]
			}
			i, j = i+1, j+1
		case i < len(a) && (j == len(b) || common[i+1][j] >= common[i][j+1]):
			show("-", a[i])
			i++
		default:
			show("+", b[j])
			j++
		}
	}
	return text.String()
}

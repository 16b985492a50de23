//go:build unix

package pgtest

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
)

// requireServers is the environment variable that forbids to skip.
const requireServers = "WIREFRAMEWORK_REQUIRE_SERVERS"

// binaries returns the directory of initdb and postgres. Without one, the test is
// skipped, or fails.
func binaries(t testing.TB) string {
	t.Helper()
	if dir, ok := findBinaries(); ok {
		return dir
	}
	const text = "PostgreSQL is not installed: neither PATH nor /usr/lib/postgresql/*/bin has initdb and postgres (Debian: apt-get install postgresql)"
	if os.Getenv(requireServers) == "1" {
		t.Fatal(text + "; " + requireServers + "=1 forbids to skip")
	}
	t.Skip(text)
	return ""
}

func findBinaries() (dir string, ok bool) {
	if path, err := exec.LookPath("initdb"); err == nil && hasBinaries(filepath.Dir(path)) {
		return filepath.Dir(path), true
	}
	dirs, _ := filepath.Glob("/usr/lib/postgresql/*/bin") // the pattern is good
	dirs = slices.DeleteFunc(dirs, func(dir string) bool { return !hasBinaries(dir) })
	if len(dirs) == 0 {
		return "", false
	}
	return slices.MaxFunc(dirs, func(a, b string) int { return version(a) - version(b) }), true
}

func hasBinaries(dir string) bool {
	for _, name := range []string{"initdb", "postgres"} {
		if _, err := exec.LookPath(filepath.Join(dir, name)); err != nil {
			return false
		}
	}
	return true
}

// version returns the 15 of /usr/lib/postgresql/15/bin.
func version(dir string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(dir))) // what is no number comes last
	return n
}

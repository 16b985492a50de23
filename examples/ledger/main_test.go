//go:build unix

package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/wireframework/wireframework/layers/postgres/pgtest"
)

// servicetest.Deployments rewrites its files if this is set.
var _ = flag.Bool("update", false, "rewrite golden files")

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		pgtest.StopShared()
		if binaries != "" {
			_ = os.RemoveAll(binaries) // the system will
		}
		os.Exit(code)
	}))
}

// binaries is a directory for the program, as soon as there is one.
var binaries string

// program returns the program, which is built for the first test that asks for it.
func program(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("starts processes, which -short leaves out")
	}
	path, err := built()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

var built = sync.OnceValues(func() (path string, err error) {
	if binaries, err = os.MkdirTemp("", "ledger-test-"); err != nil {
		return "", err
	}
	return build("ledger")
})

// build builds the program under a name.
func build(name string, flags ...string) (path string, err error) {
	path = filepath.Join(binaries, name)
	args := append([]string{"build", "-buildvcs=false", "-o", path}, flags...)
	out, err := exec.Command("go", append(args, ".")...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return path, nil
}

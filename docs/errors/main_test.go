package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The test with a mistake fails, and is run only to see how.
func TestMain(m *testing.M) {
	flag.Parse()
	if os.Getenv(variable) == "" {
		_ = flag.Set("test.skip", "^"+override.test+"$")
	}
	os.Exit(m.Run())
}

// made makes all mistakes, once for all tests. In a test the functions of a program have
// other names, so it is the program that makes them.
var made = sync.OnceValues(func() ([]entry, error) {
	dir, err := os.MkdirTemp("", "errors")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	program := filepath.Join(dir, "errors")
	build := exec.Command("go", "build", "-o", program, ".")
	build.Env = append(os.Environ(), "GOWORK=off")
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w: %s", err, out)
	}
	return makeAll(context.Background(), program, ".")
})

func TestThePageIsWhatTheMistakesSay(t *testing.T) {
	entries, err := made()
	require.NoError(t, err)
	want, err := page(entries)
	require.NoError(t, err)
	got, err := os.ReadFile("../errors.md")
	require.NoError(t, err)

	assert.Equal(t, want, string(got), "run "+command+" in the root of the repository, and read the difference")
}

var headline = regexp.MustCompile(`^(node: wiring: \d+ |--- FAIL|\s+\w+_test\.go:\d+: the graph does not verify)`)

// firstLines returns the first two lines below the headline.
func firstLines(text string) string {
	lines := strings.Split(text, "\n")
	for len(lines) > 0 && headline.MatchString(lines[0]) {
		lines = lines[1:]
	}
	return strings.Join(lines[:min(2, len(lines))], "\n")
}

func TestTheFirstTwoLinesNameTheCulpritThePlaceAndTheNextStep(t *testing.T) {
	entries, err := made()
	require.NoError(t, err)
	for _, e := range entries {
		t.Run(e.name, func(t *testing.T) {
			lines := firstLines(e.main.text)
			for what, text := range map[string]string{"culprit": e.want.culprit, "place": e.want.place, "next step": e.want.next} {
				require.NotEmpty(t, text)
				assert.Contains(t, lines, text, "the "+what)
			}
		})
	}
}

func TestNoTextIsOfThisMachine(t *testing.T) {
	entries, err := made()
	require.NoError(t, err)
	here, err := os.Getwd()
	require.NoError(t, err)
	home, err := os.UserHomeDir()
	require.NoError(t, err)
	text, err := page(entries)
	require.NoError(t, err)

	assert.NotContains(t, text, filepath.Dir(filepath.Dir(here)))
	assert.NotContains(t, text, home+"/")
	assert.NotContains(t, text, "/pkg/mod/")
	assert.NotRegexp(t, `0x[0-9a-f]`, text)
	assert.NotRegexp(t, `goroutine \d`, text)
}

func TestEveryMistakeIsMadeOnce(t *testing.T) {
	require.Len(t, mistakes, 20)
	seen := make(map[string]bool)
	for _, m := range mistakes {
		assert.False(t, seen[m.name], m.name)
		seen[m.name] = true
		assert.Equal(t, m.test == "", m.node != nil, m.name)
		for _, p := range []peer{m.fx, m.dig} {
			assert.True(t, p.run != nil || p.note != "", "%s: says nothing of another framework", m.name)
		}
	}
}

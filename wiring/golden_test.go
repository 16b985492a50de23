package wiring_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/wiring"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares text with a file under testdata.
func golden(t *testing.T, name, text string) {
	t.Helper()
	file := filepath.Join("testdata", filepath.FromSlash(name))
	if *update {
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err, "run go test ./wiring -update")
	assert.Equal(t, string(want), text, "run go test ./wiring -update, and read the difference")
}

// fileName turns the sentence that names a case into the name of a file.
func fileName(sentence string) string {
	words := strings.FieldsFunc(strings.ToLower(sentence), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
	return strings.Join(words, "-")
}

// goldenError compares both forms of an error with testdata/errors/<name>.txt.
func goldenError(t *testing.T, err error) {
	t.Helper()
	require.Error(t, err)
	_, name, _ := strings.Cut(t.Name(), "/")
	assert.Equal(t, err.Error(), fmt.Sprintf("%v", err))
	assertStyle(t, err.Error())
	short, long := scrub(err.Error()), scrub(fmt.Sprintf("%+v", err))
	golden(t, "errors/"+fileName(strings.ReplaceAll(name, "_", " "))+".txt",
		"%v\n\n"+short+"\n\n%+v\n\n"+long+"\n")
}

var (
	closure = regexp.MustCompile(`(Test\w+)\.func[0-9.]+`)
	number  = regexp.MustCompile(`(_test\.go):\d+`)
	stack   = regexp.MustCompile(`(?m)^( +)goroutine \d+ \[running\]:\n(?: {6}.*\n?)+`)
)

// scrub replaces stacks, which differ from machine to machine, and what changes with
// every edit of these tests: lines, and numbers of closures. TestSource is about them.
func scrub(text string) string {
	text = closure.ReplaceAllString(text, "$1.func")
	text = number.ReplaceAllString(text, "$1:N")
	return strings.TrimSuffix(stack.ReplaceAllString(text, "${1}(stack)\n"), "\n")
}

// assertStyle checks what the texts of all errors have in common.
func assertStyle(t *testing.T, text string) {
	t.Helper()
	assert.NotContains(t, text, "failed to")
	assert.NotContains(t, text, "%!")
	assert.NotContains(t, text, "makeFuncStub")
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		assert.NotRegexp(t, `\.$`, line, "a full stop")
		assert.NotRegexp(t, `\s$`, line, "space at the end")
		assert.NotRegexp(t, `^\s*[A-Z][a-z]+ (?:is|has|needs)`, line, "a capital letter")
	}
}

// mistake is a case of a table of wiring mistakes.
type mistake struct {
	name   string
	layers []wiring.Layer
	edit   func(*wiring.Assembly) // optional
}

func (m mistake) verify() error {
	a := assemble(m.layers...)
	if m.edit != nil {
		m.edit(a)
	}
	_, err := a.Verify()
	return err
}

func testMistakes(t *testing.T, mistakes []mistake) {
	t.Helper()
	for _, m := range mistakes {
		t.Run(m.name, func(t *testing.T) { goldenError(t, m.verify()) })
	}
}

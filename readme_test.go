package wireframework_test

import (
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var goBlock = regexp.MustCompile("(?s)```go\n(.*?)```\n")

// Whatever Go code the README shows stands in a file that compiles and is tested.
func TestTheCodeOfTheREADMEIsCodeOfTheExamples(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	blocks := goBlock.FindAllSubmatch(readme, -1)
	require.NotEmpty(t, blocks)

	var sources []string
	require.NoError(t, fs.WalkDir(os.DirFS("examples"), ".", func(name string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(name, ".go") {
			return err
		}
		source, err := os.ReadFile("examples/" + name)
		sources = append(sources, string(source))
		return err
	}))
	all := strings.Join(sources, "\x00")
	for _, block := range blocks {
		code := string(block[1])
		assert.True(t, strings.Contains(all, code), "no file below examples holds this code of README.md:\n%s", code)
	}

	assert.LessOrEqual(t, strings.Count(string(blocks[0][1]), "\n"), 40, "the first node of the README is to fit into 40 lines")
}

func TestTheREADMEListsEveryModuleOfALayer(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	modules, err := fs.Glob(os.DirFS("."), "layers/*/go.mod")
	require.NoError(t, err)
	require.NotEmpty(t, modules)

	for _, m := range modules {
		dir := strings.TrimSuffix(m, "/go.mod")
		line := regexp.MustCompile(`(?m)^\t\S+/` + dir + ` => \S+/` + dir + `$`)
		assert.Regexp(t, line, string(readme), "its line for the go.mod of who uses it")
	}
}

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

package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/service/servicetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestNodeAnswersAboutWhatItHasRead(t *testing.T) {
	const text = "Disk full\ndisk is fine, disk!\n"
	file := filepath.Join(t.TempDir(), "input.txt")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	tests := []struct {
		name  string
		stdin string
		args  []string
	}{
		{name: "standard input, kept in memory", stdin: text},
		{name: "standard input, kept in a file", stdin: text, args: []string{"-dir", t.TempDir()}},
		{name: "a file, kept in memory", stdin: "not read", args: []string{"-input", file}},
		{name: "a file, kept in a file", stdin: "not read", args: []string{"-input", file, "-dir", t.TempDir()}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := start(t, strings.NewReader(tt.stdin), tt.args...)
			p.stdout.await(t, `end of input, lines read: 2; still serving`)

			assert.JSONEq(t, `{"lines": 2, "words": 6, "different": 4}`, p.get(t, "/counts"))
			assert.JSONEq(t, `{"number": 1, "text": "Disk full"}`, p.get(t, "/lines/1"))
			assert.JSONEq(t, `{"word": "disk", "count": 3, "lines": [1, 2]}`, p.get(t, "/words/disk"))

			assert.NoError(t, p.stop())
			assert.Contains(t, p.stdout.text(), "stopping when open requests have ended\n")
		})
	}
}

func TestFileStoreRemembersTheLastRun(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made", "by", "the", "node")

	p := start(t, strings.NewReader("one\ntwo\n"), "-dir", dir)
	p.stdout.await(t, `lines read: 2`)
	require.NoError(t, p.stop())
	p = start(t, strings.NewReader("three\n"), "-dir", dir)
	p.stdout.await(t, `lines read: 1`)

	assert.JSONEq(t, `{"number": 2, "text": "two"}`, p.get(t, "/lines/2"))
	assert.JSONEq(t, `{"number": 3, "text": "three"}`, p.get(t, "/lines/3"))
}

func TestStopDoesNotWaitForTheInput(t *testing.T) {
	t.Run("a pipe of the operating system, whose read is interrupted", func(t *testing.T) {
		input, writer, err := os.Pipe()
		require.NoError(t, err)
		defer writer.Close()
		defer input.Close()

		p := start(t, input)
		_, err = writer.WriteString("one\nhalf a li")
		require.NoError(t, err)
		p.stdout.await(t, `progress: lines 1,`)

		assert.NoError(t, p.stop())
		goleak.VerifyNone(t)
	})
	t.Run("any other reader, whose read stays behind", func(t *testing.T) {
		input, writer := io.Pipe()
		defer writer.Close()

		p := start(t, input)
		_, err := io.WriteString(writer, "one\n")
		require.NoError(t, err)
		p.stdout.await(t, `progress: lines 1,`)

		assert.NoError(t, p.stop())
	})
}

func TestHooksCloseWhatWasOpened(t *testing.T) {
	input := filepath.Join(t.TempDir(), "input.txt")
	require.NoError(t, os.WriteFile(input, nil, 0o600))
	observed := func(input string, hooks *[]string) *service.Builder {
		c := parse([]string{"-dir", t.TempDir(), "-input", input})
		return node(c, nil, io.Discard, nil).Clone(service.Observe(func(ev service.Event) {
			if hook, ok := ev.(service.HookFinished); ok {
				assert.NoError(t, hook.Err)
				*hooks = append(*hooks, hook.Name)
			}
		}))
	}

	t.Run("after a run", func(t *testing.T) {
		var (
			hooks []string
			store *fileStore
		)
		n := servicetest.Start(t, observed(input, &hooks), servicetest.Populate(&store))
		require.True(t, store.isOpen())

		require.NoError(t, n.Stop())

		assert.Equal(t, []string{"close-listener", "close-input", "close-store"}, hooks)
		assert.False(t, store.isOpen())
	})
	t.Run("after a layer has failed", func(t *testing.T) {
		var hooks []string
		s, err := observed(input+".missing", &hooks).Build()
		require.NoError(t, err)

		require.ErrorIs(t, s.Run(t.Context()), os.ErrNotExist)

		assert.Equal(t, []string{"close-listener", "close-store"}, hooks)
	})
}

func TestEveryDeploymentVerifies(t *testing.T) {
	for _, store := range []string{"memory", "file"} {
		t.Run(store, func(t *testing.T) {
			c := parse([]string{"-store", store, "-dir", "does/not/exist", "-input", "neither"})
			servicetest.Verify(t, node(c, nil, nil, nil))
		})
	}
}

func TestMistakesInTheConfigurationNameTheLayer(t *testing.T) {
	tests := []struct {
		name string
		args []string
		want string
	}{
		{
			name: "a store that does not exist",
			args: []string{"-store", "tape"},
			want: `layer "store": unknown store "tape" (known: "file", "memory")`,
		},
		{
			name: "a file store without a directory",
			args: []string{"-store", "file"},
			want: `layer "storage": the file store needs a directory (add -dir)`,
		},
		{
			name: "an interval of zero",
			args: []string{"-every", "0s"},
			want: `layer "progress": interval 0s is not positive (change -every)`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := run(t.Context(), tt.args, nil, nil)

			assert.ErrorContains(t, err, tt.want)
		})
	}
}

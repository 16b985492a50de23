package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestScrub(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{
			name: "a file of this directory",
			text: `"main".newPool (/home/x/wf/docs/errors/parts.go:28)`,
			want: `"main".newPool (errors/parts.go:28)`,
		},
		{
			name: "a file of this directory, built with -trimpath",
			text: `(github.com/wireframework/wireframework/docs/errors/parts.go:28)`,
			want: `(errors/parts.go:28)`,
		},
		{
			name: "a file of another module",
			text: "at /home/x/go/pkg/mod/go.uber.org/fx@v1.24.0/app.go:512 or so",
			want: "at go.uber.org/fx@v1.24.0/app.go:N or so",
		},
		{
			name: "short places",
			text: "newPool (errors/parts.go:28), registered at main/missing.go:19; newServer (httpserver/layer.go:73)",
			want: "newPool (errors/parts.go:28), registered at main/missing.go:19; newServer (httpserver/layer.go:N)",
		},
		{
			name: "numbers of one run",
			text: "listen 127.0.0.1:40123: goroutine 17 has 0xc000012\n[signal SIGSEGV: code=0x1]\nend\n",
			want: "listen 127.0.0.1:8080: goroutine N has 0x...\nend",
		},
		{
			name: "the end of a test",
			text: "--- FAIL: TestX (0.03s)\n    x_test.go:9: no\nFAIL\nFAIL\texample.com/x\t0.034s\nFAIL\n",
			want: "--- FAIL: TestX (0.00s)\n    x_test.go:9: no",
		},
		{
			name: "a stack",
			text: "goroutine 7 [running]:\n" +
				"panic({0x1, 0x2})\n\t/usr/lib/go/src/runtime/panic.go:783 +0x132\n" +
				"main.(*cache).warmUp(0xc00001?, {0x1, 0x2})\n\t/x/docs/errors/taskpanic.go:19 +0x2a\n" +
				"main.makeMistake(...)\n\t/x/docs/errors/child.go:52\n" +
				"main.main()\n\t/x/docs/errors/main.go:16 +0x2a\n",
			want: "goroutine N [running]:\n...\nmain.(*cache).warmUp(...)\n\terrors/taskpanic.go:19\n...",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { assert.Equal(t, tt.want, scrub(tt.text)) })
	}
}

func TestAnchor(t *testing.T) {
	assert.Equal(t, "3-t-for-t", anchor("3. T for *T"))
	assert.Equal(t, "9-two-constructors-fail-independently", anchor("9. Two constructors fail, independently"))
}

func TestSnippetIsWhatStandsBetweenTheImportsAndTheMistake(t *testing.T) {
	code, err := snippet("pointer.go")
	require.NoError(t, err)
	assert.Regexp(t, `(?s)^func newBackup\(config\).*func pointerNode\(\).*\}$`, code)
	assert.NotContains(t, code, "mistake{")

	_, err = snippet("nothing.go")
	require.Error(t, err)
}

func TestALongTextIsCut(t *testing.T) {
	lines := ""
	for range maxLines + 3 {
		lines += "x\n"
	}
	assert.Contains(t, block(lines+"end"), "x\n(4 more lines)\n```\n")
	assert.NotContains(t, block("x"), "more")
	assert.Empty(t, block(""))
}

package goroutine_test

import (
	"context"
	"runtime/pprof"
	"strings"
	"testing"

	"github.com/wireframework/wireframework/internal/goroutine"
)

// FuzzLabel labels a goroutine with any value and looks for its stack.
func FuzzLabel(f *testing.F) {
	for _, value := range []string{
		"plain", "", "two words", `a "quote"`, "new\n\nline", `{"task":"x"}`, `", "task":"y`, "\x00", "\xff", "é", "\u2028", `\`, `\"`, "# labels: {", "}",
	} {
		f.Add("task", value)
		f.Add("layer", value)
		f.Add(value, "value")
	}
	f.Fuzz(func(t *testing.T, key, value string) {
		if strings.HasPrefix(key, "other") {
			return
		}
		release, ready, gone := make(chan struct{}), make(chan struct{}), make(chan struct{})
		labels := pprof.Labels("other-1", value, key, value, "other-2", key)
		go pprof.Do(context.Background(), labels, func(context.Context) {
			defer close(gone)
			close(ready)
			<-release
		})
		<-ready
		stack := ""
		for block := range goroutine.Blocks() {
			if got, ok := block.Label(key); ok && got == value {
				stack += block.Stack()
			}
		}
		close(release)
		<-gone
		if !strings.Contains(stack, "FuzzLabel") {
			t.Errorf("the stack of the goroutine labelled %q:%q is %q", key, value, stack)
		}
	})
}

// FuzzBlock reads anything as a block of the profile.
func FuzzBlock(f *testing.F) {
	const block = "2 @ 0x1 0x2\n# labels: {\"layer\":\"storage\", \"task\":\"sealer\"}\n#\t0x4c57f5\tmain.loop+0x1f\t/src/main.go:42\n"
	for i := 0; i <= len(block); i += 3 {
		f.Add(block[:i], "task")
		f.Add(block[i:], "task")
	}
	f.Add(block, "layer")
	f.Add(block, "none")
	f.Add("\n# labels: {\"a\":\"b\", \"a\":\"c\"}", "a")
	f.Add("\n# labels: {'a':\"b\"}", "a")
	f.Add("#\t\t\t\t\n#\t+0x+0x\t \t \t", "")
	f.Fuzz(func(t *testing.T, text, key string) {
		b := goroutine.Block(text)
		if value, ok := b.Label(key); !ok && value != "" {
			t.Errorf("no label %q, but the value %q", key, value)
		}
		_ = b.Goroutines()
		for line := range strings.Lines(b.Stack()) {
			if !strings.HasPrefix(line, "\t") || !strings.HasSuffix(line, "\n") {
				t.Errorf("this is no line of a stack: %q", line)
			}
		}
	})
}

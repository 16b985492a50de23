package supervise

import (
	"context"
	"runtime/pprof"
	"strings"
	"testing"
)

// FuzzStacksLabel labels a goroutine with any value and looks for its stack.
func FuzzStacksLabel(f *testing.F) {
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
		stack, ok := Stacks(key)[value]
		close(release)
		<-gone
		if !ok || !strings.Contains(stack, "FuzzStacksLabel") {
			t.Errorf("the stack of the goroutine labelled %q:%q is %q", key, value, stack)
		}
	})
}

// FuzzStacksText reads anything as a block of the profile.
func FuzzStacksText(f *testing.F) {
	const block = "goroutine profile: total 3\n2 @ 0x1 0x2\n# labels: {\"layer\":\"storage\", \"task\":\"sealer\"}\n#\t0x4c57f5\tmain.loop+0x1f\t/src/main.go:42\n"
	for i := 0; i <= len(block); i += 3 {
		f.Add(block[:i], "task")
		f.Add(block[i:], "task")
	}
	f.Add(block, "layer")
	f.Add(block, "none")
	f.Add("\n# labels: {\"a\":\"b\", \"a\":\"c\"}", "a")
	f.Add("\n# labels: {'a':\"b\"}", "a")
	f.Add("#\t\t\t\t\n#\t+0x+0x\t \t \t", "")
	f.Fuzz(func(t *testing.T, block, key string) {
		value, ok := labelValue(block, key)
		if !ok && value != "" {
			t.Errorf("no label %q, but the value %q", key, value)
		}
		text := formatBlock(block)
		head, frames, _ := strings.Cut(text, "\n")
		if !strings.HasSuffix(head, " goroutine:") && !strings.HasSuffix(head, " goroutines:") {
			t.Errorf("the head is %q", head)
		}
		for frame := range strings.Lines(frames) {
			if !strings.HasPrefix(frame, "\t") || !strings.HasSuffix(frame, "\n") {
				t.Errorf("this is no line of a stack: %q", frame)
			}
		}
	})
}

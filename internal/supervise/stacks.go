package supervise

import (
	"bytes"
	"fmt"
	"runtime/pprof"
	"strconv"
	"strings"
)

// Stacks returns the stacks of all goroutines that carry the pprof label key, by
// its value. It reads the goroutine profile, the only place where the runtime
// tells labels, also those that a goroutine inherited from the one that started
// it. It stops the world for a moment.
func Stacks(key string) map[string]string {
	var profile bytes.Buffer
	if err := pprof.Lookup("goroutine").WriteTo(&profile, 1); err != nil {
		return nil // a bytes.Buffer does not fail
	}
	stacks := make(map[string]string)
	for block := range strings.SplitSeq(profile.String(), "\n\n") {
		if value, ok := labelValue(block, key); ok {
			stacks[value] += formatBlock(block)
		}
	}
	return stacks
}

// labelValue finds a label in a block of the profile; its line of labels reads
//
//	# labels: {"layer":"storage", "task":"sealer"}
func labelValue(block, key string) (string, bool) {
	_, rest, ok := strings.Cut(block, "\n# labels: {")
	for ok {
		var k, v string
		k, rest, _ = unquotePrefix(rest) // if there is no key, there is no value either
		if v, rest, ok = unquotePrefix(strings.TrimPrefix(rest, ":")); !ok {
			break
		}
		if k == key {
			return v, true
		}
		rest, ok = strings.CutPrefix(rest, ", ")
	}
	return "", false
}

func unquotePrefix(s string) (value, rest string, ok bool) {
	quoted, err := strconv.QuotedPrefix(s)
	if err != nil {
		return "", s, false
	}
	value, err = strconv.Unquote(quoted)
	return value, s[len(quoted):], err == nil
}

// formatBlock turns a block of the profile into the usual shape of a stack. Its
// first line is the number of goroutines and their program counters, its stack
// lines read
//
//	#	0x4c57f5	main.loop+0x1f	/src/main.go:42
func formatBlock(block string) string {
	count, _, _ := strings.Cut(strings.TrimLeft(block, "\n"), " @ ")
	if i := strings.LastIndexByte(count, '\n'); i >= 0 {
		count = count[i+1:] // the head of the profile stands before its first block
	}
	var out strings.Builder
	if count == "1" {
		out.WriteString("1 goroutine:\n")
	} else {
		fmt.Fprintf(&out, "%s goroutines:\n", count)
	}
	for line := range strings.Lines(block) {
		if !strings.HasPrefix(line, "#\t") {
			continue
		}
		fields := strings.Fields(line)
		if len(fields) < 4 {
			continue
		}
		function := fields[2]
		if i := strings.LastIndex(function, "+0x"); i >= 0 {
			function = function[:i]
		}
		fmt.Fprintf(&out, "\t%s\n\t\t%s\n", function, strings.Join(fields[3:], " "))
	}
	return out.String()
}

package debug

import (
	"bytes"
	"runtime/pprof"
	"strconv"
	"strings"
)

// stack is where some goroutines are.
type stack struct {
	Goroutines int     `json:"goroutines"`
	Frames     []frame `json:"frames"` // innermost first
}

type frame struct {
	Function string `json:"function"`
	Location string `json:"location"` // file and line
}

// stacksByTask returns the stacks of all goroutines by their label "task"; those without
// one are under the empty string. The text of the goroutine profile is the only place
// where the runtime tells labels to the process itself.
func stacksByTask() map[string][]stack {
	var profile bytes.Buffer
	_ = pprof.Lookup("goroutine").WriteTo(&profile, 1)  // a bytes.Buffer does not fail
	_, blocks, _ := strings.Cut(profile.String(), "\n") // the first line is the total
	stacks := make(map[string][]stack)
	for block := range strings.SplitSeq(blocks, "\n\n") {
		if task, s, ok := parseBlock(block); ok {
			stacks[task] = append(stacks[task], s)
		}
	}
	return stacks
}

// parseBlock reads a block of the profile, such as
//
//	2 @ 0x4397ee 0x4c57f5
//	# labels: {"layer":"storage", "task":"sealer"}
//	#	0x4c57f5	main.loop+0x1f	/src/main.go:42
func parseBlock(block string) (task string, s stack, ok bool) {
	count, _, _ := strings.Cut(strings.TrimLeft(block, "\n"), " @ ")
	goroutines, err := strconv.Atoi(count)
	if err != nil {
		return "", stack{}, false
	}
	s = stack{Goroutines: goroutines, Frames: []frame{}} // a goroutine that begins has no frames
	for line := range strings.Lines(block) {
		if labels, isLabels := strings.CutPrefix(line, "# labels: {"); isLabels {
			task = label(labels, "task")
		}
		if cells := cellsOf(line); len(cells) == 4 && cells[0] == "#" {
			s.Frames = append(s.Frames, frame{function(cells[2]), cells[3]})
		}
	}
	return task, s, true
}

// cellsOf splits a line at the tabs, any number of which stand between two cells.
func cellsOf(line string) []string {
	return strings.FieldsFunc(line, func(r rune) bool { return r == '\t' || r == '\n' })
}

// function takes the offset from "main.loop+0x1f".
func function(symbol string) string {
	if i := strings.LastIndex(symbol, "+0x"); i >= 0 {
		return symbol[:i]
	}
	return symbol
}

// label finds the value of a label in `"layer":"storage", "task":"sealer"}`, where keys
// and values are quoted as in Go.
func label(labels, key string) string {
	for labels != "" {
		k, rest, ok := cutQuoted(labels)
		v, rest, ok2 := cutQuoted(strings.TrimPrefix(rest, ":"))
		if !ok || !ok2 {
			return ""
		}
		if k == key {
			return v
		}
		labels = strings.TrimPrefix(rest, ", ")
	}
	return ""
}

func cutQuoted(s string) (value, rest string, ok bool) {
	quoted, err := strconv.QuotedPrefix(s)
	if err != nil {
		return "", s, false
	}
	value, err = strconv.Unquote(quoted)
	return value, s[len(quoted):], err == nil
}

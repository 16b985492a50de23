// Package goroutine reads the goroutine profile of the process, which tells what every
// goroutine does and what labels it has.
package goroutine

import (
	"bytes"
	"iter"
	"runtime/pprof"
	"strconv"
	"strings"
)

// Block is a part of the profile: goroutines with one stack and one set of labels, such
// as
//
//	2 @ 0x4397ee 0x4c57f5
//	# labels: {"layer":"storage", "task":"sealer"}
//	#	0x4c57f5	main.loop+0x1f	/src/main.go:42
type Block string

// Frame is a call on a stack.
type Frame struct {
	Function string `json:"function"`
	Location string `json:"location"` // file and line
}

// Blocks reads the profile. Its text is the only place where the runtime tells labels to
// the program itself. The runtime stops the program for a moment to make it.
func Blocks() iter.Seq[Block] {
	var profile bytes.Buffer
	_ = pprof.Lookup("goroutine").WriteTo(&profile, 1) // a bytes.Buffer does not fail
	_, text, _ := strings.Cut(profile.String(), "\n")  // the first line is the total
	return func(yield func(Block) bool) {
		for b := range strings.SplitSeq(text, "\n\n") {
			if !yield(Block(strings.TrimLeft(b, "\n"))) {
				return
			}
		}
	}
}

// Goroutines returns how many there are; what is no block has none.
func (b Block) Goroutines() int {
	count, _, _ := strings.Cut(string(b), " @ ")
	n, _ := strconv.Atoi(count)
	return n
}

// Label returns the value of a label, if the goroutines have it.
func (b Block) Label(key string) (value string, ok bool) {
	for k, v := range b.Labels() {
		if k == key {
			return v, true
		}
	}
	return "", false
}

// Labels returns the labels in the order of their keys.
func (b Block) Labels() iter.Seq2[string, string] {
	return func(yield func(key, value string) bool) {
		_, labels, _ := strings.Cut(string(b), "\n# labels: {")
		for {
			key, rest, ok := cutQuoted(labels)
			value, rest, ok2 := cutQuoted(strings.TrimPrefix(rest, ":"))
			if !ok || !ok2 || !yield(key, value) {
				return
			}
			labels = strings.TrimPrefix(rest, ", ")
		}
	}
}

// Frames returns the stack, innermost first; a goroutine that begins has none.
func (b Block) Frames() []Frame {
	frames := []Frame{}
	for line := range strings.Lines(string(b)) {
		// Any number of tabs stand between two cells.
		cells := strings.FieldsFunc(line, func(r rune) bool { return r == '\t' || r == '\n' })
		if len(cells) == 4 && cells[0] == "#" {
			frames = append(frames, Frame{function(cells[2]), cells[3]})
		}
	}
	return frames
}

// Stack returns the frames in the usual shape of a stack, two lines each.
func (b Block) Stack() string {
	var text strings.Builder
	for _, f := range b.Frames() {
		text.WriteString("\t" + f.Function + "\n\t\t" + f.Location + "\n")
	}
	return text.String()
}

// function takes the offset from "main.loop+0x1f".
func function(symbol string) string {
	if i := strings.LastIndex(symbol, "+0x"); i >= 0 {
		return symbol[:i]
	}
	return symbol
}

func cutQuoted(s string) (value, rest string, ok bool) {
	quoted, err := strconv.QuotedPrefix(s)
	if err != nil {
		return "", s, false
	}
	value, err = strconv.Unquote(quoted)
	return value, s[len(quoted):], err == nil
}

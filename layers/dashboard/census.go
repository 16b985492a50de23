package dashboard

import (
	"bytes"
	"context"
	"runtime/pprof"
	"strconv"
	"strings"
	"time"
)

// census counts the goroutines of each task. The runtime stops the program for a moment
// to tell them, so all readers share a count.
type census struct {
	busy  chan struct{} // holds one while somebody looks, who owns the following fields
	last  map[string]int
	until time.Time // when last is too old
}

func newCensus() *census { return &census{busy: make(chan struct{}, 1)} }

const (
	countFor  = 2 * time.Second // how long a count is good
	countCost = 20              // a count is good for so many times what it took, so that it takes 5 % at most
)

// counts returns the number of goroutines of each task; those of no task are under "".
// The map belongs to all. The only error is that of ctx.
func (c *census) counts(ctx context.Context) (map[string]int, error) {
	release, err := c.acquire(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	if begin := time.Now(); begin.After(c.until) {
		counts := make(map[string]int)
		for block := range blocks() {
			counts[block.task()] += block.goroutines()
		}
		took := time.Since(begin)
		c.last, c.until = counts, time.Now().Add(max(countFor, countCost*took))
	}
	return c.last, nil
}

// acquire lets one at a time look at the goroutines; others wait as long as ctx lives.
func (c *census) acquire(ctx context.Context) (release func(), err error) {
	select {
	case c.busy <- struct{}{}:
		return func() { <-c.busy }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// block is a part of the goroutine profile: goroutines with one stack and one set of
// labels, such as
//
//	2 @ 0x4397ee 0x4c57f5
//	# labels: {"layer":"storage", "task":"sealer"}
//	#	0x4c57f5	main.loop+0x1f	/src/main.go:42
type block string

// blocks reads the profile. Its text is the only place where the runtime tells labels
// to the program itself.
func blocks() func(yield func(block) bool) {
	var profile bytes.Buffer
	_ = pprof.Lookup("goroutine").WriteTo(&profile, 1) // a bytes.Buffer does not fail
	_, text, _ := strings.Cut(profile.String(), "\n")  // the first line is the total
	return func(yield func(block) bool) {
		for b := range strings.SplitSeq(text, "\n\n") {
			if !yield(block(strings.TrimLeft(b, "\n"))) {
				return
			}
		}
	}
}

func (b block) goroutines() int {
	count, _, _ := strings.Cut(string(b), " @ ")
	n, _ := strconv.Atoi(count) // what is no block has none
	return n
}

// task returns the label "task".
func (b block) task() string {
	_, labels, _ := strings.Cut(string(b), "\n# labels: {")
	for labels != "" {
		key, rest, ok := cutQuoted(labels)
		value, rest, ok2 := cutQuoted(strings.TrimPrefix(rest, ":"))
		if !ok || !ok2 {
			return ""
		}
		if key == "task" {
			return value
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

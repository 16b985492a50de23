package testkit

import (
	"context"
	"fmt"
	"maps"
	"runtime/pprof"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing/synctest"
	"time"

	"github.com/wireframework/wireframework/internal/goroutine"
)

const label = "testkit"

// ofTheProcess is in the stacks of goroutines that belong to the process, whoever has
// made it start them: idle HTTP connections, most often of the default transport, and
// the loop of signal.Notify.
var ofTheProcess = []string{"net/http.(*persistConn)", "os/signal.loop"}

// patience is how long goroutines that are about to end may take on a real clock,
// where nobody can tell them from those that stay.
const patience = time.Second

var scopes atomic.Uint64 // how many there have been

// Scope is a set of goroutines, known by a pprof label: all that a goroutine starts
// inherits its labels. What is in the scope after the work is done has been left
// behind; other goroutines of the process, such as those of parallel tests, do not
// matter. A goroutine that replaces its labels by others is not found. A Scope is
// safe for concurrent use.
//
// The idea of looking at all goroutines once the test is over is that of
// go.uber.org/goleak.
type Scope struct{ value string }

// NewScope returns an empty scope.
func NewScope() Scope {
	return Scope{strconv.FormatUint(scopes.Add(1), 10)}
}

// Do calls f on the goroutine of the caller. All goroutines that are started
// meanwhile, by it and by one another, belong to the scope. So do those that get
// their labels from the context that f is given.
func (s Scope) Do(ctx context.Context, f func(context.Context)) {
	pprof.Do(ctx, pprof.Labels(label, s.value), f)
}

// Goroutines are goroutines that stand at the same place.
type Goroutines struct {
	Count  int
	Labels map[string]string // pprof labels, without that of the scope
	Stack  string            // without addresses, the innermost call first
}

// String returns the stack below a line that says how many goroutines there are.
func (g Goroutines) String() string {
	noun := "goroutines"
	if g.Count == 1 {
		noun = "goroutine"
	}
	var labels []string
	for _, key := range slices.Sorted(maps.Keys(g.Labels)) {
		labels = append(labels, fmt.Sprintf("%s %q", key, g.Labels[key]))
	}
	of := ""
	if len(labels) > 0 {
		of = " of " + strings.Join(labels, ", ")
	}
	return fmt.Sprintf("%d %s%s:\n%s", g.Count, noun, of, g.Stack)
}

// Left waits until no goroutine of the scope is left, and returns those that stay,
// in order of their texts. In a bubble of [testing/synctest] it waits until all
// goroutines of the bubble are blocked, which takes no time; elsewhere for a second
// at most. Goroutines with one of the ignored texts in their stack do not count, and
// neither do those of the process, such as idle HTTP connections.
func (s Scope) Left(ignored ...string) []Goroutines {
	ignored = slices.Concat(ignored, ofTheProcess)
	left := s.Goroutines(ignored...)
	if len(left) == 0 || Settle() {
		return s.Goroutines(ignored...)
	}
	pause := time.Millisecond
	for end := time.Now().Add(patience); len(left) > 0 && time.Now().Before(end); pause *= 2 {
		time.Sleep(min(pause, time.Until(end)))
		left = s.Goroutines(ignored...)
	}
	return left
}

// Settle waits until all other goroutines of this bubble of [testing/synctest] are
// blocked, and returns true. Outside a bubble it returns false at once.
func Settle() (inBubble bool) {
	// There is no other way to ask, and no other cause of a panic but two calls at
	// the same time.
	defer func() { _ = recover() }()
	synctest.Wait()
	return true
}

// Goroutines returns the goroutines of the scope at this moment, but for those with
// one of the ignored texts in their stack, in order of their texts.
func (s Scope) Goroutines(ignored ...string) []Goroutines {
	var found []Goroutines
	for block := range goroutine.Blocks() {
		if value, _ := block.Label(label); value != s.value {
			continue
		}
		g := Goroutines{Count: block.Goroutines(), Labels: maps.Collect(block.Labels()), Stack: foreign(strings.TrimSuffix(block.Stack(), "\n"))}
		if slices.ContainsFunc(ignored, func(text string) bool { return strings.Contains(g.Stack, text) }) {
			continue
		}
		delete(g.Labels, label)
		// The profile tells apart what was started at different places.
		same := func(o Goroutines) bool { return o.Stack == g.Stack && maps.Equal(o.Labels, g.Labels) }
		if i := slices.IndexFunc(found, same); i >= 0 {
			found[i].Count += g.Count
		} else {
			found = append(found, g)
		}
	}
	slices.SortFunc(found, func(a, b Goroutines) int { return strings.Compare(a.String(), b.String()) })
	return found
}

// Where the frames of those begin, from inside out, who call tasks, constructors and
// hooks.
const (
	module = "\n\tgithub.com/wireframework/wireframework"
	engine = module + "/internal/supervise."
	build  = module + "/wiring.(*Build).call\n"
	scope  = module + "/internal/testkit.Scope.Do\n"
)

// foreign removes what is not of the code under test: the frames of the engine, of the
// container, and of the scope.
func foreign(stack string) string {
	stack, _, _ = strings.Cut(stack, engine)
	stack = cutBefore(stack, "\n\treflect.Value.call\n", build)
	return cutBefore(stack, "\n\truntime/pprof.Do\n", scope)
}

// cutBefore cuts the stack at the last frame from that comes before the frame mark.
func cutBefore(stack, from, mark string) string {
	before, _, found := strings.Cut(stack, mark)
	if !found {
		return stack
	}
	if i := strings.LastIndex(before, from); i >= 0 {
		return before[:i]
	}
	return before
}

package supervise_test

import (
	"context"
	"runtime/pprof"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/internal/supervise"
)

// hangHere and hangThere are found by their names.
func hangHere(entered *sync.WaitGroup, over <-chan struct{})  { entered.Done(); <-over }
func hangThere(entered *sync.WaitGroup, over <-chan struct{}) { entered.Done(); <-over }

// hang starts goroutines that hang with labels until the test is over.
func hang(t *testing.T, n int, labels pprof.LabelSet, where func(*sync.WaitGroup, <-chan struct{})) {
	t.Helper()
	over := make(chan struct{})
	var entered, left sync.WaitGroup
	for range n {
		entered.Add(1)
		left.Go(func() {
			pprof.Do(context.Background(), labels, func(context.Context) { where(&entered, over) })
		})
	}
	t.Cleanup(func() { close(over); left.Wait() })
	entered.Wait()
}

func TestStacksFindsLabels(t *testing.T) {
	values := []string{
		"plain", "", "with space", `with "quotes"`, `back\slash`, `a", "task":"other`, "new\nline", "blank\n\nline", "tab\t", "ünïcödé ☃", "\xff", "}", "{", "`",
	}
	for _, value := range values {
		t.Run(value, func(t *testing.T) {
			hang(t, 1, pprof.Labels("task", value, "layer", "l\"", "other", "x, y"), hangHere)
			hang(t, 1, pprof.Labels("layer", value), hangThere)
			there, here := supervise.Owner{Name: value, Layer: value}, supervise.Owner{Name: "l\"", Layer: "l\""}

			stacks := supervise.Stacks("task")
			require.Len(t, stacks, 1)
			assert.Contains(t, stacks[supervise.Owner{Name: value, Layer: "l\""}], "hangHere")
			assert.NotContains(t, stacks[supervise.Owner{Name: value, Layer: "l\""}], "hangThere")
			layers := supervise.Stacks("layer")
			assert.Contains(t, layers[there], "hangThere")
			assert.Contains(t, layers[here], "hangHere")
		})
	}
}

func TestStacksHasTheShapeOfAStack(t *testing.T) {
	hang(t, 1, pprof.Labels("task", "one"), hangHere)
	hang(t, 3, pprof.Labels("task", "many"), hangHere)
	hang(t, 1, pprof.Labels("task", "many"), hangThere)

	stacks := supervise.Stacks("task")
	require.Len(t, stacks, 2)
	lines := strings.Split(strings.TrimSuffix(stacks[supervise.Owner{Name: "one"}], "\n"), "\n")
	assert.Equal(t, "1 goroutine:", lines[0])
	assert.Equal(t, "\tgithub.com/wireframework/wireframework/internal/supervise_test.hangHere", lines[1])
	assert.Regexp(t, `^\t\t/.*/internal/supervise/stacks_test\.go:\d+$`, lines[2])
	for i, line := range lines[1:] {
		if i%2 == 0 {
			assert.Regexp(t, `^\t[^\t]+$`, line)
			assert.NotContains(t, line, "+0x")
		} else {
			assert.Regexp(t, `^\t\t\S+:\d+$`, line)
		}
	}

	assert.Equal(t, 1, strings.Count(stacks[supervise.Owner{Name: "many"}], "3 goroutines:\n"))
	assert.Equal(t, 1, strings.Count(stacks[supervise.Owner{Name: "many"}], "1 goroutine:\n"))
	assert.Contains(t, stacks[supervise.Owner{Name: "many"}], "hangHere")
	assert.Contains(t, stacks[supervise.Owner{Name: "many"}], "hangThere")
}

func TestStacksIncludesGoroutinesThatInheritTheLabel(t *testing.T) {
	hang(t, 1, pprof.Labels("task", "parent"), func(entered *sync.WaitGroup, over <-chan struct{}) {
		var left, inner sync.WaitGroup
		inner.Add(1)
		left.Go(func() { hangThere(&inner, over) })
		inner.Wait()
		hangHere(entered, over)
		left.Wait()
	})

	stack := supervise.Stacks("task")[supervise.Owner{Name: "parent"}]
	assert.Contains(t, stack, "hangHere")
	assert.Contains(t, stack, "hangThere")
}

func TestStacksOfALabelThatNobodyHas(t *testing.T) {
	hang(t, 1, pprof.Labels("task", "one"), hangHere)
	assert.Empty(t, supervise.Stacks("nobody"))
	assert.Empty(t, supervise.Stacks("tas"))
	assert.Empty(t, supervise.Stacks("one"))
}

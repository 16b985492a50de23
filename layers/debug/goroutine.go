package debug

import "github.com/wireframework/wireframework/internal/goroutine"

// stack is where some goroutines are.
type stack struct {
	Goroutines int               `json:"goroutines"`
	Frames     []goroutine.Frame `json:"frames"` // innermost first
}

// stacksByTask returns the stacks of all goroutines by their label "task"; those without
// one are under the empty string.
func stacksByTask() map[string][]stack {
	stacks := make(map[string][]stack)
	for b := range goroutine.Blocks() {
		if n := b.Goroutines(); n > 0 {
			id, _ := b.Label("task")
			stacks[id] = append(stacks[id], stack{n, b.Frames()})
		}
	}
	return stacks
}

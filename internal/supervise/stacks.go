package supervise

import (
	"fmt"
	"strings"

	"github.com/wireframework/wireframework/internal/goroutine"
)

const engine = "wireframework/internal/supervise."

// Owner is what a goroutine works for: the value of a label, and the layer.
type Owner struct{ Name, Layer string }

// Stacks returns the stacks of all goroutines that carry the pprof label key, by their
// owner. It reads the goroutine profile, the only place where the runtime tells labels,
// also those that a goroutine inherited from the one that started it. What this package
// has called comes first. Stacks stops the world for a moment.
func Stacks(key string) map[Owner]string {
	stacks := make(map[Owner]string)
	for block := range goroutine.Blocks() {
		if name, ok := block.Label(key); ok {
			layer, _ := block.Label("layer")
			owner, text := Owner{name, layer}, format(block)
			if strings.Contains(text, engine) {
				stacks[owner] = text + stacks[owner]
			} else {
				stacks[owner] += text
			}
		}
	}
	return stacks
}

func format(b goroutine.Block) string {
	noun := "goroutines"
	if b.Goroutines() == 1 {
		noun = "goroutine"
	}
	return fmt.Sprintf("%d %s:\n%s", b.Goroutines(), noun, b.Stack())
}

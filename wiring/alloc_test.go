package wiring_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// Allocations are counted, not timed, so these bounds hold on any machine. They have
// room for another version of Go; what they catch is work that is done again for
// each constructor.
func TestAllocations(t *testing.T) {
	for _, shape := range shapes {
		t.Run(shape.name, func(t *testing.T) {
			const n = 100
			small, large := newBench(shape.deps, n), newBench(shape.deps, 10*n)
			ours, oursLarge := small.allocations(t), large.allocations(t)
			digs := testing.AllocsPerRun(5, func() { small.dig(t) })

			assert.Less(t, ours/n, 200.0, "allocations for a constructor")
			assert.Less(t, ours/digs, 1.5, "allocations in units of dig's")
			assert.Less(t, oursLarge/ours, 10.5, "allocations for ten times the constructors")
		})
	}
}

func (b *bench) allocations(t *testing.T) float64 {
	layers := b.layers()
	return testing.AllocsPerRun(5, func() { b.wireframework(t, layers) })
}

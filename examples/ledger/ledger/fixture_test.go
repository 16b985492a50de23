package ledger_test

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/wireframework/wireframework/examples/ledger/ledger"
)

var start = time.Date(2026, time.May, 4, 12, 0, 0, 123456000, time.UTC)

// transfers returns n transfers from the mint.
func transfers(n int) []ledger.Transfer {
	all := make([]ledger.Transfer, n)
	for i := range all {
		all[i] = ledger.Transfer{Key: fmt.Sprintf("t%d", i), From: ledger.Mint, To: "alice", Amount: ledger.Amount(i + 1)}
	}
	return all
}

// chain returns a chain of n blocks with random transfers that are all covered, the
// last of which is from alice to bob.
func chain(rng *rand.Rand, n int) []ledger.Block {
	var (
		blocks []ledger.Block
		prev   ledger.Header
		key    int
	)
	for i := range n {
		all := transfers(1 + rng.IntN(5))
		all = append(all, ledger.Transfer{From: "alice", To: "bob", Amount: 1})
		for j := range all {
			all[j].Key = fmt.Sprintf("key-%d", key)
			key++
		}
		b := ledger.NewBlock(prev, start.Add(time.Duration(i)*time.Second), int64(i/2)+1, all)
		blocks = append(blocks, b)
		prev = b.Header
	}
	return blocks
}

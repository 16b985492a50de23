package ledger_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/examples/ledger/ledger"
)

func TestAReplayOfAChainLeadsToItsBalances(t *testing.T) {
	blocks := chain(rand.New(rand.NewPCG(1, 2)), 20)
	var r ledger.Replay
	var minted, paid ledger.Amount
	for _, b := range blocks {
		require.NoError(t, r.Apply(b))
		for _, x := range b.Transfers {
			if x.From == ledger.Mint {
				minted += x.Amount
			} else {
				paid += x.Amount
			}
		}
	}
	accounts := []ledger.Account{{ID: "alice", Balance: minted - paid}, {ID: "bob", Balance: paid}, {ID: ledger.Mint, Balance: -minted}}

	assert.Equal(t, blocks[19].Header, r.Head())
	assert.NoError(t, r.Compare(accounts, nil))

	pending := []ledger.Transfer{{Key: "p", From: "bob", To: "carol", Amount: 2}}
	accounts[1].Balance -= 2
	assert.ErrorContains(t, r.Compare(accounts, pending), `account "carol" is missing, its transfers amount to 2`)
	accounts = append(accounts, ledger.Account{ID: "carol", Balance: 2})
	assert.NoError(t, r.Compare(accounts, pending))
	assert.ErrorContains(t, r.Compare(accounts, nil), `account "bob" has `)
}

func TestAReplayStopsAtAChangedBlock(t *testing.T) {
	changes := map[string]struct {
		change func(b *ledger.Block)
		want   string
	}{
		"an amount":           {func(b *ledger.Block) { b.Transfers[0].Amount += 5 }, "but its transfers have"},
		"a transfer less":     {func(b *ledger.Block) { b.Transfers = b.Transfers[1:] }, "but its header counts"},
		"two in another turn": {func(b *ledger.Block) { b.Transfers[0], b.Transfers[1] = b.Transfers[1], b.Transfers[0] }, "but its transfers have"},
		"the time":            {func(b *ledger.Block) { b.Time = b.Time.Add(time.Hour) }, "but the header has"},
		"the hash":            {func(b *ledger.Block) { b.Hash[3] ^= 1 }, "but the header has"},
		"the hash before it":  {func(b *ledger.Block) { b.Prev[3] ^= 1 }, "as the hash before it"},
		"the height":          {func(b *ledger.Block) { b.Height++ }, "follows block"},
	}
	for name, tt := range changes {
		t.Run(name, func(t *testing.T) {
			blocks := chain(rand.New(rand.NewPCG(3, 4)), 5)
			tt.change(&blocks[3])
			var r ledger.Replay
			for _, b := range blocks[:3] {
				require.NoError(t, r.Apply(b))
			}
			err := r.Apply(blocks[3])
			var mistake *ledger.ChainError
			require.ErrorAs(t, err, &mistake)
			assert.ErrorContains(t, err, tt.want)
		})
	}
}

// These blocks are well made by themselves, by somebody who can seal.
func TestAReplayStopsAtABlockThatCannotFollow(t *testing.T) {
	good := chain(rand.New(rand.NewPCG(5, 6)), 4)
	prev := good[3].Header
	fork := good[2].Header
	later := start.Add(time.Hour)
	pay := func(from, to ledger.AccountID, amount ledger.Amount) []ledger.Transfer {
		return []ledger.Transfer{{Key: "x", From: from, To: to, Amount: amount}}
	}
	early := prev
	early.Time = time.Time{}
	tests := map[string]struct {
		block ledger.Block
		want  string
	}{
		"a fork":               {ledger.NewBlock(fork, later, 9, transfers(1)), "follows block 4"},
		"an older token":       {ledger.NewBlock(prev, later, 1, transfers(1)), "has fencing token 1, but block 4 has 2"},
		"an earlier time":      {ledger.NewBlock(early, start.Add(-time.Hour), 9, transfers(1)), "before block 4"},
		"no transfers":         {ledger.NewBlock(prev, later, 9, nil), "has 0 transfers"},
		"an overdraft":         {ledger.NewBlock(prev, later, 9, pay("bob", "alice", 100)), `account "bob" has not so much`},
		"too much money":       {ledger.NewBlock(prev, later, 9, pay(ledger.Mint, "bob", ledger.MaxAmount)), "the amount is too great"},
		"a transfer to itself": {ledger.NewBlock(prev, later, 9, pay("bob", "bob", 1)), "is the account that pays"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var r ledger.Replay
			for _, b := range good {
				require.NoError(t, r.Apply(b))
			}
			assert.ErrorContains(t, r.Apply(tt.block), tt.want)
		})
	}
}

func TestTheClockOfABlockNeverGoesBack(t *testing.T) {
	first := ledger.NewBlock(ledger.Header{}, start, 1, transfers(1))
	second := ledger.NewBlock(first.Header, start.Add(-time.Minute), 1, slices.Clone(transfers(2)))
	assert.Equal(t, first.Time, second.Time)
	assert.NoError(t, second.Verify())
}

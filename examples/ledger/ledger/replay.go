package ledger

import (
	"maps"
	"slices"
)

// Replay reads a chain from its first block and keeps the balances that it leads to. The
// zero value has read nothing.
//
// It does not keep the keys of all transfers, which would need memory without bound: that
// a key is in one block at most is up to the ledger's database.
type Replay struct {
	head     Header
	balances map[AccountID]Amount
}

// Head returns the header of the last block read.
func (r *Replay) Head() Header { return r.head }

// Apply reads the next block. After an error, a [*ChainError], the replay is of no use
// any more.
func (r *Replay) Apply(b Block) error {
	if r.balances == nil {
		r.balances = make(map[AccountID]Amount)
	}
	if err := b.follows(r.head); err != nil {
		return err
	}
	if err := b.Verify(); err != nil {
		return err
	}
	for _, t := range b.Transfers {
		if mistake := move(r.balances, t); mistake != "" {
			return chainErrorf(b.Height, "transfer %q: %s", t.Key, mistake)
		}
	}
	r.head = b.Header
	return nil
}

// move changes the balances, or says why that cannot be.
func move(balances map[AccountID]Amount, t Transfer) string {
	from, ok1 := balances[t.From].Add(-t.Amount)
	to, ok2 := balances[t.To].Add(t.Amount)
	switch {
	case !ok1 || !ok2:
		return "the amount is too great"
	case from < 0 && t.From != Mint:
		return "account " + quote(string(t.From)) + " has not so much"
	}
	balances[t.From], balances[t.To] = from, to
	return ""
}

// Snapshot is a ledger at one moment.
type Snapshot struct {
	Blocks   []Block    // above the height that was asked for
	Accounts []Account  // all
	Pending  []Transfer // what is in no block
}

// Compare says, as a [*ChainError], where the balances of a ledger are not those of the
// chain and of the transfers that are not in a block yet.
func (r *Replay) Compare(accounts []Account, pending []Transfer) error {
	want := maps.Clone(r.balances)
	if want == nil {
		want = make(map[AccountID]Amount)
	}
	for _, t := range pending {
		want[t.From] -= t.Amount
		want[t.To] += t.Amount
	}
	for _, a := range accounts {
		if a.Balance != want[a.ID] {
			return chainErrorf(r.head.Height, "account %q has %d, but its transfers amount to %d", a.ID, a.Balance, want[a.ID])
		}
		delete(want, a.ID)
	}
	for _, id := range slices.Sorted(maps.Keys(want)) {
		return chainErrorf(r.head.Height, "account %q is missing, its transfers amount to %d", id, want[id])
	}
	return nil
}

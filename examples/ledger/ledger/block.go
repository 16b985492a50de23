package ledger

import (
	"crypto/sha256"
	"time"
)

// Header is a block without its transfers.
type Header struct {
	Height int64     `json:"height"` // 1 for the first
	Prev   Hash      `json:"prev"`   // hash of the header before it; zero for the first
	Time   time.Time `json:"time"`   // never before that of the header before it
	Token  int64     `json:"token"`  // fencing token of the leader that has sealed it
	Count  int       `json:"count"`  // of transfers, at least one
	Root   Hash      `json:"root"`   // of the Merkle tree over the transfers
	Hash   Hash      `json:"hash"`   // of all of the above
}

// Block is a header and its transfers in their order.
type Block struct {
	Header
	Transfers []Transfer `json:"transfers"`
}

// NewBlock returns the block that follows a header, which is zero for the first block.
// A clock that runs behind gives it the time of the header before it.
func NewBlock(prev Header, now time.Time, token int64, transfers []Transfer) Block {
	h := Header{
		Height: prev.Height + 1,
		Prev:   prev.Hash,
		Time:   Instant(now),
		Token:  token,
		Count:  len(transfers),
		Root:   root(leaves(transfers)),
	}
	if h.Time.Before(prev.Time) {
		h.Time = prev.Time
	}
	h.Hash = h.sum()
	return Block{Header: h, Transfers: transfers}
}

// sum returns what the hash of the header has to be.
func (h Header) sum() Hash { return sha256.Sum256(h.encode()) }

// Verify says what is wrong with the block by itself, as a [*ChainError].
func (b Block) Verify() error {
	if b.Hash != b.sum() {
		return chainErrorf(b.Height, "hash is %v, but the header has %v", b.Hash, b.sum())
	}
	if b.Count != len(b.Transfers) || b.Count == 0 {
		return chainErrorf(b.Height, "has %d transfers, but its header counts %d", len(b.Transfers), b.Count)
	}
	if got := root(leaves(b.Transfers)); got != b.Root {
		return chainErrorf(b.Height, "root is %v, but its transfers have %v", b.Root, got)
	}
	for i, t := range b.Transfers {
		if err := t.Validate(); err != nil {
			return chainErrorf(b.Height, "transfer %d: %v", i, err)
		}
	}
	return nil
}

// follows says why the block cannot come after prev.
func (b Block) follows(prev Header) error {
	switch {
	case b.Height != prev.Height+1:
		return chainErrorf(b.Height, "follows block %d", prev.Height)
	case b.Prev != prev.Hash:
		return chainErrorf(b.Height, "names %v as the hash before it, but block %d has %v", b.Prev, prev.Height, prev.Hash)
	case b.Time.Before(prev.Time):
		return chainErrorf(b.Height, "is from %v, before block %d", b.Time, prev.Height)
	case b.Token < prev.Token:
		return chainErrorf(b.Height, "has fencing token %d, but block %d has %d", b.Token, prev.Height, prev.Token)
	}
	return nil
}

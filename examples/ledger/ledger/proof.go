package ledger

import (
	"fmt"
	"slices"
)

// Proof shows that a transfer is in a block.
type Proof struct {
	Transfer Transfer `json:"transfer"`
	Index    int      `json:"index"` // of the transfer in the block, from 0
	Path     []Hash   `json:"path"`  // siblings in the Merkle tree, from the leaf up
	Header   Header   `json:"header"`
}

// Prove returns the proof that the transfer with the key is in the block.
func (b Block) Prove(key string) (Proof, error) {
	i := slices.IndexFunc(b.Transfers, func(t Transfer) bool { return t.Key == key })
	if i < 0 {
		return Proof{}, fmt.Errorf("transfer %s in block %d: %w", quote(key), b.Height, ErrNotFound)
	}
	return Proof{
		Transfer: b.Transfers[i],
		Index:    i,
		Path:     path(leaves(b.Transfers), i),
		Header:   b.Header,
	}, nil
}

// Verify checks the proof, which proves as much as the hash of the header is known to be
// part of the chain: that is for the caller to compare.
func (p Proof) Verify() error {
	if p.Header.Hash != p.Header.sum() {
		return chainErrorf(p.Header.Height, "hash is %v, but the header has %v", p.Header.Hash, p.Header.sum())
	}
	if p.Index < 0 || p.Index >= p.Header.Count {
		return chainErrorf(p.Header.Height, "has no transfer %d, its header counts %d", p.Index, p.Header.Count)
	}
	got, ok := fold(leafHash(p.Transfer), p.Index, p.Header.Count, p.Path)
	if !ok {
		return chainErrorf(p.Header.Height, "a path of %d hashes does not fit %d transfers", len(p.Path), p.Header.Count)
	}
	if got != p.Header.Root {
		return chainErrorf(p.Header.Height, "root is %v, but the proof leads to %v", p.Header.Root, got)
	}
	return nil
}

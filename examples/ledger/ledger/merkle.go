package ledger

import (
	"crypto/sha256"
	"math/bits"
)

// The Merkle tree is that of RFC 6962: leaves and inner nodes are hashed under
// different prefixes, so that none passes for the other, and a tree of n leaves has the
// greatest power of two below n on its left.
const (
	leafPrefix = 0
	nodePrefix = 1
)

func leafHash(t Transfer) Hash {
	return sha256.Sum256(append([]byte{leafPrefix}, t.encode()...))
}

func nodeHash(left, right Hash) Hash {
	var b [1 + 2*sha256.Size]byte
	b[0] = nodePrefix
	copy(b[1:], left[:])
	copy(b[1+sha256.Size:], right[:])
	return sha256.Sum256(b[:])
}

// leaves returns the leaf of each transfer.
func leaves(transfers []Transfer) []Hash {
	all := make([]Hash, len(transfers))
	for i, t := range transfers {
		all[i] = leafHash(t)
	}
	return all
}

// split returns how many of n leaves, n > 1, are on the left.
func split(n int) int { return 1 << (bits.Len(uint(n-1)) - 1) }

// root returns the root of the tree over the leaves.
func root(leaves []Hash) Hash {
	switch n := len(leaves); n {
	case 0:
		return sha256.Sum256(nil)
	case 1:
		return leaves[0]
	default:
		k := split(n)
		return nodeHash(root(leaves[:k]), root(leaves[k:]))
	}
}

// path returns the siblings from a leaf up to the root.
func path(leaves []Hash, index int) []Hash {
	n := len(leaves)
	if n < 2 {
		return []Hash{}
	}
	k := split(n)
	if index < k {
		return append(path(leaves[:k], index), root(leaves[k:]))
	}
	return append(path(leaves[k:], index-k), root(leaves[:k]))
}

// fold returns the root that the leaf and its path lead to, and false if the path has
// not the length that it has in a tree of n leaves.
func fold(leaf Hash, index, n int, path []Hash) (Hash, bool) {
	if n == 1 {
		return leaf, len(path) == 0
	}
	if len(path) == 0 {
		return Hash{}, false
	}
	k, last := split(n), len(path)-1
	if index < k {
		left, ok := fold(leaf, index, k, path[:last])
		return nodeHash(left, path[last]), ok
	}
	right, ok := fold(leaf, index-k, n-k, path[:last])
	return nodeHash(path[last], right), ok
}

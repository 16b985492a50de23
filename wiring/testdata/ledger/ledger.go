// Package ledger has the interfaces that the layers of the golden tests ask for.
package ledger

// Store keeps entries.
type Store interface {
	Append(entry string) error
	Entries() []string
}

// Reader only reads them.
type Reader interface {
	Entries() []string
}

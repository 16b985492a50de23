// Package sqlite has a type that implements the interfaces of package ledger, and
// some that almost do.
package sqlite

// Store implements ledger.Store with a pointer.
type Store struct{ entries []string }

// Append adds an entry.
func (s *Store) Append(entry string) error { s.entries = append(s.entries, entry); return nil }

// Entries returns all of them.
func (s *Store) Entries() []string { return s.entries }

// ReadOnly lacks the method Append.
type ReadOnly struct{}

// Entries returns none.
func (ReadOnly) Entries() []string { return nil }

// Legacy has a method Append of another signature.
type Legacy struct{}

// Append adds an entry.
func (Legacy) Append(string) {}

// Entries returns none.
func (Legacy) Entries() []string { return nil }

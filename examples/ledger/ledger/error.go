package ledger

import (
	"errors"
	"fmt"
)

// What can be wrong with a request to a ledger, apart from an [*InvalidError].
var (
	ErrNotFound = errors.New("not found")                                // no such transfer, account or block
	ErrKeyTaken = errors.New("the key belongs to another transfer")      // same key, other content
	ErrPending  = errors.New("the transfer is not in a block yet")       // there is no proof of it yet
	ErrGenesis  = errors.New("the ledger was started from another file") // with other genesis accounts
)

// InvalidError says what is wrong with a value that somebody has sent.
type InvalidError struct {
	Field  string // such as "amount"
	Value  string // as it was sent, shortened
	Reason string // such as "is not positive"
}

func (e *InvalidError) Error() string {
	return fmt.Sprintf("%s %s %s", e.Field, e.Value, e.Reason)
}

// RefusedError says why a well-formed transfer is not accepted. The ledger remembers it
// for a while: the same transfer under the same key is refused again.
type RefusedError struct{ Reason string }

func (e *RefusedError) Error() string { return e.Reason }

// StaleTokenError refuses a block of a leader whose term is over.
type StaleTokenError struct {
	Token   int64 // of the leader
	Current int64 // the greatest that the ledger has seen
}

func (e *StaleTokenError) Error() string {
	return fmt.Sprintf("fencing token %d is older than %d: another leader has taken over", e.Token, e.Current)
}

// ChainError says what is wrong with a chain.
type ChainError struct {
	Height int64 // of the block where it shows
	Reason string
}

func (e *ChainError) Error() string { return fmt.Sprintf("block %d: %s", e.Height, e.Reason) }

func chainErrorf(height int64, format string, args ...any) error {
	return &ChainError{Height: height, Reason: fmt.Sprintf(format, args...)}
}

// quote shows a value that somebody has sent, and not all of it if it is long.
func quote(s string) string {
	const limit = 80
	if len(s) > limit {
		return fmt.Sprintf("%.*q... (%d bytes)", limit, s, len(s))
	}
	return fmt.Sprintf("%q", s)
}

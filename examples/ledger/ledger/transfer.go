package ledger

import "time"

// MaxKey is the greatest length of the key of a transfer.
const MaxKey = 64

// Transfer moves money from one account to another.
type Transfer struct {
	// Key is chosen by the client: the same transfer may be sent again under the same
	// key, and counts once.
	Key    string    `json:"key"`
	From   AccountID `json:"from"`
	To     AccountID `json:"to"`
	Amount Amount    `json:"amount"`
}

// Validate says what is wrong with the transfer by itself.
func (t Transfer) Validate() error {
	if err := ValidateKey(t.Key); err != nil {
		return err
	}
	if err := t.From.Validate("from"); err != nil {
		return err
	}
	if err := t.To.Validate("to"); err != nil {
		return err
	}
	if t.From == t.To {
		return &InvalidError{"to", quote(string(t.To)), "is the account that pays"}
	}
	return t.Amount.validate()
}

// ValidateKey says what is wrong with the key of a transfer. It is like an account, but
// may have capital letters and be longer.
func ValidateKey(key string) error { return validateName("key", key, MaxKey, true) }

// State says what has become of a transfer.
type State string

// The states of a transfer.
const (
	Pending State = "pending" // accepted: balances have changed, and a block will hold it
	Sealed  State = "sealed"  // final: in a block
	Refused State = "refused" // without effect
)

// Record is a transfer and what has become of it.
type Record struct {
	Transfer
	State  State     `json:"state"`
	Time   time.Time `json:"time"`             // when it was accepted or refused
	Height int64     `json:"height,omitempty"` // of its block
	Reason string    `json:"reason,omitempty"` // why it was refused
}

package ledger

import "fmt"

// AccountID names an account: lower-case letters, digits, "-", "_" and ".", at most
// [MaxAccountID] of them, the first a letter or a digit.
type AccountID string

// MaxAccountID is the greatest length of an [AccountID].
const MaxAccountID = 48

// Mint is the account where all money comes from. Only the genesis takes from it.
const Mint AccountID = "mint"

// Account is an account and what it has. It exists once it has been paid.
type Account struct {
	ID      AccountID `json:"id"`
	Balance Amount    `json:"balance"`
}

// Validate says what is wrong with the name, as an error about that field.
func (id AccountID) Validate(field string) error {
	return validateName(field, string(id), MaxAccountID, false)
}

// validateName accepts names that stand in a URL as they are, and never look like "..".
func validateName(field, name string, limit int, capitals bool) error {
	if name == "" {
		return &InvalidError{field, `""`, "is empty"}
	}
	if len(name) > limit {
		return &InvalidError{field, quote(name), fmt.Sprintf("is longer than %d bytes", limit)}
	}
	for i, c := range []byte(name) {
		switch {
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9', capitals && 'A' <= c && c <= 'Z':
		case i > 0 && (c == '-' || c == '_' || c == '.'):
		default:
			return &InvalidError{field, quote(name), "has a character that is not allowed (" + allowed(capitals) + ")"}
		}
	}
	return nil
}

func allowed(capitals bool) string {
	if capitals {
		return `letters and digits, and after the first also "-", "_" and "."`
	}
	return `lower-case letters and digits, and after the first also "-", "_" and "."`
}

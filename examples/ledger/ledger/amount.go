package ledger

import (
	"fmt"
	"strconv"
	"strings"
)

// Amount is money in minor units, such as cents.
type Amount int64

// MaxAmount is the greatest amount of a transfer, and of all money together: the
// greatest whole number that every JSON implementation reads exactly.
const MaxAmount Amount = 1<<53 - 1

// Add returns a+b, and false if that is outside of ±[MaxAmount].
func (a Amount) Add(b Amount) (sum Amount, ok bool) {
	// Both are below 2^63: the sum can wrap around only if they have the same sign.
	sum = a + b
	if (a > 0 && b > 0 && sum < 0) || (a < 0 && b < 0 && sum >= 0) {
		return 0, false
	}
	return sum, -MaxAmount <= sum && sum <= MaxAmount
}

// ParseAmount reads the amount of a transfer: a whole number from 1 to [MaxAmount], in
// digits alone.
func ParseAmount(text string) (Amount, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	digits := strings.Trim(text, "0123456789") == "" && text != ""
	switch {
	case strings.HasPrefix(text, "-") && strings.Trim(text[1:], "0123456789") == "":
		return 0, &InvalidError{"amount", shorten(text), "is negative"}
	case !digits:
		return 0, &InvalidError{"amount", shorten(text), "is not a whole number of minor units"}
	case err != nil || Amount(n) > MaxAmount:
		return 0, &InvalidError{"amount", shorten(text), fmt.Sprintf("is more than %d", MaxAmount)}
	}
	a := Amount(n)
	return a, a.validate()
}

func (a Amount) validate() error {
	switch {
	case a < 0:
		return &InvalidError{"amount", strconv.FormatInt(int64(a), 10), "is negative"}
	case a == 0:
		return &InvalidError{"amount", "0", "is not positive"}
	case a > MaxAmount:
		return &InvalidError{"amount", strconv.FormatInt(int64(a), 10), fmt.Sprintf("is more than %d", MaxAmount)}
	}
	return nil
}

// shorten shows a number that somebody has sent, and not all of it if it is long.
func shorten(number string) string {
	const limit = 40
	if len(number) > limit {
		return fmt.Sprintf("%s... (%d bytes)", number[:limit], len(number))
	}
	return number
}

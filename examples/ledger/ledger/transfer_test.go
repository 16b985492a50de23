package ledger_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/examples/ledger/ledger"
)

func TestValidateSaysWhichFieldIsWrong(t *testing.T) {
	good := ledger.Transfer{Key: "Order-7.a_b", From: "alice", To: "bob", Amount: 5}
	require.NoError(t, good.Validate())
	tests := []struct {
		name   string
		change func(*ledger.Transfer)
		want   string
	}{
		{"no key", func(x *ledger.Transfer) { x.Key = "" }, `key "" is empty`},
		{"a long key", func(x *ledger.Transfer) { x.Key = strings.Repeat("k", 65) }, "is longer than 64 bytes"},
		{"a key that is a path", func(x *ledger.Transfer) { x.Key = "../x" }, `key "../x" has a character that is not allowed`},
		{"a key of dots", func(x *ledger.Transfer) { x.Key = ".." }, "has a character that is not allowed"},
		{"a key with a line break", func(x *ledger.Transfer) { x.Key = "a\nb" }, `key "a\nb" has a character`},
		{"capitals in an account", func(x *ledger.Transfer) { x.From = "Alice" }, `from "Alice" has a character`},
		{"no payer", func(x *ledger.Transfer) { x.From = "" }, `from "" is empty`},
		{"no payee", func(x *ledger.Transfer) { x.To = "" }, `to "" is empty`},
		{"a payee that is long", func(x *ledger.Transfer) { x.To = ledger.AccountID(strings.Repeat("b", 49)) }, "is longer than 48 bytes"},
		{"a payee that pays", func(x *ledger.Transfer) { x.To = "alice" }, `to "alice" is the account that pays`},
		{"no amount", func(x *ledger.Transfer) { x.Amount = 0 }, "amount 0 is not positive"},
		{"a negative amount", func(x *ledger.Transfer) { x.Amount = -3 }, "amount -3 is negative"},
		{"a huge amount", func(x *ledger.Transfer) { x.Amount = 1 << 60 }, "amount 1152921504606846976 is more than"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			transfer := good
			tt.change(&transfer)
			err := transfer.Validate()
			var invalid *ledger.InvalidError
			require.ErrorAs(t, err, &invalid)
			assert.ErrorContains(t, err, tt.want)
		})
	}
}

func TestErrorsShowALongValueInPart(t *testing.T) {
	err := ledger.ValidateKey(strings.Repeat("x", 1<<20))
	require.Error(t, err)
	assert.Less(t, len(err.Error()), 200)
	assert.ErrorContains(t, err, "(1048576 bytes)")
}

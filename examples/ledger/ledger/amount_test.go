package ledger_test

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/examples/ledger/ledger"
)

func TestAmountsAreWholePositiveNumbersThatJSONCarriesExactly(t *testing.T) {
	tests := []struct {
		text string
		want ledger.Amount
		err  string
	}{
		{text: "1", want: 1},
		{text: "9007199254740991", want: ledger.MaxAmount},
		{text: "0", err: "amount 0 is not positive"},
		{text: "-1", err: "amount -1 is negative"},
		{text: "-99999999999999999999", err: "amount -99999999999999999999 is negative"},
		{text: "9007199254740992", err: "amount 9007199254740992 is more than 9007199254740991"},
		{text: "9223372036854775808", err: "amount 9223372036854775808 is more than 9007199254740991"},
		{
			text: strings.Repeat("9", 1000),
			err:  "amount " + strings.Repeat("9", 40) + "... (1000 bytes) is more than 9007199254740991",
		},
		{text: "1.0", err: "amount 1.0 is not a whole number of minor units"},
		{text: "1e2", err: "amount 1e2 is not a whole number of minor units"},
		{text: `"1"`, err: `amount "1" is not a whole number of minor units`},
		{text: "null", err: "amount null is not a whole number of minor units"},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			got, err := ledger.ParseAmount(tt.text)
			if tt.err == "" {
				require.NoError(t, err)
				assert.Equal(t, tt.want, got)
				return
			}
			var invalid *ledger.InvalidError
			require.ErrorAs(t, err, &invalid)
			assert.EqualError(t, invalid, tt.err)
			assert.Zero(t, got)
		})
	}
}

func TestSumsOfAmountsDoNotOverflow(t *testing.T) {
	const most = ledger.MaxAmount
	tests := []struct {
		name    string
		a, b    ledger.Amount
		want    ledger.Amount
		outside bool
	}{
		{name: "small ones", a: 2, b: -5, want: -3},
		{name: "to the limit", a: most - 1, b: 1, want: most},
		{name: "to the negative limit", a: -most, b: 0, want: -most},
		{name: "over the limit", a: most, b: 1, want: most + 1, outside: true},
		{name: "under the negative limit", a: -most, b: -1, want: -most - 1, outside: true},
		{name: "around the greatest number", a: math.MaxInt64, b: math.MaxInt64, outside: true},
		{name: "around the least number", a: math.MinInt64, b: math.MinInt64, outside: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := tt.a.Add(tt.b)
			assert.Equal(t, !tt.outside, ok)
			assert.Equal(t, tt.want, got)
		})
	}
}

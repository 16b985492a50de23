package ledger_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/examples/ledger/ledger"
)

func TestEveryTransferOfEveryBlockHasAProof(t *testing.T) {
	for n := 1; n <= 33; n++ {
		b := ledger.NewBlock(ledger.Header{}, start, 1, transfers(n))
		for i, x := range b.Transfers {
			p, err := b.Prove(x.Key)
			require.NoError(t, err)
			assert.Equal(t, i, p.Index)
			assert.NoError(t, p.Verify(), "transfer %d of %d", i, n)
		}
	}
}

func TestAProofOfSomethingElseDoesNotVerify(t *testing.T) {
	changes := map[string]func(*ledger.Proof){
		"another amount":         func(p *ledger.Proof) { p.Transfer.Amount++ },
		"another payee":          func(p *ledger.Proof) { p.Transfer.To = "mallory" },
		"another key":            func(p *ledger.Proof) { p.Transfer.Key = "x" },
		"a negative index":       func(p *ledger.Proof) { p.Index = -1 },
		"an index after the end": func(p *ledger.Proof) { p.Index = p.Header.Count },
		"a sibling changed":      func(p *ledger.Proof) { p.Path[0][5] ^= 1 },
		"a sibling left out":     func(p *ledger.Proof) { p.Path = p.Path[1:] },
		"no siblings":            func(p *ledger.Proof) { p.Path = nil },
		"a sibling more":         func(p *ledger.Proof) { p.Path = append(p.Path, ledger.Hash{}) },
		"another root":           func(p *ledger.Proof) { p.Header.Root[0] ^= 1 },
		"another height":         func(p *ledger.Proof) { p.Header.Height++ },
		"another token":          func(p *ledger.Proof) { p.Header.Token++ },
		"another hash before":    func(p *ledger.Proof) { p.Header.Prev[0] ^= 1 },
		"another count":          func(p *ledger.Proof) { p.Header.Count++ },
		"another hash":           func(p *ledger.Proof) { p.Header.Hash[0] ^= 1 },
		"no transfers":           func(p *ledger.Proof) { p.Header = ledger.Header{} },
	}
	for n := 2; n <= 9; n++ {
		b := ledger.NewBlock(ledger.Header{}, start, 1, transfers(n))
		for i := range n {
			for name, change := range changes {
				p, err := b.Prove(b.Transfers[i].Key)
				require.NoError(t, err)
				change(&p)
				var mistake *ledger.ChainError
				assert.ErrorAs(t, p.Verify(), &mistake, "%s, transfer %d of %d", name, i, n)
			}
			for other := range n {
				p, err := b.Prove(b.Transfers[i].Key)
				require.NoError(t, err)
				if p.Index = other; other != i {
					assert.Error(t, p.Verify(), "transfer %d of %d as %d", i, n, other)
				}
			}
		}
	}
}

// An inner node must not pass for a leaf: two blocks, one with the hashes of the other
// for transfers, would have one root.
func TestTheTreeIsThatOfRFC6962(t *testing.T) {
	three := transfers(3)
	leaf := func(i int) ledger.Hash {
		return ledger.NewBlock(ledger.Header{}, start, 1, three[i:i+1]).Root
	}
	b := ledger.NewBlock(ledger.Header{}, start, 1, three)
	p, err := b.Prove("t2")
	require.NoError(t, err)
	require.Len(t, p.Path, 1, "the third leaf stands alone on the right")
	p, err = b.Prove("t0")
	require.NoError(t, err)
	assert.Equal(t, []ledger.Hash{leaf(1), leaf(2)}, p.Path)
}

func TestAProofSurvivesJSON(t *testing.T) {
	b := ledger.NewBlock(ledger.Header{}, start, 7, transfers(5))
	p, err := b.Prove("t3")
	require.NoError(t, err)
	text, err := json.Marshal(p)
	require.NoError(t, err)

	var got ledger.Proof
	require.NoError(t, json.Unmarshal(text, &got))

	assert.Equal(t, p, got)
	assert.NoError(t, got.Verify())
	assert.Error(t, json.Unmarshal([]byte(`"abc"`), &got.Header.Hash))
	assert.Error(t, json.Unmarshal([]byte(`"`+string(slices.Repeat([]byte("x"), 64))+`"`), &got.Header.Hash))
}

func TestThereIsNoProofOfWhatIsNotInTheBlock(t *testing.T) {
	b := ledger.NewBlock(ledger.Header{}, start, 1, transfers(3))
	_, err := b.Prove("t3")
	assert.ErrorIs(t, err, ledger.ErrNotFound)
}

func ExampleProof_Verify() {
	b := ledger.NewBlock(ledger.Header{}, start, 1, transfers(3))
	p, _ := b.Prove("t1")
	fmt.Println(p.Verify())

	p.Transfer.Amount = 1000
	fmt.Println(p.Verify() != nil)
	// Output:
	// <nil>
	// true
}

package genesis_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/examples/ledger/genesis"
	"github.com/wireframework/wireframework/examples/ledger/ledger"
	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/service/servicetest"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
	"github.com/wireframework/wireframework/wiring/layertest"
)

func TestAFileIsReadAsAWhole(t *testing.T) {
	accounts, err := genesis.Parse("g.csv", []byte("\ufeff# first\r\naccount,balance\r\n\r\nalice,100\r\n# second\r\n\"bob\",9007199254740891\r\n"))
	require.NoError(t, err)
	assert.Equal(t, []ledger.Account{{ID: "alice", Balance: 100}, {ID: "bob", Balance: 9007199254740891}}, accounts)
}

func TestAllMistakesOfAFileAreReportedWithTheirLines(t *testing.T) {
	const text = `account,balance
alice,100
Bob,100
carol
dave,1,2
erin,-5
frank,1e3

# the next one is there already
alice,7
mint,1
gi"na,1
henry,9007199254740991
,1
ivan,0
`
	_, err := genesis.Parse("g.csv", []byte(text))
	require.Error(t, err)
	assert.Equal(t, strings.TrimSpace(`
g.csv:3: account "Bob" has a character that is not allowed (lower-case letters and digits, and after the first also "-", "_" and ".")
g.csv:4: there are 1 fields, not 2
g.csv:5: there are 3 fields, not 2
g.csv:6: amount -5 is negative
g.csv:7: amount 1e3 is not a whole number of minor units
g.csv:10: account "alice" is there already, in line 2
g.csv:11: account "mint" is where the money comes from
g.csv:12: bare " in non-quoted-field
g.csv:13: the accounts up to here have more than 9007199254740991
g.csv:14: account "" is empty
g.csv:15: amount 0 is not positive
`), err.Error())
	var first *genesis.Mistake
	require.ErrorAs(t, err, &first)
	assert.Equal(t, 3, first.Line)
}

func TestAFileWithoutAccountsIsAMistake(t *testing.T) {
	for text, want := range map[string]string{
		"":                      "g.csv:1: there is no account",
		"account,balance\n":     "g.csv:1: there is no account",
		"alice,100\n":           `g.csv:1: the first line is not "account,balance"`,
		"account,balance\n\"al": "g.csv:2: extraneous or missing \" in quoted-field",
	} {
		_, err := genesis.Parse("g.csv", []byte(text))
		assert.ErrorContains(t, err, want)
	}
}

// fakeLedger is migrated and imported when somebody says so.
type fakeLedger struct {
	mu       sync.Mutex // protects following fields
	migrated bool
	accounts []ledger.Account
	fail     error
	unread   int // so many reads fail
}

func (l *fakeLedger) migrate() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.migrated = true
}

func (l *fakeLedger) imported() []ledger.Account {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.accounts
}

func (l *fakeLedger) IsMigrated(context.Context) (bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.migrated, nil
}

func (l *fakeLedger) HasGenesis(context.Context) (bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.unread > 0 {
		l.unread--
		return false, errors.New("connection reset")
	}
	return l.accounts != nil, nil
}

func (l *fakeLedger) Import(_ context.Context, accounts []ledger.Account) (bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fail != nil || l.accounts != nil {
		return false, l.fail
	}
	l.accounts = accounts
	return true, nil
}

// work is a layer of a task that waits for the gate.
var work = wiring.NewLayer("work", func(r *wiring.Registry) error {
	r.ProvideTask(func() task.Task {
		return task.New("work", task.Regular, func(ctx context.Context) error { <-ctx.Done(); return nil })
	})
	return nil
})

func TestNobodyWorksBeforeTheAccountsAreThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &fakeLedger{}
		one := servicetest.Build(t, service.NewBuilder().AddLayer(genesis.Import(genesis.Options{}), genesis.Present(), work),
			servicetest.Supply[genesis.Ledger](l))
		other := servicetest.Build(t, service.NewBuilder().AddLayer(genesis.Present(), work), servicetest.Supply[genesis.Ledger](l))
		var nodes sync.WaitGroup
		for _, s := range []*service.Service{one, other} {
			nodes.Go(func() { assert.NoError(t, s.Run(t.Context())) })
		}
		time.Sleep(time.Hour)
		assert.Empty(t, l.imported(), "the database is not migrated")
		for _, s := range []*service.Service{one, other} {
			assert.Equal(t, []task.ID{"genesis-present"}, s.Status().Pending)
		}

		l.migrate()
		<-one.Ready()
		<-other.Ready()

		assert.Equal(t, []ledger.Account{
			{ID: "treasury", Balance: 1000000000}, {ID: "alice", Balance: 100000}, {ID: "bob", Balance: 50000}, {ID: "carol", Balance: 25000},
		}, l.imported())
		one.Stop(nil)
		other.Stop(nil)
		nodes.Wait()
	})
}

func TestALedgerThatCannotBeReadForAWhileIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &fakeLedger{accounts: []ledger.Account{{ID: "a", Balance: 1}}, unread: 10}
		n := servicetest.Start(t, service.NewBuilder().AddLayer(genesis.Present(), work), servicetest.Supply[genesis.Ledger](l))
		assert.Zero(t, l.unread)
		assert.NoError(t, n.Stop())
	})
}

func TestAnImportOfOtherAccountsFailsTheNode(t *testing.T) {
	l := &fakeLedger{migrated: true, fail: ledger.ErrGenesis}
	s := servicetest.Build(t, service.NewBuilder().AddLayer(genesis.Import(genesis.Options{})), servicetest.Supply[genesis.Ledger](l))
	err := s.Run(t.Context())
	require.ErrorIs(t, err, ledger.ErrGenesis)
	assert.ErrorContains(t, err, "import of accounts.csv")
}

func TestAFileWithMistakesFailsBeforeAnythingRuns(t *testing.T) {
	file := filepath.Join(t.TempDir(), "g.csv")
	require.NoError(t, os.WriteFile(file, []byte("account,balance\nalice,1\nBob,2\nbob,x\n"), 0o600))
	l := &fakeLedger{migrated: true}
	for _, f := range []string{file, file + ".missing"} {
		s := servicetest.Build(t, service.NewBuilder().AddLayer(genesis.Import(genesis.Options{File: f})), servicetest.Supply[genesis.Ledger](l))
		err := s.Run(t.Context())
		var failed *wiring.ConstructorError
		require.ErrorAs(t, err, &failed)
		assert.Equal(t, "genesis-import", failed.Layer)
		if f == file {
			assert.ErrorContains(t, err, file+`:3: account "Bob"`)
			assert.ErrorContains(t, err, file+`:4: amount x`)
		} else {
			assert.True(t, errors.Is(err, os.ErrNotExist))
		}
	}
	assert.Empty(t, l.imported())
}

func TestLayers(t *testing.T) {
	for _, l := range []wiring.Layer{genesis.Import(genesis.Options{}), genesis.Present()} {
		layertest.Run(t, l, servicetest.Supply[genesis.Ledger](&fakeLedger{migrated: true, accounts: []ledger.Account{{ID: "a", Balance: 1}}}))
	}
}

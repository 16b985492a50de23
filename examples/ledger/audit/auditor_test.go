package audit_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/examples/ledger/audit"
	"github.com/wireframework/wireframework/examples/ledger/ledger"
	"github.com/wireframework/wireframework/layers/health"
	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/service/servicetest"
	"github.com/wireframework/wireframework/wiring/layertest"
)

// fakeLedger is a ledger in memory that can be falsified.
type fakeLedger struct {
	mu       sync.Mutex // protects following fields
	blocks   []ledger.Block
	balances map[ledger.AccountID]ledger.Amount
	pending  []ledger.Transfer
	fail     error
	read     int // blocks
}

// newLedger returns a ledger with n blocks, and a transfer that is not in one.
func newLedger(n int) *fakeLedger {
	l := &fakeLedger{balances: make(map[ledger.AccountID]ledger.Amount)}
	for range n {
		l.seal()
	}
	l.pay(ledger.Transfer{Key: "pending", From: ledger.Mint, To: "bob", Amount: 3})
	return l
}

func (l *fakeLedger) pay(t ledger.Transfer) {
	l.balances[t.From] -= t.Amount
	l.balances[t.To] += t.Amount
	l.pending = append(l.pending, t)
}

// seal adds a block.
func (l *fakeLedger) seal() {
	l.mu.Lock()
	defer l.mu.Unlock()
	height := len(l.blocks) + 1
	l.pay(ledger.Transfer{Key: fmt.Sprintf("k%d", height), From: ledger.Mint, To: "alice", Amount: ledger.Amount(height)})
	var prev ledger.Header
	if height > 1 {
		prev = l.blocks[height-2].Header
	}
	l.blocks = append(l.blocks, ledger.NewBlock(prev, time.Now(), 1, l.pending))
	l.pending = nil
}

func (l *fakeLedger) blocksRead() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.read
}

// change changes the ledger behind the back of its auditor.
func (l *fakeLedger) change(f func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f()
}

func (l *fakeLedger) Blocks(_ context.Context, above int64, limit int) ([]ledger.Block, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.aboveLocked(above, limit), l.fail
}

func (l *fakeLedger) aboveLocked(above int64, limit int) []ledger.Block {
	if above >= int64(len(l.blocks)) {
		return nil
	}
	blocks := l.blocks[above:]
	blocks = blocks[:min(limit, len(blocks))]
	l.read += len(blocks)
	return blocks
}

func (l *fakeLedger) Sum(context.Context) (sum ledger.Amount, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, b := range l.balances {
		sum += b
	}
	return sum, l.fail
}

func (l *fakeLedger) Snapshot(_ context.Context, above int64) (ledger.Snapshot, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := ledger.Snapshot{Blocks: l.aboveLocked(above, 1<<30), Pending: l.pending}
	for id, b := range l.balances {
		s.Accounts = append(s.Accounts, ledger.Account{ID: id, Balance: b})
	}
	return s, l.fail
}

// auditor is a node of the auditor alone.
type auditor struct {
	*servicetest.Node
	check      health.Check
	collectors []prometheus.Collector
}

// start starts an auditor in the bubble that looks every second, and at the whole chain
// every minute.
func start(t *testing.T, l *fakeLedger) *auditor {
	t.Helper()
	a := new(auditor)
	var checks []health.Check
	a.Node = servicetest.Start(t, service.NewBuilder().AddLayer(audit.New(audit.Options{
		Interval: time.Second, Full: time.Minute, Batch: 3,
	})),
		servicetest.Supply[audit.Ledger](l),
		servicetest.PopulateGroup(&checks, "health"),
		servicetest.PopulateGroup(&a.collectors, "metrics"),
	)
	require.Len(t, checks, 1)
	a.check = checks[0]
	return a
}

func (a *auditor) health() error { return a.check.Check(context.Background()) }

func (a *auditor) height() float64 { return testutil.ToFloat64(a.collectors[0]) }

func TestAGoodLedgerIsHealthy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLedger(10)
		a := start(t, l)
		time.Sleep(30 * time.Second)
		require.NoError(t, a.health())
		assert.EqualValues(t, 10, a.height())

		for range 8 {
			l.seal()
		}
		time.Sleep(2 * time.Second)
		require.NoError(t, a.health())
		assert.EqualValues(t, 18, a.height())

		time.Sleep(5 * time.Minute)
		require.NoError(t, a.health())
		assert.NoError(t, a.Stop())
	})
}

func TestOnlyWhatIsNewIsReadBetweenFullAudits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLedger(100)
		start(t, l)
		time.Sleep(500 * time.Millisecond)
		before := l.blocksRead()
		assert.Equal(t, 100, before)
		time.Sleep(50 * time.Second)
		assert.Equal(t, 50, l.blocksRead()-before, "the last block at each look")
		time.Sleep(10 * time.Second)
		assert.Greater(t, l.blocksRead()-before, 150)
	})
}

// What is changed after an audit has passed is found at the next look, or at the next
// full audit.
func TestEveryFalsificationIsFound(t *testing.T) {
	tests := map[string]struct {
		change func(l *fakeLedger)
		within time.Duration
		want   string
	}{
		"money out of nothing": {
			func(l *fakeLedger) { l.balances["alice"] += 5 },
			2 * time.Second, "the sum of all balances is not zero but 5",
		},
		"the last block replaced": {
			func(l *fakeLedger) {
				l.blocks[9] = ledger.NewBlock(l.blocks[8].Header, time.Now(), 2, l.blocks[9].Transfers)
			},
			2 * time.Second, "block 10: it is not there any more, or is another one",
		},
		"the last block removed": {
			func(l *fakeLedger) { l.blocks = l.blocks[:9] },
			2 * time.Second, "block 10: it is not there any more, or is another one",
		},
		"a block that does not follow": {
			func(l *fakeLedger) {
				l.blocks = append(l.blocks, ledger.NewBlock(l.blocks[9].Header, time.Now(), 0, l.blocks[9].Transfers))
			},
			2 * time.Second, "block 11: has fencing token 0, but block 10 has 1",
		},
		"money from one account to another": {
			func(l *fakeLedger) { l.balances["alice"] -= 5; l.balances["bob"] += 5 },
			time.Minute, `block 10: account "`,
		},
		"an account removed": {
			func(l *fakeLedger) { l.balances[ledger.Mint] += l.balances["bob"]; delete(l.balances, "bob") },
			time.Minute, "block 10: account ",
		},
		"an old transfer changed": {
			func(l *fakeLedger) { l.blocks[4].Transfers[0].Amount++ },
			time.Minute, "block 5: root is",
		},
		"a pending transfer forgotten": {
			func(l *fakeLedger) { l.pending = nil },
			time.Minute, "block 10: account ",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLedger(10)
				a := start(t, l)
				time.Sleep(1500 * time.Millisecond)
				require.NoError(t, a.health())

				l.change(func() { tt.change(l) })
				time.Sleep(tt.within)

				require.ErrorContains(t, a.health(), tt.want)
				time.Sleep(10 * time.Minute)
				assert.Error(t, a.health(), "it does not go away")
				assert.Equal(t, service.PhaseRunning, a.Service().Status().Phase)
			})
		})
	}
}

func TestARepairedLedgerIsHealthyAfterAFullAudit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLedger(10)
		l.balances["alice"]++
		a := start(t, l)
		time.Sleep(time.Second)
		require.Error(t, a.health())

		l.change(func() { l.balances["alice"]-- })
		time.Sleep(30 * time.Second)
		require.Error(t, a.health())
		time.Sleep(31 * time.Second)
		assert.NoError(t, a.health())
		l.seal()
		time.Sleep(2 * time.Second)
		assert.NoError(t, a.health())
		assert.EqualValues(t, 11, a.height())
	})
}

func TestALedgerThatCannotBeReadIsNoFinding(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLedger(10)
		l.fail = errors.New("connection refused")
		a := start(t, l)
		time.Sleep(10 * time.Second)
		assert.NoError(t, a.health())
		assert.Zero(t, a.height())

		l.change(func() { l.fail = nil })
		time.Sleep(2 * time.Second)
		assert.EqualValues(t, 10, a.height())

		l.change(func() { l.fail = errors.New("connection refused") })
		l.seal()
		time.Sleep(10 * time.Second)
		l.change(func() { l.fail = nil })
		time.Sleep(2 * time.Second)
		assert.EqualValues(t, 11, a.height(), "a replay is not broken by what could not be read")
		assert.NoError(t, a.health())
	})
}

func TestLayer(t *testing.T) {
	layertest.Run(t, audit.New(audit.Options{}),
		servicetest.Supply[audit.Ledger](newLedger(3)),
		servicetest.PopulateGroup(new([]health.Check), "health"),
		servicetest.PopulateGroup(new([]prometheus.Collector), "metrics"),
	)
}

func TestOptionsThatMakeNoSenseAreErrorsOfTheWiring(t *testing.T) {
	_, err := service.NewBuilder().AddLayer(audit.New(audit.Options{Interval: -1, Full: -1, Batch: -1})).Build()
	for _, field := range []string{"Interval -1ns", "Full -1ns", "Batch -1"} {
		assert.ErrorContains(t, err, field)
	}
}

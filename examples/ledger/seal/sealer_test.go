package seal_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/examples/ledger/ledger"
	"github.com/wireframework/wireframework/examples/ledger/seal"
	"github.com/wireframework/wireframework/layers/leader"
	"github.com/wireframework/wireframework/layers/leader/leadertest"
	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/service/servicetest"
	"github.com/wireframework/wireframework/wiring"
	"github.com/wireframework/wireframework/wiring/layertest"
)

// fakeLedger has pending transfers and takes note of the blocks.
type fakeLedger struct {
	mu      sync.Mutex // protects following fields
	pending int
	fence   int64
	fail    error
	blocks  []block
	hang    chan struct{} // not nil: each block waits for a value
}

// block is a block that was sealed.
type block struct {
	token int64
	count int
}

func (l *fakeLedger) Seal(ctx context.Context, token int64, limit int) (ledger.Header, bool, error) {
	if l.hang != nil {
		select {
		case <-l.hang:
		case <-ctx.Done():
			return ledger.Header{}, false, ctx.Err()
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.fail != nil:
		return ledger.Header{}, false, l.fail
	case token < l.fence:
		return ledger.Header{}, false, &ledger.StaleTokenError{Token: token, Current: l.fence}
	case l.pending == 0:
		return ledger.Header{}, false, nil
	}
	n := min(l.pending, limit)
	l.pending -= n
	l.fence = token
	l.blocks = append(l.blocks, block{token, n})
	return ledger.Header{Height: int64(len(l.blocks)), Count: n, Token: token}, true, nil
}

// add adds pending transfers.
func (l *fakeLedger) add(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pending += n
}

func (l *fakeLedger) set(f func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f()
}

func (l *fakeLedger) sealed() []block {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]block(nil), l.blocks...)
}

// sealer is a node of the sealer alone.
type sealer struct {
	*servicetest.Node
	ledger     *fakeLedger
	elector    *leadertest.Elector
	collectors []prometheus.Collector
}

// start starts a sealer in the bubble, that nobody has elected yet.
func start(t *testing.T, l *fakeLedger, o seal.Options) *sealer {
	t.Helper()
	s := &sealer{ledger: l, elector: leadertest.NewElector()}
	s.Node = servicetest.Start(t, service.NewBuilder().AddLayer(seal.New(o)),
		servicetest.Supply[seal.Ledger](l),
		servicetest.Supply[leader.Elector](s.elector),
		servicetest.PopulateGroup(&s.collectors, "metrics"),
	)
	return s
}

func (s *sealer) metric(t *testing.T, name string) float64 {
	t.Helper()
	r := prometheus.NewRegistry()
	for _, c := range s.collectors {
		require.NoError(t, r.Register(c))
	}
	families, err := r.Gather()
	require.NoError(t, err)
	for _, f := range families {
		if f.GetName() == name {
			m := f.GetMetric()[0]
			return m.GetCounter().GetValue() + m.GetGauge().GetValue()
		}
	}
	t.Fatalf("there is no metric %s", name)
	return 0
}

func TestTheLeaderSealsWhatIsPending(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, &fakeLedger{pending: 25}, seal.Options{Interval: time.Second, Limit: 10})
		time.Sleep(time.Minute)
		assert.Empty(t, s.ledger.sealed(), "nobody leads")

		s.elector.Grant()
		time.Sleep(time.Millisecond)
		assert.Equal(t, []block{{1, 10}, {1, 10}, {1, 5}}, s.ledger.sealed(), "full blocks do not wait for the interval")

		s.ledger.add(3)
		time.Sleep(900 * time.Millisecond)
		assert.Len(t, s.ledger.sealed(), 3)
		time.Sleep(200 * time.Millisecond)
		assert.Equal(t, block{1, 3}, s.ledger.sealed()[3])
		assert.EqualValues(t, 4, s.metric(t, "ledger_blocks_sealed_total"))
		assert.EqualValues(t, 4, s.metric(t, "ledger_sealed_height"))
		require.NoError(t, s.Stop())
		_, leads := s.elector.Leading()
		assert.False(t, leads)
	})
}

func TestEachTermSealsWithItsOwnToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, &fakeLedger{pending: 1}, seal.Options{Interval: time.Second})
		s.elector.Grant()
		time.Sleep(time.Millisecond)
		s.elector.Revoke()
		s.ledger.add(1)
		time.Sleep(time.Minute)
		assert.Equal(t, []block{{1, 1}}, s.ledger.sealed())

		s.elector.Grant()
		time.Sleep(time.Minute)
		assert.Equal(t, []block{{1, 1}, {2, 1}}, s.ledger.sealed())
	})
}

func TestARefusedBlockIsALossOfLeadership(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, &fakeLedger{fence: 3, pending: 1}, seal.Options{Interval: time.Second})
		s.elector.Grant()
		time.Sleep(time.Minute)

		assert.Equal(t, []block{{3, 1}}, s.ledger.sealed(), "the third term is the first that is not refused")
		assert.EqualValues(t, 2, s.metric(t, "ledger_blocks_refused_total"))
		assert.Equal(t, 2, s.elector.Resigned())
		assert.Equal(t, service.PhaseRunning, s.Service().Status().Phase)
	})
}

func TestALeaderThatCannotSealLetsAnotherOneLead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, &fakeLedger{fail: errors.New("disk full"), pending: 1}, seal.Options{})
		s.elector.Grant()
		time.Sleep(time.Minute)
		resigned := s.elector.Resigned()
		assert.Greater(t, resigned, 5, "it tries again")
		assert.Less(t, resigned, 40, "and takes its time")
		assert.EqualValues(t, resigned, s.metric(t, "ledger_blocks_failed_total"))

		s.ledger.set(func() { s.ledger.fail = nil })
		time.Sleep(time.Minute)
		assert.Len(t, s.ledger.sealed(), 1)
		assert.NoError(t, s.Stop())
	})
}

func TestABlockThatHasBegunIsFinished(t *testing.T) {
	for name, end := range map[string]func(*sealer){
		"when leadership is lost": func(s *sealer) { s.elector.Revoke() },
		"when the node stops":     func(s *sealer) { s.Service().Stop(nil) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := start(t, &fakeLedger{pending: 1, hang: make(chan struct{})}, seal.Options{})
				s.elector.Grant()
				time.Sleep(time.Second)
				end(s)
				time.Sleep(time.Second)
				s.ledger.hang <- struct{}{}
				time.Sleep(time.Second)
				assert.Equal(t, []block{{1, 1}}, s.ledger.sealed())
				assert.NoError(t, s.Stop())
			})
		})
	}
}

func TestABlockThatHangsIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, &fakeLedger{pending: 1, hang: make(chan struct{})}, seal.Options{Timeout: 3 * time.Second})
		s.elector.Grant()
		time.Sleep(3*time.Second + time.Millisecond)
		assert.EqualValues(t, 1, s.metric(t, "ledger_blocks_failed_total"))
		assert.Equal(t, 1, s.elector.Resigned())
	})
}

func TestLayer(t *testing.T) {
	elector := leadertest.NewElector()
	elector.Grant()
	layertest.Run(t, seal.New(seal.Options{}),
		servicetest.Supply[seal.Ledger](&fakeLedger{}),
		servicetest.Supply[leader.Elector](elector),
		servicetest.PopulateGroup(new([]prometheus.Collector), "metrics"),
	)
}

func TestOptionsThatMakeNoSenseAreErrorsOfTheWiring(t *testing.T) {
	_, err := service.NewBuilder().AddLayer(seal.New(seal.Options{Interval: -1, Limit: -1, Timeout: -1})).Build()
	var failed *wiring.LayerError
	require.ErrorAs(t, err, &failed)
	for _, field := range []string{"Interval -1ns", "Limit -1", "Timeout -1ns"} {
		assert.ErrorContains(t, err, field)
	}
}

func TestMetricsFollowTheConventions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, &fakeLedger{}, seal.Options{})
		for _, c := range s.collectors {
			problems, err := testutil.CollectAndLint(c)
			require.NoError(t, err)
			assert.Empty(t, problems)
		}
	})
}

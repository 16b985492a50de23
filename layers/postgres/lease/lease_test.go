package lease_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/layers/leader"
	"github.com/wireframework/wireframework/layers/leader/leadertest"
	"github.com/wireframework/wireframework/layers/postgres/lease"
	"github.com/wireframework/wireframework/layers/postgres/pgtest"
	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/service/servicetest"
	"github.com/wireframework/wireframework/wiring/layertest"
)

func TestElectorsKeepTheirPromises(t *testing.T) {
	t.Parallel()
	s := pgtest.Shared(t)
	var pool *pgxpool.Pool
	leadertest.Run(t, func(t testing.TB) (a, b leader.Elector) {
		url := s.NewDatabase(t) // without a table
		pool = newPool(t, url)
		return newElector(t, pool), newElector(t, newPool(t, url))
	}, leadertest.Hold(length+length/4), leadertest.Depose(func(t testing.TB) {
		_, err := pool.Exec(context.Background(), "update leader_lease set expires = '-infinity', token = token + 1")
		require.NoError(t, err)
	}))
}

func TestTheLayerKeepsItsPromises(t *testing.T) {
	t.Parallel()
	pool := newPool(t, pgtest.Shared(t).NewDatabase(t))
	layertest.Run(t, lease.New(lease.Options{}), servicetest.Supply(pool), servicetest.Populate(new(leader.Elector)))
	layertest.Run(t, lease.New(lease.Options{Database: "archive", Name: "pruner"}),
		servicetest.Supply(pool, "archive"), servicetest.Populate(new(leader.Elector), "pruner"))
}

func TestBadOptionsAreErrorsOfBuild(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		options lease.Options
		want    string
	}{
		{"a short lease", lease.Options{Lease: time.Millisecond}, "Lease 1ms is too short (give 100ms or more, or 0 for 10s)"},
		{"a negative retry", lease.Options{Retry: -1}, "Retry -1ns is not between 0 and the Lease of 10s (leave it out for a fifth of that)"},
		{"a long retry", lease.Options{Retry: time.Hour}, "Retry 1h0m0s is not between 0 and the Lease of 10s (leave it out for a fifth of that)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := service.NewBuilder().AddLayer(lease.New(tt.options)).Build()
			assert.ErrorContains(t, err, tt.want)
			_, err = lease.NewElector(nil, tt.options)
			assert.EqualError(t, err, tt.want)
		})
	}
}

func TestManyCandidatesMeetAnEmptyDatabase(t *testing.T) {
	t.Parallel()
	url := pgtest.Shared(t).NewDatabase(t)
	var mu sync.Mutex
	var tokens []int64
	var all sync.WaitGroup
	for range 8 {
		e := newElector(t, newPool(t, url))
		all.Go(func() {
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			defer cancel()
			term, err := e.Campaign(ctx)
			if !assert.NoError(t, err) {
				return
			}
			mu.Lock()
			tokens = append(tokens, term.Token())
			mu.Unlock()
			assert.NoError(t, term.Resign(ctx))
		})
	}
	all.Wait()
	assert.Equal(t, []int64{1, 2, 3, 4, 5, 6, 7, 8}, tokens)
}

// The table may belong to somebody else: the elector needs no right to create one.
func TestTheTableMayComeFromAMigration(t *testing.T) {
	t.Parallel()
	s := pgtest.Shared(t)
	url := s.NewDatabase(t)
	admin := newPool(t, url)
	for _, statement := range []string{
		lease.Schema, lease.Schema,
		"create role teller",
		"grant select, insert, update on leader_lease to teller",
	} {
		_, err := admin.Exec(t.Context(), statement)
		require.NoError(t, err)
	}
	t.Cleanup(func() {
		_, err := admin.Exec(context.Background(), "drop owned by teller; drop role teller")
		assert.NoError(t, err)
	})
	asTeller := func(c *pgxpool.Config) { c.ConnConfig.RuntimeParams["role"] = "teller" }
	assert.EqualValues(t, 1, win(t, newElector(t, newPool(t, url, asTeller))).Token())

	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	_, err := newElector(t, newPool(t, s.URL("template1"), asTeller)).Campaign(ctx)
	assert.ErrorContains(t, err, `election "sealer": ERROR: permission denied`)
}

func TestTheRowShowsWhoLeads(t *testing.T) {
	t.Parallel()
	pool := newPool(t, pgtest.Shared(t).NewDatabase(t))
	e, err := lease.NewElector(pool, lease.Options{Lease: time.Hour, Holder: "node-7"})
	require.NoError(t, err)
	term := win(t, e)
	row := func() (election, holder string, left time.Duration) {
		err := pool.QueryRow(t.Context(), "select election, holder, greatest(expires, now()) - now() from leader_lease").
			Scan(&election, &holder, &left)
		require.NoError(t, err)
		return election, holder, left
	}

	name, holder, left := row()
	assert.Equal(t, "leader", name)
	assert.Equal(t, "node-7", holder)
	assert.InDelta(t, time.Hour, left, float64(patience))

	resign(t, term)
	_, _, left = row()
	assert.Zero(t, left, "the row has expired")
}

// arguments records what is sent to the server.
type arguments struct {
	mu  sync.Mutex // protects following field
	all []any
}

func (a *arguments) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.all = append(a.all, data.Args...)
	return ctx
}

func (*arguments) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// Nodes whose clocks differ must agree about a lease, so they never tell the time.
func TestOnlyTheClockOfTheServerCounts(t *testing.T) {
	t.Parallel()
	sent := new(arguments)
	pool := newPool(t, pgtest.Shared(t).NewDatabase(t), func(c *pgxpool.Config) { c.ConnConfig.Tracer = sent })
	term := win(t, newElector(t, pool))
	mustLast(t, term, length) // renewed
	resign(t, term)

	sent.mu.Lock()
	defer sent.mu.Unlock()
	assert.Contains(t, sent.all, length, "the length of the lease is sent")
	for _, arg := range sent.all {
		assert.NotContains(t, []string{"time.Time", "*time.Time", "pgtype.Timestamptz"}, typeName(arg))
	}
}

func TestTheConnectionIsMadeLikeThoseOfThePool(t *testing.T) {
	t.Parallel()
	pool := newPool(t, pgtest.Shared(t).NewDatabase(t), func(c *pgxpool.Config) {
		good := c.ConnConfig.Password
		c.ConnConfig.Password = "outdated"
		c.BeforeConnect = func(_ context.Context, config *pgx.ConnConfig) error {
			config.Password = good
			return nil
		}
	})
	win(t, newElector(t, pool))
}

func TestAnExhaustedPoolDoesNotMatter(t *testing.T) {
	t.Parallel()
	pool := newPool(t, pgtest.Shared(t).NewDatabase(t), func(c *pgxpool.Config) { c.MaxConns = 1 })
	conn, err := pool.Acquire(t.Context())
	require.NoError(t, err)
	defer conn.Release()

	mustLast(t, win(t, newElector(t, pool)), 2*length)
}

package postgres_test

import (
	"context"
	"database/sql"
	"net/url"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/layers/health"
	"github.com/wireframework/wireframework/layers/postgres"
	"github.com/wireframework/wireframework/layers/postgres/pgtest"
	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/service/servicetest"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
	"github.com/wireframework/wireframework/wiring/layertest"
)

func TestTheLayerKeepsItsPromises(t *testing.T) {
	url := pgtest.Shared(t).NewDatabase(t)
	layertest.Run(t, postgres.New(postgres.Options{URL: url}),
		servicetest.Populate(new(*pgxpool.Pool)),
		servicetest.Populate(new(*sql.DB)),
		servicetest.PopulateGroup(new([]health.Check), "health"),
		servicetest.PopulateGroup(new([]prometheus.Collector), "metrics"),
	)
	layertest.Run(t, postgres.New(postgres.Options{URL: url, Name: "archive"}),
		servicetest.Populate(new(*pgxpool.Pool), "archive"),
		servicetest.Populate(new(*sql.DB), "archive"),
		servicetest.PopulateGroup(new([]health.Check), "health"),
		servicetest.PopulateGroup(new([]prometheus.Collector), "metrics"),
	)
}

func TestBadOptionsAreErrorsOfBuild(t *testing.T) {
	tests := []struct {
		name    string
		options postgres.Options
		want    string
	}{
		{"no URL", postgres.Options{}, "URL is empty (such as postgres://user:password@host:5432/database"},
		{"no connection string", postgres.Options{URL: "localhost"}, "URL is no connection string (such as"},
		{"another scheme", postgres.Options{URL: "mysql://user:hunter2@host/db"}, `URL has the scheme "mysql", and not postgres or postgresql`},
		{"a password that is not escaped", postgres.Options{URL: "postgres://user:hunter2/x@host/db"}, "URL cannot be read (such as"},
		{"a name with capitals", postgres.Options{URL: "host=x", Name: "Archive"}, `Name "Archive" is no lower-case word (use lower-case letters, digits and hyphens)`},
		{"a negative pool", postgres.Options{URL: "host=x", MaxConns: -1}, "MaxConns -1 is no number of connections (give 1 or more, or 0 for the default)"},
		{"a huge pool", postgres.Options{URL: "host=x", MaxConns: 1 << 40}, "MaxConns 1099511627776 is no number of connections"},
		{"a short connect timeout", postgres.Options{URL: "host=x", ConnectTimeout: 1}, "ConnectTimeout 1ns is too short (give a millisecond or more, or 0 for 10s)"},
		{"a negative statement timeout", postgres.Options{URL: "host=x", StatementTimeout: -1}, "StatementTimeout -1ns is too short (give a millisecond or more, or 0 for none)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := service.NewBuilder().AddLayer(postgres.New(tt.options)).Build()
			require.ErrorContains(t, err, tt.want)
			assert.NotContains(t, err.Error(), "hunter2")
		})
	}
}

// run runs a node that asks for the pool, and returns its error.
func run(ctx context.Context, t *testing.T, o postgres.Options) error {
	t.Helper()
	var pool *pgxpool.Pool
	return servicetest.Build(t, service.NewBuilder().AddLayer(postgres.New(o)), servicetest.Populate(&pool)).Run(ctx)
}

func TestErrorsDoNotShowThePassword(t *testing.T) {
	s := pgtest.Shared(t)
	with := func(edit func(*url.URL)) string {
		u, err := url.Parse(s.URL("postgres"))
		require.NoError(t, err)
		u.User = url.UserPassword("postgres", "hunter2")
		edit(u)
		return u.String()
	}
	tests := []struct{ name, url, want string }{
		{"a wrong password", with(func(*url.URL) {}), "password authentication failed"},
		{"nobody listens", with(func(u *url.URL) { u.Host = "127.0.0.1:1" }), "connection refused"},
		{"a setting that is wrong", with(func(u *url.URL) { u.RawQuery = "sslmode=hunt" }), "sslmode is invalid"},
		{"a form that is wrong", "host=127.0.0.1 password='hunter2", "URL cannot be read (it is not shown here, because it may have a password)"},
		{"a setting of the other form", "host=127.0.0.1 password=hunter2 sslmode=hunt", "URL cannot be read (it is not shown here, because it may have a password)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := run(t.Context(), t, postgres.Options{URL: tt.url})
			require.ErrorContains(t, err, tt.want)
			assert.NotContains(t, err.Error(), "hunter2")
		})
	}
}

func TestTheContextEndsTheConnecting(t *testing.T) {
	s := pgtest.Shared(t)
	p := pgtest.NewProxy(t, s.Address())
	p.Hang()
	url := p.URL(s.URL("postgres"))
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()

	assert.ErrorIs(t, run(ctx, t, postgres.Options{URL: url, ConnectTimeout: time.Hour}), context.DeadlineExceeded)
	assert.ErrorIs(t, run(t.Context(), t, postgres.Options{URL: url, ConnectTimeout: 50 * time.Millisecond}), context.DeadlineExceeded)
}

func TestThePoolIsSetUp(t *testing.T) {
	var pool *pgxpool.Pool
	var db *sql.DB
	servicetest.Start(t, service.NewBuilder().AddLayer(postgres.New(postgres.Options{
		URL: pgtest.Shared(t).NewDatabase(t), MaxConns: 3, StatementTimeout: 50 * time.Millisecond,
	})), servicetest.Populate(&pool), servicetest.Populate(&db))

	assert.EqualValues(t, 3, pool.Config().MaxConns)
	_, err := db.ExecContext(t.Context(), "select pg_sleep(60)")
	assert.ErrorContains(t, err, "statement timeout")
	conn, err := db.Conn(t.Context())
	require.NoError(t, err)
	assert.EqualValues(t, 1, pool.Stat().AcquiredConns(), "both are one pool")
	require.NoError(t, conn.Close())
}

func TestTwoPoolsFitInOneNode(t *testing.T) {
	s := pgtest.Shared(t)
	var ledger, archive *sql.DB
	var checks []health.Check
	var collectors []prometheus.Collector
	servicetest.Start(t, service.NewBuilder().AddLayer(
		postgres.New(postgres.Options{URL: s.NewDatabase(t)}),
		postgres.New(postgres.Options{URL: s.NewDatabase(t), Name: "archive"}),
	),
		servicetest.Populate(&ledger), servicetest.Populate(&archive, "archive"),
		servicetest.PopulateGroup(&checks, "health"), servicetest.PopulateGroup(&collectors, "metrics"),
	)
	var one, two string
	require.NoError(t, ledger.QueryRowContext(t.Context(), "select current_database()").Scan(&one))
	require.NoError(t, archive.QueryRowContext(t.Context(), "select current_database()").Scan(&two))
	assert.NotEqual(t, one, two)

	require.Len(t, checks, 2)
	assert.Equal(t, "postgres", checks[0].Name)
	assert.Equal(t, "postgres-archive", checks[1].Name)
	registry := prometheus.NewPedanticRegistry()
	for _, c := range collectors {
		require.NoError(t, registry.Register(c), "their metrics differ in a label")
	}
	problems, err := testutil.GatherAndLint(registry)
	require.NoError(t, err)
	assert.Empty(t, problems)
	count, err := testutil.GatherAndCount(registry, "pgxpool_open_connections")
	require.NoError(t, err)
	assert.Equal(t, 2, count)
}

func TestTheHealthCheckAsksTheServer(t *testing.T) {
	s := pgtest.Shared(t)
	p := pgtest.NewProxy(t, s.Address())
	var checks []health.Check
	servicetest.Start(t, service.NewBuilder().AddLayer(postgres.New(postgres.Options{URL: p.URL(s.NewDatabase(t))})),
		servicetest.PopulateGroup(&checks, "health"))
	require.NoError(t, checks[0].Check(t.Context()))

	p.Hang()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	assert.ErrorIs(t, checks[0].Check(ctx), context.DeadlineExceeded)

	p.Resume()
	p.Cut()
	assert.Error(t, checks[0].Check(t.Context()))

	p.Resume()
	assert.NoError(t, checks[0].Check(t.Context()), "it connects again")
}

// holder is a layer with a task that runs a function when it is told to stop.
func holder(atStop func(ctx context.Context, pool *pgxpool.Pool) error) wiring.Layer {
	return wiring.NewLayer("holder", func(r *wiring.Registry) error {
		r.ProvideTask(func(pool *pgxpool.Pool) task.Task {
			return task.New("holder", task.Regular, func(ctx context.Context) error {
				<-ctx.Done()
				return atStop(task.Drain(ctx), pool)
			})
		})
		return nil
	})
}

func TestThePoolIsClosedAfterTheLastTask(t *testing.T) {
	var pool *pgxpool.Pool
	n := servicetest.Start(t, service.NewBuilder().AddLayer(
		postgres.New(postgres.Options{URL: pgtest.Shared(t).NewDatabase(t)}),
		holder(func(ctx context.Context, pool *pgxpool.Pool) error {
			_, err := pool.Exec(ctx, "create table entry (id integer)")
			return err
		}),
	), servicetest.Populate(&pool))

	require.NoError(t, n.Stop())
	assert.ErrorContains(t, pool.Ping(t.Context()), "closed pool")
}

// An abandoned task must not keep the node.
func TestConnectionsInUseAreCut(t *testing.T) {
	var pool *pgxpool.Pool
	var held *pgxpool.Conn
	svc := servicetest.Build(t, service.NewBuilder().AddLayer(
		postgres.New(postgres.Options{URL: pgtest.Shared(t).NewDatabase(t)}),
		holder(func(ctx context.Context, pool *pgxpool.Pool) (err error) {
			held, err = pool.Acquire(ctx)
			return err
		}),
	), servicetest.Populate(&pool))
	ctx, stop := context.WithCancel(t.Context())
	go func() { <-svc.Ready(); stop() }()

	err := svc.Run(ctx)

	var hook *service.HookError
	require.ErrorAs(t, err, &hook)
	assert.Equal(t, "close-postgres", hook.Name)
	assert.EqualError(t, hook.Err, "connections that are still in use have been cut: 1")
	assert.Error(t, held.Ping(t.Context()))
	held.Release()
}

func TestANetworkThatHangsDoesNotKeepTheNode(t *testing.T) {
	s := pgtest.Shared(t)
	p := pgtest.NewProxy(t, s.Address())
	var pool *pgxpool.Pool
	n := servicetest.Start(t, service.NewBuilder().AddLayer(
		postgres.New(postgres.Options{URL: p.URL(s.NewDatabase(t))}),
		holder(func(ctx context.Context, pool *pgxpool.Pool) error {
			p.Hang()
			ctx, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
			defer cancel()
			assert.ErrorIs(t, pool.Ping(ctx), context.DeadlineExceeded)
			return nil
		}),
	), servicetest.Populate(&pool))

	require.NoError(t, n.Stop(), "within the time of a hook")
}

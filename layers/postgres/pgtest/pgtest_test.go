package pgtest_test

import (
	"context"
	"net"
	"net/url"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/layers/postgres/pgtest"
)

func query[T any](t *testing.T, url, text string) T {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	defer func() { assert.NoError(t, conn.Close(context.Background())) }()
	var v T
	require.NoError(t, conn.QueryRow(t.Context(), text).Scan(&v))
	return v
}

func TestAServerOfItsOwnTakesSettings(t *testing.T) {
	s := pgtest.Start(t, pgtest.Durable(), pgtest.Setting("max_connections=17"))
	assert.Equal(t, "on", query[string](t, s.URL("postgres"), "show fsync"))
	assert.Equal(t, "17", query[string](t, s.URL("postgres"), "show max_connections"))

	s.Stop()
	s.Stop()
	_, err := net.Dial("tcp", s.Address())
	assert.Error(t, err)
}

func TestDatabasesAreEmptyAndDroppedAtTheEnd(t *testing.T) {
	s := pgtest.Shared(t)
	require.Same(t, s, pgtest.Shared(t))
	const count = "select count(*) from pg_database where datname like 'test_%'"
	before := query[int](t, s.URL("postgres"), count)
	t.Run("two databases", func(t *testing.T) {
		one, two := s.NewDatabase(t), s.NewDatabase(t)
		assert.NotEqual(t, query[string](t, one, "select current_database()"), query[string](t, two, "select current_database()"))
		assert.Equal(t, before+2, query[int](t, s.URL("postgres"), count))
		left, err := pgx.Connect(t.Context(), one) // does not keep it
		require.NoError(t, err)
		t.Cleanup(func() { left.Close(context.Background()) })
	})
	assert.Equal(t, before, query[int](t, s.URL("postgres"), count))
}

func TestAServerDemandsItsPassword(t *testing.T) {
	u, err := url.Parse(pgtest.Shared(t).URL("postgres"))
	require.NoError(t, err)
	u.User = url.UserPassword("postgres", "wrong")
	_, err = pgx.Connect(t.Context(), u.String())
	assert.ErrorContains(t, err, "password authentication failed")
}

func TestAProxyHangsCutsAndResumes(t *testing.T) {
	s := pgtest.Shared(t)
	p := pgtest.NewProxy(t, s.Address())
	conn, err := pgx.Connect(t.Context(), p.URL(s.URL("postgres")))
	require.NoError(t, err)
	require.NoError(t, conn.Ping(t.Context()))

	p.Hang()
	answer := make(chan error, 1)
	go func() { answer <- conn.Ping(context.Background()) }()
	impatient, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err = pgx.Connect(impatient, p.URL(s.URL("postgres")))
	assert.ErrorIs(t, err, context.DeadlineExceeded, "a new connection hangs too")
	assert.Empty(t, answer)

	p.Resume()
	require.NoError(t, <-answer, "what was held back arrives")

	p.Cut()
	assert.Error(t, conn.Ping(t.Context()))
	_, err = pgx.Connect(t.Context(), p.URL(s.URL("postgres")))
	assert.Error(t, err)

	p.Resume()
	assert.Equal(t, 1, query[int](t, p.URL(s.URL("postgres")), "select 1"))
}

//go:build unix

package store_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/examples/ledger/ledger"
	"github.com/wireframework/wireframework/examples/ledger/store"
	"github.com/wireframework/wireframework/layers/migrate"
	"github.com/wireframework/wireframework/layers/postgres"
	"github.com/wireframework/wireframework/layers/postgres/pgtest"
	"github.com/wireframework/wireframework/layers/sqlite"
	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/service/servicetest"
	"github.com/wireframework/wireframework/wiring"
)

// database is an empty database of the test.
type database struct {
	*sql.DB
	dialect store.Dialect
}

// openers open an empty database of each kind, or skip the test.
var openers = map[string]func(t *testing.T) database{
	"sqlite": func(t *testing.T) database {
		path := filepath.Join(t.TempDir(), "ledger.db")
		return database{connect(t, sqlite.New(sqlite.Options{Path: path, Synchronous: sqlite.Normal})), store.SQLite}
	},
	"postgres": func(t *testing.T) database {
		url := pgtest.Shared(t).NewDatabase(t)
		return database{connect(t, postgres.New(postgres.Options{URL: url, MaxConns: 8})), store.Postgres}
	},
}

// connect opens the database of a layer until the end of the test.
func connect(t *testing.T, l wiring.Layer) *sql.DB {
	t.Helper()
	var db *sql.DB
	servicetest.Start(t, service.NewBuilder().AddLayer(l), servicetest.Populate(&db))
	return db
}

// migrate brings the schema up to date.
func (d database) migrate(t *testing.T) {
	t.Helper()
	o := migrate.Options{FS: d.dialect.Migrations(), Dialect: d.dialect.String()}
	n := servicetest.Start(t, service.NewBuilder().AddLayer(migrate.Up(o)), servicetest.Supply(d.DB))
	require.NoError(t, n.Wait())
}

// eachDatabase runs a test with a ledger in each kind of database. Alice and Bob have 100
// and 50, which is not in a block yet.
func eachDatabase(t *testing.T, f func(t *testing.T, s *store.Store, db database)) {
	for name, open := range openers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			db.migrate(t)
			s := store.New(db.DB, db.dialect)
			imported, err := s.Import(t.Context(), genesis)
			require.NoError(t, err)
			require.True(t, imported)
			f(t, s, db)
		})
	}
}

var genesis = []ledger.Account{{ID: "alice", Balance: 100}, {ID: "bob", Balance: 50}}

// pay returns a transfer.
func pay(key string, from, to ledger.AccountID, amount ledger.Amount) ledger.Transfer {
	return ledger.Transfer{Key: key, From: from, To: to, Amount: amount}
}

// submit submits transfers that are accepted.
func submit(t *testing.T, s *store.Store, transfers ...ledger.Transfer) {
	t.Helper()
	for _, x := range transfers {
		_, err := s.Submit(t.Context(), x)
		require.NoError(t, err, "%+v", x)
	}
}

// seal seals a block.
func seal(t *testing.T, s *store.Store, token int64) ledger.Header {
	t.Helper()
	h, sealed, err := s.Seal(t.Context(), token, 1000)
	require.NoError(t, err)
	require.True(t, sealed)
	return h
}

// balances returns all balances by account.
func balances(t *testing.T, s *store.Store) map[ledger.AccountID]ledger.Amount {
	t.Helper()
	snap, err := s.Snapshot(t.Context(), 0)
	require.NoError(t, err)
	got := make(map[ledger.AccountID]ledger.Amount)
	for _, a := range snap.Accounts {
		got[a.ID] = a.Balance
	}
	return got
}

// audit requires that chain, balances and pending transfers fit together.
func audit(t *testing.T, s *store.Store) {
	t.Helper()
	snap, err := s.Snapshot(t.Context(), 0)
	require.NoError(t, err)
	var r ledger.Replay
	for _, b := range snap.Blocks {
		require.NoError(t, r.Apply(b))
	}
	require.NoError(t, r.Compare(snap.Accounts, snap.Pending))
	sum, err := s.Sum(t.Context())
	require.NoError(t, err)
	require.Zero(t, sum)
}

// keys returns n keys.
func keys(n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("k%d", i)
	}
	return list
}

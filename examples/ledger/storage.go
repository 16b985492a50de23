package main

import (
	"context"
	"database/sql"

	"github.com/wireframework/wireframework/examples/ledger/api"
	"github.com/wireframework/wireframework/examples/ledger/audit"
	"github.com/wireframework/wireframework/examples/ledger/genesis"
	"github.com/wireframework/wireframework/examples/ledger/prune"
	"github.com/wireframework/wireframework/examples/ledger/seal"
	"github.com/wireframework/wireframework/examples/ledger/store"
	"github.com/wireframework/wireframework/layers/leader/local"
	"github.com/wireframework/wireframework/wiring"
)

// storage provides the ledger in a *sql.DB, to each layer as what it needs of it. None of
// them knows which database that is.
func storage(d store.Dialect) wiring.Layer {
	return wiring.NewLayer("ledger-store", func(r *wiring.Registry) error {
		r.Provide(func(db *sql.DB) *store.Store { return store.New(db, d) },
			wiring.As[api.Ledger](),
			wiring.As[seal.Ledger](),
			wiring.As[audit.Ledger](),
			wiring.As[prune.Ledger](),
			wiring.As[genesis.Ledger](),
			wiring.As[tokens](),
		)
		return nil
	})
}

// tokens is what the local leader needs of a ledger.
type tokens interface {
	LastToken(ctx context.Context) (int64, error)
}

var lastToken = wiring.NewLayer("last-token", func(r *wiring.Registry) error {
	r.Provide(func(l tokens) local.LastToken { return l.LastToken })
	return nil
})

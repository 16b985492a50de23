package sqlite

import (
	"context"
	"database/sql"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/wireframework/wireframework/layers/health"
	"github.com/wireframework/wireframework/wiring"
)

// New returns a layer that provides a [*sql.DB], under the name of the options if they
// have one. The package comment says how it is set up and when it is closed.
func New(o Options) wiring.Layer { return layer{o.withDefaults()} }

type layer struct{ options Options }

// Name returns "sqlite", or "sqlite-NAME".
func (l layer) Name() string {
	if l.options.Name == "" {
		return "sqlite"
	}
	return "sqlite-" + l.options.Name
}

// Wire implements [wiring.Layer].
func (l layer) Wire(r *wiring.Registry) error {
	if err := l.options.check(); err != nil {
		return err
	}
	r.Provide(l.open, wiring.Name(l.options.Name))
	db := wiring.From[*sql.DB](l.options.Name)
	r.Provide(l.newCheck, db, wiring.Group("health"))
	r.Provide(l.newCollector, db, wiring.Group("metrics"))
	return nil
}

func (l layer) newCheck(db *sql.DB) health.Check {
	return health.Check{
		Name:  l.Name(),
		Check: func(ctx context.Context) error { return read(ctx, db) },
	}
}

func (l layer) newCollector(db *sql.DB) prometheus.Collector {
	return collectors.NewDBStatsCollector(db, l.Name())
}

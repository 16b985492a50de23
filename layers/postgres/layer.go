package postgres

import (
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/wireframework/wireframework/layers/health"
	"github.com/wireframework/wireframework/wiring"
)

// New returns a layer that provides a [*pgxpool.Pool] and a [*sql.DB], under the name of
// the options if they have one. The package comment says when it connects and closes.
func New(o Options) wiring.Layer { return layer{o.withDefaults()} }

type layer struct{ options Options }

// Name returns "postgres", or "postgres-NAME".
func (l layer) Name() string {
	if l.options.Name == "" {
		return "postgres"
	}
	return "postgres-" + l.options.Name
}

// Wire implements [wiring.Layer].
func (l layer) Wire(r *wiring.Registry) error {
	if err := l.options.check(); err != nil {
		return err
	}
	name := l.options.Name
	pool := wiring.From[*pgxpool.Pool](name)
	r.Provide(l.newPool, wiring.Name(name))
	r.Provide(l.newDB, pool, wiring.Name(name))
	r.Provide(l.newCheck, pool, wiring.Group("health"))
	r.Provide(l.newCollector, pool, wiring.Group("metrics"))
	return nil
}

func (l layer) newCheck(pool *pgxpool.Pool) health.Check {
	return health.Check{Name: l.Name(), Check: pool.Ping}
}

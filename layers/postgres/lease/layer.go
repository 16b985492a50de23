package lease

import (
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/wireframework/wireframework/layers/leader"
	"github.com/wireframework/wireframework/wiring"
)

// New returns a layer "postgres-leader" that provides a [leader.Elector], under the name
// of the options if they have one. It needs the layer of package postgres.
func New(o Options) wiring.Layer { return layer{o.withDefaults()} }

type layer struct{ options Options }

// Name returns "postgres-leader", or "postgres-leader-NAME".
func (l layer) Name() string {
	if l.options.Name == "" {
		return "postgres-leader"
	}
	return "postgres-leader-" + l.options.Name
}

// Wire implements [wiring.Layer].
func (l layer) Wire(r *wiring.Registry) error {
	if err := l.options.check(); err != nil {
		return err
	}
	r.Provide(l.newElector, wiring.From[*pgxpool.Pool](l.options.Database), wiring.As[leader.Elector](), wiring.Name(l.options.Name))
	return nil
}

func (l layer) newElector(pool *pgxpool.Pool) *Elector { return newElector(pool, l.options) }

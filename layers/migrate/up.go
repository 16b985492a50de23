package migrate

import (
	"context"
	"database/sql"
	"path"

	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

// Up returns a layer "migrate" with the task of that name, an unconstrained oneshot: it
// applies the migrations that the database has not had, in their order, and waits while
// another node does.
func Up(o Options) wiring.Layer { return upLayer{o.withDefaults()} }

type upLayer struct{ options Options }

// Name returns "migrate", or "migrate-NAME".
func (l upLayer) Name() string { return l.options.suffixed("migrate") }

// Wire implements [wiring.Layer].
func (l upLayer) Wire(r *wiring.Registry) error {
	if err := l.options.check(); err != nil {
		return err
	}
	r.ProvideTask(l.newTask, wiring.From[*sql.DB](l.options.Database))
	return nil
}

func (l upLayer) newTask(db *sql.DB) (task.Task, error) {
	s, err := newSchema(db, l.options)
	if err != nil {
		return nil, err
	}
	return task.New(task.ID(l.options.suffixed("migrate")), task.UnconstrainedOneshot, s.up), nil
}

func (s *schema) up(ctx context.Context) error {
	before, err := s.compare(ctx)
	if err != nil {
		return err
	}
	log := task.Logger(ctx)
	if before < s.known {
		log.Info("migrating the schema", "from", before, "to", s.known)
	}
	applied, err := s.provider.Up(ctx)
	for _, m := range applied {
		log.Info("migration applied", "file", path.Base(m.Source.Path), "version", m.Source.Version, "duration", m.Duration)
	}
	return withFile(err)
}

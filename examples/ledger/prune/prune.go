// Package prune is a layer that makes a ledger forget what it need not keep for ever:
// that transfers were refused. What was accepted stays.
package prune

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

// Ledger is what the pruner needs of a ledger.
type Ledger interface {
	Prune(ctx context.Context, before time.Time) (int64, error)
}

// Options configures the pruner.
type Options struct {
	// Interval is the time between two runs. Optional; defaults to 10m.
	Interval time.Duration `help:"Time between two runs of the pruner." default:"10m"`

	// Keep is how long a refusal is remembered, and how long the same transfer under the
	// same key is refused again. Optional; defaults to 24h.
	Keep time.Duration `help:"How long a refused transfer is remembered." default:"24h"`
}

func (o Options) check() error {
	var problems []error
	if o.Interval < 0 {
		problems = append(problems, fmt.Errorf("option Interval %v is negative (give a positive one, or 0 for the default)", o.Interval))
	}
	if o.Keep < 0 {
		problems = append(problems, fmt.Errorf("option Keep %v is negative (give a positive one, or 0 for the default)", o.Keep))
	}
	return errors.Join(problems...)
}

// New returns the layer "pruner" with the task of that name. It needs a [Ledger]. Every
// node may have one.
func New(o Options) wiring.Layer { return layer{o} }

type layer struct{ options Options }

func (layer) Name() string { return "pruner" }

func (l layer) Wire(r *wiring.Registry) error {
	if err := l.options.check(); err != nil {
		return err
	}
	r.ProvideTask(l.newTask)
	return nil
}

func (l layer) newTask(ledger Ledger) task.Task {
	interval, keep := l.options.Interval, l.options.Keep
	if interval == 0 {
		interval = 10 * time.Minute
	}
	if keep == 0 {
		keep = 24 * time.Hour
	}
	return task.Periodic("pruner", interval, func(ctx context.Context) error {
		n, err := ledger.Prune(ctx, time.Now().Add(-keep))
		switch {
		case ctx.Err() != nil:
		case err != nil: // the next run finds what is left
			task.Logger(ctx).Warn("refused transfers were not pruned", "error", err.Error())
		case n > 0:
			task.Logger(ctx).Info("refused transfers pruned", "count", n)
		}
		return nil
	})
}

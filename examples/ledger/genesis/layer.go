package genesis

import (
	"context"
	_ "embed" // for the accounts
	"fmt"
	"os"
	"time"

	"github.com/wireframework/wireframework/examples/ledger/ledger"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

//go:embed accounts.csv
var defaults []byte

// Ledger is what the import needs of a ledger. Package store documents the errors.
type Ledger interface {
	IsMigrated(ctx context.Context) (bool, error)
	HasGenesis(ctx context.Context) (bool, error)
	Import(ctx context.Context, accounts []ledger.Account) (imported bool, err error)
}

// Options says where the accounts are.
type Options struct {
	// File is a CSV file. Optional; defaults to accounts that are built in.
	File string `help:"CSV file with the first accounts of the ledger, instead of those that are built in." placeholder:"FILE"`
}

// pollInterval is how often to look what another task, or another node, has done.
const pollInterval = 100 * time.Millisecond

// Import returns the layer "genesis-import", whose task of that name imports the
// accounts once the database is migrated. It needs a [Ledger].
func Import(o Options) wiring.Layer {
	return wiring.NewLayer("genesis-import", func(r *wiring.Registry) error {
		r.ProvideTask(o.newImport)
		return nil
	})
}

// Present returns the layer "genesis-present", whose task of that name is the
// precondition that the ledger has its accounts. It needs a [Ledger].
func Present() wiring.Layer {
	return wiring.NewLayer("genesis-present", func(r *wiring.Registry) error {
		r.ProvideTask(newPresent)
		return nil
	})
}

func newPresent(l Ledger) task.Task {
	said := "" // what was logged last
	return task.Poll("genesis-present", pollInterval, func(ctx context.Context) (bool, error) {
		has, err := l.HasGenesis(ctx)
		if ctx.Err() != nil {
			return false, ctx.Err()
		}
		if err != nil && err.Error() != said { // for a while, most likely
			said = err.Error()
			task.Logger(ctx).Warn("waiting for the genesis, but the ledger cannot be read", "error", said)
		}
		return has && err == nil, nil
	})
}

func (o Options) newImport(l Ledger) (task.Task, error) {
	accounts, err := o.accounts()
	if err != nil {
		return nil, err
	}
	return task.New("genesis-import", task.UnconstrainedOneshot, func(ctx context.Context) error {
		// The loop of a precondition, which this one does not hold back anybody by.
		if err := task.Poll("", pollInterval, l.IsMigrated).Run(ctx); err != nil {
			return err
		}
		imported, err := l.Import(ctx, accounts)
		if err != nil {
			return fmt.Errorf("import of %s: %w", o.name(), err)
		}
		if imported {
			task.Logger(ctx).Info("accounts imported", "from", o.name(), "count", len(accounts))
		}
		return nil
	}), nil
}

func (o Options) name() string {
	if o.File == "" {
		return "accounts.csv"
	}
	return o.File
}

func (o Options) accounts() ([]ledger.Account, error) {
	text := defaults
	if o.File != "" {
		var err error
		if text, err = os.ReadFile(o.File); err != nil {
			return nil, err
		}
	}
	return Parse(o.name(), text)
}

package audit

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/wireframework/wireframework/examples/ledger/ledger"
	"github.com/wireframework/wireframework/task"
)

// auditor belongs to its task, but for the finding.
type auditor struct {
	ledger  Ledger
	options Options
	height  prometheus.Gauge
	audits  *prometheus.CounterVec

	replay   ledger.Replay // of what has been verified
	nextFull time.Time

	finding atomic.Pointer[finding] // nil as long as nothing is wrong
}

// finding is what is wrong with a ledger.
type finding struct{ err error }

var errSum = errors.New("the sum of all balances is not zero")

// health is the health check.
func (a *auditor) health(context.Context) error {
	if f := a.finding.Load(); f != nil {
		return f.err
	}
	return nil
}

// tick audits, and keeps what it finds.
func (a *auditor) tick(ctx context.Context) error {
	full := !time.Now().Before(a.nextFull)
	if !full && a.finding.Load() != nil {
		return nil // more of the same would follow
	}
	err := a.audit(ctx, full)
	if ctx.Err() != nil {
		return nil
	}
	a.conclude(ctx, full, err)
	return nil
}

func (a *auditor) audit(ctx context.Context, full bool) error {
	if !full {
		return a.look(ctx)
	}
	var r ledger.Replay
	if err := a.read(ctx, &r); err != nil {
		return err
	}
	if err := a.compare(ctx, &r); err != nil {
		return err
	}
	a.replay, a.nextFull = r, time.Now().Add(a.options.Full)
	return nil
}

// conclude says what an audit has come to. One that could not read is made again at the
// next tick.
func (a *auditor) conclude(ctx context.Context, full bool, err error) {
	log := task.Logger(ctx)
	var mistake *ledger.ChainError
	switch {
	case err == nil:
		a.audits.WithLabelValues("passed").Inc()
		a.height.Set(float64(a.replay.Head().Height))
		if full && a.finding.Swap(nil) != nil {
			log.Info("the ledger is as it should be again", "height", a.replay.Head().Height)
		}
	case errors.As(err, &mistake) || errors.Is(err, errSum):
		a.audits.WithLabelValues("violation").Inc()
		a.nextFull = time.Now().Add(a.options.Full)
		if before := a.finding.Swap(&finding{err}); before == nil || before.err.Error() != err.Error() {
			log.Error("the ledger is not as it should be", "error", err.Error())
		}
	default:
		a.audits.WithLabelValues("unreadable").Inc()
		log.Warn("the ledger cannot be read", "error", err.Error())
	}
}

// look verifies what is new.
func (a *auditor) look(ctx context.Context) error {
	if err := a.stillThere(ctx); err != nil {
		return err
	}
	if err := a.read(ctx, &a.replay); err != nil {
		return err
	}
	sum, err := a.ledger.Sum(ctx)
	if err == nil && sum != 0 {
		return fmt.Errorf("%w but %d", errSum, sum)
	}
	return err
}

// stillThere verifies that nobody has replaced the end of the chain.
func (a *auditor) stillThere(ctx context.Context) error {
	head := a.replay.Head()
	if head.Height == 0 {
		return nil
	}
	blocks, err := a.ledger.Blocks(ctx, head.Height-1, 1)
	if err != nil {
		return err
	}
	if len(blocks) == 0 {
		return replaced(head)
	}
	return a.recognise(blocks[0].Header)
}

// recognise verifies that the block which was the last one is still the same.
func (a *auditor) recognise(h ledger.Header) error {
	if head := a.replay.Head(); h.Height == head.Height && h != head {
		return replaced(head)
	}
	return nil
}

func replaced(h ledger.Header) error {
	return &ledger.ChainError{Height: h.Height, Reason: "it is not there any more, or is another one"}
}

// read verifies all blocks that the replay has not read.
func (a *auditor) read(ctx context.Context, r *ledger.Replay) error {
	for {
		blocks, err := a.ledger.Blocks(ctx, r.Head().Height, a.options.Batch)
		if err != nil {
			return err
		}
		if err := a.apply(r, blocks); err != nil {
			return err
		}
		if len(blocks) < a.options.Batch {
			break
		}
	}
	if head := a.replay.Head(); r.Head().Height < head.Height {
		return replaced(head)
	}
	return nil
}

func (a *auditor) apply(r *ledger.Replay, blocks []ledger.Block) error {
	for _, b := range blocks {
		if err := a.recognise(b.Header); err != nil {
			return err
		}
		if err := r.Apply(b); err != nil {
			return err
		}
	}
	return nil
}

// compare compares all balances with what the chain says.
func (a *auditor) compare(ctx context.Context, r *ledger.Replay) error {
	snap, err := a.ledger.Snapshot(ctx, r.Head().Height)
	if err != nil {
		return err
	}
	if err := a.apply(r, snap.Blocks); err != nil {
		return err
	}
	return r.Compare(snap.Accounts, snap.Pending)
}

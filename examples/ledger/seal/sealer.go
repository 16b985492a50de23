package seal

import (
	"context"
	"errors"
	"fmt"

	"github.com/wireframework/wireframework/examples/ledger/ledger"
	"github.com/wireframework/wireframework/layers/leader"
	"github.com/wireframework/wireframework/task"
)

// sealer seals what is pending at each tick.
type sealer struct {
	ledger  Ledger
	options Options
	metrics *metrics
}

var errNoTerm = errors.New("the sealer runs without a term of leadership (use leader.Only)")

// tick seals blocks until one is not full: the next may wait.
func (s *sealer) tick(ctx context.Context) error {
	token, ok := leader.Token(ctx)
	if !ok {
		return errNoTerm
	}
	for ctx.Err() == nil {
		h, sealed, err := s.seal(ctx, token)
		if err != nil {
			return s.explain(ctx, err)
		}
		if !sealed || h.Count < s.options.Limit {
			return nil
		}
	}
	return nil
}

func (s *sealer) seal(ctx context.Context, token int64) (h ledger.Header, sealed bool, err error) {
	ctx, cancel := context.WithTimeout(task.Drain(ctx), s.options.Timeout)
	defer cancel()
	h, sealed, err = s.ledger.Seal(ctx, token, s.options.Limit)
	if sealed && err == nil {
		s.metrics.sealed.Inc()
		s.metrics.height.Set(float64(h.Height))
		task.Logger(ctx).Debug("block sealed", "height", h.Height, "transfers", h.Count, "token", token, "hash", h.Hash.String())
	}
	return h, sealed, err
}

// explain says that a stale token is lost leadership.
func (s *sealer) explain(ctx context.Context, err error) error {
	var stale *ledger.StaleTokenError
	if !errors.As(err, &stale) {
		s.metrics.failed.Inc()
		return err
	}
	s.metrics.refused.Inc()
	task.Logger(ctx).Warn("block refused: another node has taken over", "token", stale.Token, "current", stale.Current)
	return fmt.Errorf("%w: %w", leader.ErrLost, err)
}

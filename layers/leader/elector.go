package leader

import (
	"context"
	"errors"
)

// ErrLost is the cause with which the context of a task ends when its leadership is
// lost. A task that learns by itself that another one leads, because its data refuses
// the token, returns an error that wraps ErrLost; [Only] treats that as a loss.
var ErrLost = errors.New("leadership lost")

// Elector is a candidate in one election. All candidates of an election, in all
// processes, see to it that at most one term is held at a time, as far as their
// clocks allow; the token makes up for the rest. A layer provides one as the resource
// leader.Elector.
//
// An elector is for one task: a second campaign of the same elector is a candidate of
// its own and waits until the first has resigned.
type Elector interface {
	// Campaign blocks until this candidate is elected. The term that it returns must
	// be resigned. The context is for the campaign alone: its end makes Campaign
	// return an error that wraps the error of the context, and ends no term that has
	// begun. Any other error says that this campaign has failed and that the next may
	// not. After an error, the candidate holds nothing that keeps others from being
	// elected for longer than a lease.
	//
	// It is safe for concurrent use.
	Campaign(ctx context.Context) (Term, error)
}

// Term is the time for which a candidate leads. Its methods are safe for concurrent
// use.
type Term interface {
	// Token is the fencing token of the term: positive, and greater than that of every
	// term of the election before it, whoever held it.
	Token() int64

	// Lost returns a channel that is closed when the term is over: when it has been
	// lost, or may have been because it could not be renewed in time, and at the latest
	// when Resign returns.
	Lost() <-chan struct{}

	// Resign ends the term, so that another candidate is elected at once, and frees
	// what belongs to it. It is called for each term, also for one that has been lost,
	// when the work of the term has ended. It blocks until the others can be elected or
	// ctx ends. If it returns an error, the term ends when it would have expired. A
	// further call does nothing, and a late one never ends the term of somebody else.
	Resign(ctx context.Context) error
}

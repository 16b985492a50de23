package leader

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/wireframework/wireframework/task"
)

const (
	// resignTimeout bounds a resignation. One that takes longer has no advantage over
	// the expiry of the lease.
	resignTimeout = 5 * time.Second

	// stubbornAfter is when a task that runs on after the loss is reported.
	stubbornAfter = 10 * time.Second
)

// Only returns a task that is t but runs only while this node leads. The package
// comment says what it does when. It panics if e or t is nil.
func Only(e Elector, t task.Task) task.Task {
	if e == nil {
		panic("leader: Only needs an elector, got nil")
	}
	if t == nil {
		panic("leader: Only needs a task, got nil")
	}
	return &onlyTask{Task: t, elector: e}
}

type onlyTask struct {
	task.Task
	elector Elector
}

// Run goes from term to term until the stop, or until the inner task has ended by
// itself.
func (t *onlyTask) Run(ctx context.Context) error {
	var b backoff
	for {
		term, err := t.campaign(ctx, &b)
		if err != nil {
			return err
		}
		began := time.Now()
		if err := t.serve(ctx, term); !errors.Is(err, errNextTerm) {
			return err
		}
		b.after(time.Since(began))
		if err := b.wait(ctx); err != nil {
			return err
		}
	}
}

// campaign asks for a term until there is one or ctx ends.
func (t *onlyTask) campaign(ctx context.Context, b *backoff) (Term, error) {
	log := task.Logger(ctx)
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		log.Debug("campaigning for leadership")
		term, err := t.elector.Campaign(ctx)
		if err == nil {
			return term, nil
		}
		if stop := ctx.Err(); stop != nil {
			return nil, stop
		}
		log.Warn("campaign failed", "error", err.Error())
		if err := b.wait(ctx); err != nil {
			return nil, err
		}
	}
}

// errNextTerm says that the term has been lost and the task runs again in the next.
var errNextTerm = errors.New("next term")

// serve runs the inner task for one term, and resigns, whatever the task does.
func (t *onlyTask) serve(ctx context.Context, term Term) error {
	defer resign(ctx, term)
	if err := ctx.Err(); err != nil {
		return err // elected at the moment of the stop
	}
	log := task.Logger(ctx).With("token", term.Token())
	log.Info("leading")

	inner, cancel := context.WithCancelCause(NewContext(ctx, term.Token()))
	defer cancel(nil)
	defer watch(inner, cancel, term)()
	err := t.Task.Run(inner)

	told := errors.Is(context.Cause(inner), ErrLost)
	if !told && !errors.Is(err, ErrLost) && (err == nil || !isOver(term)) {
		return err
	}
	logLoss(log, err)
	return errNextTerm
}

// watch cancels the context of the inner task when the term is lost. The function that
// it returns ends that and waits for the end.
func watch(inner context.Context, cancel context.CancelCauseFunc, term Term) (end func()) {
	ended, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		select {
		case <-ended:
			return
		case <-term.Lost():
		}
		cancel(ErrLost)
		stubborn := time.NewTicker(stubbornAfter)
		defer stubborn.Stop()
		for {
			select {
			case <-ended:
				return
			case <-stubborn.C:
				task.Logger(inner).Warn("leadership lost, but the task runs on", "token", term.Token())
			}
		}
	}()
	return func() {
		close(ended)
		<-done
	}
}

func isOver(term Term) bool {
	select {
	case <-term.Lost():
		return true
	default:
		return false
	}
}

// logLoss also keeps the error of a task that had to end because of the loss. It fails
// nothing: a task that has an error of its own will have it in the next term too.
func logLoss(log *slog.Logger, err error) {
	if err == nil || errors.Is(err, context.Canceled) {
		log.Warn("leadership lost")
		return
	}
	log.Warn("leadership lost", "error", err.Error())
}

// resign ends the term with time of its own: after the stop, ctx has ended.
func resign(ctx context.Context, term Term) {
	fresh, cancel := context.WithTimeout(task.Drain(ctx), resignTimeout)
	defer cancel()
	if err := term.Resign(fresh); err != nil {
		task.Logger(ctx).Warn("resignation failed, the term ends when it expires", "token", term.Token(), "error", err.Error())
	}
}

package migrate

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

// askTimeout bounds one question, so that a network that hangs shows in the log.
const askTimeout = 10 * time.Second

// firstPause is the one after the first question: most often this very node migrates, and
// that takes a moment.
const firstPause = 10 * time.Millisecond

// Check returns a layer "schema-check" with the precondition "schema": it waits until the
// schema is at the version that the program was built for, and fails if it is newer.
func Check(o Options) wiring.Layer { return checkLayer{o.withDefaults()} }

type checkLayer struct{ options Options }

// Name returns "schema-check", or "schema-check-NAME".
func (l checkLayer) Name() string { return l.options.suffixed("schema-check") }

// Wire implements [wiring.Layer].
func (l checkLayer) Wire(r *wiring.Registry) error {
	if err := l.options.check(); err != nil {
		return err
	}
	r.ProvideTask(l.newTask, wiring.From[*sql.DB](l.options.Database))
	return nil
}

func (l checkLayer) newTask(db *sql.DB) (task.Task, error) {
	s, err := newSchema(db, l.options)
	if err != nil {
		return nil, err
	}
	c := &checker{schema: s, poll: l.options.Poll}
	return task.New(task.ID(l.options.suffixed("schema")), task.Precondition, c.run), nil
}

// checker is the precondition. It is for one goroutine.
type checker struct {
	*schema
	poll time.Duration
	said string // what was logged last
}

// run asks at once, and then after pauses that double up to the interval.
func (c *checker) run(ctx context.Context) error {
	for pause := min(firstPause, c.poll); ; pause = min(2*pause, c.poll) {
		if done, err := c.check(ctx); done || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}

func (c *checker) check(ctx context.Context) (done bool, err error) {
	bounded, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	version, err := c.compare(bounded)
	var newer *NewerError
	switch {
	case errors.As(err, &newer):
		return false, err
	case ctx.Err() != nil:
		return false, ctx.Err()
	case err != nil:
		c.say(ctx, slog.LevelWarn, "waiting for the schema, whose version cannot be read", "error", err.Error())
		return false, nil
	case version < c.known:
		c.say(ctx, slog.LevelInfo, "waiting for the schema", "version", version, "wanted", c.known)
		return false, nil
	}
	return true, nil
}

// say logs what has not been logged the time before.
func (c *checker) say(ctx context.Context, level slog.Level, text string, args ...any) {
	now := fmt.Sprint(append([]any{text}, args...)...)
	if c.said == now {
		return
	}
	c.said = now
	task.Logger(ctx).Log(ctx, level, text, args...)
}

package supervise

import (
	"context"
	"errors"
	"runtime/pprof"

	"github.com/wireframework/wireframework/internal/failure"
	"github.com/wireframework/wireframework/task"
)

// Call is a function that runs on a goroutine of its own.
type Call struct {
	done chan struct{} // closed when the function has ended
	err  error
}

// Go starts fn on a goroutine with the given pprof labels and does not block. A
// panic of fn, or a Goexit, is its error.
func Go(ctx context.Context, labels pprof.LabelSet, fn func(context.Context) error) *Call {
	c := &Call{done: make(chan struct{})}
	go func() {
		defer close(c.done)
		returned := false
		defer func() {
			if !returned {
				c.err = failure.Caught(recover())
			}
		}()
		pprof.Do(ctx, labels, func(ctx context.Context) {
			c.err = fn(ctx)
			failure.Probe(c.err)
		})
		returned = true
	}()
	return c
}

// Done is closed when the function has ended.
func (c *Call) Done() <-chan struct{} { return c.done }

// Err returns what the function returned, or its [*task.PanicError]. It may be
// called only after Done.
func (c *Call) Err() error { return c.err }

// Exited reports whether the function ended by Goexit. It may be called only
// after Done.
func (c *Call) Exited() bool { return errors.Is(c.err, task.ErrGoexit) }

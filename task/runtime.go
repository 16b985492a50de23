package task

import (
	"context"
	"log/slog"
	"time"
)

// Runtime is what the one who runs a task offers to it behind its context: the
// other end of [Drain], [Logger] and [WithStopTimeout]. A service implements it;
// users need it only to run tasks without a service. All methods may be called
// from any goroutine of the task, at any time.
type Runtime interface {
	// Drain returns the context that [Drain] hands out for parent, with the values
	// of parent.
	Drain(parent context.Context) context.Context

	// Logger returns the logger that [Logger] hands out.
	Logger() *slog.Logger

	// SetStopTimeout announces the task's own stop timeout. The first
	// announcement counts.
	SetStopTimeout(d time.Duration)
}

// RuntimeKey is the key under which a context carries its [Runtime].
type RuntimeKey struct{}

// NewContext returns a copy of ctx that carries rt, for running a task outside a
// service.
func NewContext(ctx context.Context, rt Runtime) context.Context {
	return context.WithValue(ctx, RuntimeKey{}, rt)
}

func runtimeOf(ctx context.Context) Runtime {
	rt, _ := ctx.Value(RuntimeKey{}).(Runtime)
	return rt
}

// Drain returns a context for the clean-up of a task that has been told to stop:
// it is alive after the stop and is cancelled at the stop deadline of this task,
// with [context.DeadlineExceeded] as its error. It keeps the values of ctx. Once
// it has been cancelled, the task has a tenth of a second to return before the
// service gives it up.
//
//	<-ctx.Done()
//	return server.Shutdown(task.Drain(ctx))
//
// Drain may be called before the stop too, so the context tells no Deadline. It is
// cancelled when the task has ended, if not before; outside a service it is never
// cancelled.
func Drain(ctx context.Context) context.Context {
	rt := runtimeOf(ctx)
	if rt == nil {
		return context.WithoutCancel(ctx)
	}
	return rt.Drain(ctx)
}

// Logger returns the logger of the service, with the attributes task and layer.
// Outside a service it is [slog.Default].
func Logger(ctx context.Context) *slog.Logger {
	if rt := runtimeOf(ctx); rt != nil {
		return rt.Logger()
	}
	return slog.Default()
}

package health

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	lib "github.com/alexliesenfeld/health"

	"github.com/wireframework/wireframework/task"
)

// probe runs one check.
type probe struct {
	check   Check       // with the defaults of the layer
	checker lib.Checker // of this check alone, so that it has its own cache

	mu      sync.Mutex    // protects following fields
	flight  *flight       // the run that goes on; nil if none does
	call    chan struct{} // closed when the call of Check that goes on returns; nil if none does
	calling time.Time     // when that call began
}

// flight is one run of the checker, for all requests that want it.
type flight struct {
	done chan struct{} // closed when err and at are set
	err  error
	at   time.Time // of the call of Check
}

func newProbe(c Check, o Options, logger *slog.Logger) *probe {
	if c.Timeout == 0 {
		c.Timeout = o.Timeout
	}
	if c.Cache == 0 {
		c.Cache = o.Cache
	}
	p := &probe{check: c}
	p.checker = lib.NewChecker(
		lib.WithDisabledAutostart(), // nothing runs unless somebody asks
		lib.WithTimeout(c.Timeout),
		lib.WithCacheDuration(c.Cache),
		lib.WithCheck(lib.Check{
			Name:  c.Name,
			Check: p.guarded,
			StatusListener: func(_ context.Context, _ string, s lib.CheckState) {
				p.logChange(logger, s)
			},
		}),
	)
	return p
}

// join returns the run that goes on, or begins one. It ends within the Timeout.
func (p *probe) join(ctx context.Context) *flight {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.flight == nil {
		f := &flight{done: make(chan struct{})}
		p.flight = f
		go p.fly(ctx, f)
	}
	return p.flight
}

func (p *probe) fly(ctx context.Context, f *flight) {
	result := p.checker.Check(ctx).Details[p.check.Name]
	f.err, f.at = p.explain(result.Error), result.Timestamp
	p.mu.Lock()
	p.flight = nil
	p.mu.Unlock()
	close(f.done)
}

// explain says more than the library does about a check that is late.
func (p *probe) explain(err error) error {
	if errors.Is(err, lib.CheckTimeoutErr) {
		return fmt.Errorf("no answer within %v", p.check.Timeout)
	}
	return err
}

// guarded calls the check, unless it has not returned from an earlier call.
func (p *probe) guarded(ctx context.Context) (err error) {
	p.mu.Lock()
	if p.call != nil {
		defer p.mu.Unlock()
		return fmt.Errorf("no answer for %v", time.Since(p.calling).Round(time.Millisecond))
	}
	if ctx.Err() != nil { // the node has stopped, and what the check uses is closed
		defer p.mu.Unlock()
		return ctx.Err()
	}
	call := make(chan struct{})
	p.call, p.calling = call, time.Now()
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		p.call = nil
		p.mu.Unlock()
		close(call)
	}()
	defer func() {
		if v := recover(); v != nil {
			err = &task.PanicError{Value: v, Stack: debug.Stack()}
		}
	}()
	return p.check.Check(ctx)
}

// logChange is told of each change between good and bad.
func (p *probe) logChange(l *slog.Logger, s lib.CheckState) {
	if s.Result == nil {
		if !s.LastFailureAt.IsZero() {
			l.Info("health check passes again", "check", p.check.Name)
		}
		return
	}
	attrs := []any{"check", p.check.Name, "error", p.explain(s.Result).Error()}
	if panicked, ok := errors.AsType[*task.PanicError](s.Result); ok {
		attrs = append(attrs, "stack", string(panicked.Stack))
	}
	l.Warn("health check fails", attrs...)
}

// leave reports whether the run and the call that go on, if any, end before ctx.
func (p *probe) leave(ctx context.Context) bool {
	p.mu.Lock()
	flight, call := p.flight, p.call
	p.mu.Unlock()
	if flight != nil {
		<-flight.done // soon, whatever the check does
	}
	if call == nil {
		return true
	}
	select {
	case <-call:
		return true
	case <-ctx.Done():
	}
	select {
	case <-call: // who has returned is not late
		return true
	default:
		return false
	}
}

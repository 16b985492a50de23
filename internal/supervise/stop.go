package supervise

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wireframework/wireframework/internal/failure"
)

// ErrStopRequested is the cause of a stop that somebody asked for without a cause.
var ErrStopRequested = errors.New("stop requested")

// Reason says why a service stops.
type Reason struct {
	Cause error // what to tell whoever asks; never nil
	Fails bool  // whether the cause is an error of the run
}

// Stop is the request to stop: it is made once, by whoever comes first, and is
// seen by everybody. The zero value is not usable; all methods are safe for
// concurrent use and do not block.
type Stop struct {
	done      chan struct{} // closed by the first request
	requested atomic.Bool   // done is closed
	ctx       atomic.Pointer[context.Context]

	mu     sync.Mutex // protects following fields
	reason Reason
	at     time.Time
}

// NewStop returns a Stop that nobody has requested.
func NewStop() *Stop {
	return &Stop{done: make(chan struct{})}
}

// Watch makes the end of ctx a request too.
func (s *Stop) Watch(ctx context.Context) {
	s.ctx.Store(&ctx)
}

// Request asks for the stop and reports whether this was the first request; any
// later one changes nothing. The end of the watched context is a request even if
// nobody has seen it yet.
func (s *Stop) Request(r Reason) bool {
	r.Cause = failure.Sound(r.Cause)
	return !s.Requested() && s.request(r)
}

func (s *Stop) request(r Reason) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.at.IsZero() {
		return false
	}
	s.reason, s.at = r, time.Now()
	s.requested.Store(true)
	close(s.done)
	return true
}

// Requested reports whether the stop has been requested, or the watched context
// has ended.
func (s *Stop) Requested() bool {
	if s.requested.Load() { // who ends asks, with many others; a channel would cost a lock or a shared line
		return true
	}
	ctx := s.ctx.Load()
	if ctx == nil {
		return false
	}
	select {
	case <-(*ctx).Done():
		s.request(contextReason(*ctx))
		return true
	default:
		return false
	}
}

// Done is closed by the first request.
func (s *Stop) Done() <-chan struct{} { return s.done }

// Reason returns the reason and the time of the first request. Before it, the
// cause is nil.
func (s *Stop) Reason() (Reason, time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reason, s.at
}

// contextReason fails the run only for a cause of its own: a deadline, or what was
// given to a CancelCauseFunc. A signal of signal.NotifyContext is a plain
// cancellation.
func contextReason(ctx context.Context) Reason {
	cause := failure.Sound(context.Cause(ctx))
	return Reason{Cause: cause, Fails: !errors.Is(cause, context.Canceled)}
}

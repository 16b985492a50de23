package supervise_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"go.uber.org/goleak"

	"github.com/wireframework/wireframework/internal/supervise"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var errBoom = errors.New("boom")

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

func TestStopKeepsTheFirstRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := supervise.NewStop()
		reason, at := s.Reason()
		assert.Equal(t, supervise.Reason{}, reason)
		assert.True(t, at.IsZero())
		assert.False(t, s.Requested())
		assert.False(t, isClosed(s.Done()))

		first := supervise.Reason{Cause: errBoom, Fails: true}
		began := time.Now()
		assert.True(t, s.Request(first))
		time.Sleep(time.Second)
		assert.False(t, s.Request(supervise.Reason{Cause: supervise.ErrStopRequested}))

		reason, at = s.Reason()
		assert.Equal(t, first, reason)
		assert.Equal(t, began, at)
		assert.True(t, s.Requested())
		assert.True(t, isClosed(s.Done()))
	})
}

func TestStopWatchesAContext(t *testing.T) {
	tests := []struct {
		name  string
		cause error
		want  supervise.Reason
	}{
		{"cancelled", nil, supervise.Reason{Cause: context.Canceled}},
		{"with a cause", errBoom, supervise.Reason{Cause: errBoom, Fails: true}},
		{"with a deadline", context.DeadlineExceeded, supervise.Reason{Cause: context.DeadlineExceeded, Fails: true}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := supervise.NewStop()
			ctx, cancel := context.WithCancelCause(context.Background())
			s.Watch(ctx)
			assert.False(t, s.Requested())
			cancel(tt.cause)

			assert.True(t, s.Requested())
			reason, _ := s.Reason()
			assert.Equal(t, tt.want, reason)
			assert.True(t, isClosed(s.Done()))
			assert.False(t, s.Request(supervise.Reason{Cause: supervise.ErrStopRequested}))
		})
	}
}

func TestStopWatchesAContextThatNobodyHasLookedAt(t *testing.T) {
	s := supervise.NewStop()
	ctx, cancel := context.WithCancel(context.Background())
	s.Watch(ctx)
	cancel()

	assert.False(t, s.Request(supervise.Reason{Cause: errBoom, Fails: true}), "the context was first")
	reason, _ := s.Reason()
	assert.Equal(t, supervise.Reason{Cause: context.Canceled}, reason)
}

func TestStopRequestIsBeforeTheEndOfTheContext(t *testing.T) {
	s := supervise.NewStop()
	ctx, cancel := context.WithCancel(context.Background())
	s.Watch(ctx)
	assert.True(t, s.Request(supervise.Reason{Cause: errBoom, Fails: true}))
	cancel()

	assert.True(t, s.Requested())
	reason, _ := s.Reason()
	assert.Equal(t, errBoom, reason.Cause)
}

func TestStopIsSafeForConcurrentUse(t *testing.T) {
	for range 100 {
		s := supervise.NewStop()
		ctx, cancel := context.WithCancel(context.Background())
		s.Watch(ctx)
		var wg sync.WaitGroup
		firsts := make(chan error, 10)
		for i := range 10 {
			wg.Go(func() {
				cause := fmt.Errorf("cause %d", i)
				if s.Request(supervise.Reason{Cause: cause}) {
					firsts <- cause
				}
				s.Requested()
				<-s.Done()
				s.Reason()
			})
		}
		wg.Go(cancel)
		wg.Wait()
		close(firsts)

		reason, _ := s.Reason()
		var won []error
		for cause := range firsts {
			won = append(won, cause)
		}
		if errors.Is(reason.Cause, context.Canceled) {
			assert.Empty(t, won)
		} else {
			assert.Equal(t, []error{reason.Cause}, won)
		}
	}
}

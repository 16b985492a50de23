package retry_test

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/layers/retry"
	"github.com/wireframework/wireframework/task"
)

func TestAPanicPassesThroughUnlessItIsToBeRetried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fall := func(context.Context) error { panic("index out of range") }
		s := newScript(fall)
		assert.PanicsWithValue(t, "index out of range", func() {
			_ = retry.Task(s.task(), exact).Run(t.Context())
		})
		assert.Equal(t, 1, s.attempts)

		o := exact
		o.Panics = true
		o.MaxAttempts = 3
		s = newScript(fall)
		err := retry.Task(s.task(), o).Run(t.Context())
		assert.EqualError(t, err, "panic: index out of range (after 3 attempts)")
		failure, ok := errors.AsType[*task.PanicError](err)
		require.True(t, ok)
		assert.Contains(t, string(failure.Stack), "TestAPanicPassesThrough")
	})
}

func TestAGoexitIsNeverRetried(t *testing.T) {
	s := newScript(func(context.Context) error {
		runtime.Goexit()
		return nil
	})
	returned := false
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = retry.Task(s.task(), retry.Options{Panics: true}).Run(context.Background())
		returned = true
	}()
	<-done

	assert.False(t, returned)
	assert.Equal(t, 1, s.attempts)
}

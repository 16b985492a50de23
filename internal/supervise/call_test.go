package supervise_test

import (
	"context"
	"errors"
	"runtime"
	"runtime/pprof"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/internal/supervise"
	"github.com/wireframework/wireframework/task"
)

func explode(v any) { panic(v) }

func TestCallEnds(t *testing.T) {
	tests := []struct {
		name   string
		fn     func() error
		text   string
		is     error
		exited bool
		stack  string
	}{
		{"by nil", func() error { return nil }, "", nil, false, ""},
		{"by an error", func() error { return errBoom }, "boom", errBoom, false, ""},
		{"by a panic", func() error { explode("ouch"); return nil }, "panic: ouch", nil, false, "supervise_test.explode"},
		{"by a panic with an error", func() error { explode(errBoom); return nil }, "panic: boom", errBoom, false, "supervise_test.explode"},
		{"by a panic with nil", func() error { explode(nil); return nil }, "panic: panic called with nil argument", nil, false, "supervise_test.explode"},
		{"by Goexit", func() error { runtime.Goexit(); return nil }, "runtime.Goexit called", task.ErrGoexit, true, "TestCallEnds"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				call := supervise.Go(context.Background(), pprof.Labels("key", "value"), func(context.Context) error {
					time.Sleep(time.Second)
					return tt.fn()
				})
				synctest.Wait()
				assert.False(t, isClosed(call.Done()))
				<-call.Done()

				if tt.text == "" {
					require.NoError(t, call.Err())
				} else {
					require.EqualError(t, call.Err(), tt.text)
				}
				if tt.is != nil {
					assert.ErrorIs(t, call.Err(), tt.is)
				}
				assert.Equal(t, tt.exited, call.Exited())
				p, panicked := errors.AsType[*task.PanicError](call.Err())
				assert.Equal(t, tt.stack != "", panicked)
				if panicked {
					assert.Contains(t, string(p.Stack), tt.stack)
				}
			})
		})
	}
}

func TestCallHandsOnItsContextWithLabels(t *testing.T) {
	type key struct{}
	ctx, cancel := context.WithCancel(context.WithValue(context.Background(), key{}, "value"))
	call := supervise.Go(ctx, pprof.Labels("key", "label"), func(ctx context.Context) error {
		label, _ := pprof.Label(ctx, "key")
		assert.Equal(t, "label", label)
		assert.Equal(t, "value", ctx.Value(key{}))
		<-ctx.Done()
		return ctx.Err()
	})
	cancel()
	<-call.Done()
	assert.Equal(t, context.Canceled, call.Err())
}

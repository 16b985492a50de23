package wiring_test

import (
	"context"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

func nop(context.Context) error { return nil }

// popAll takes all hooks and names them as "layer: hook".
func popAll(b *wiring.Build) []string {
	var names []string
	for {
		h, left, ok := b.PopHook()
		if !ok {
			return names
		}
		names = append(names, h.Layer+": "+h.Name)
		if left == 0 {
			names = append(names, "last")
		}
	}
}

func TestHooksComeLastAddedFirst(t *testing.T) {
	var ran []string
	b := newBuild(t, assemble(
		layer("api", func(r *wiring.Registry) {
			r.ProvideTask(func(hooks *wiring.ShutdownHooks, _ *pool, _ *journal) task.Task {
				hooks.Add("listener", nop)
				return idle("api")
			})
		}),
		layer("storage", func(r *wiring.Registry) {
			r.Provide(func(in struct {
				wiring.In
				Hooks *wiring.ShutdownHooks
				Pool  *pool
				Maybe *wiring.ShutdownHooks `optional:"true"`
			}) *journal {
				in.Hooks.Add("flush", nop)
				in.Maybe.Add("close", nop)
				return nil
			})
			r.Provide(func(_ context.Context, hooks *wiring.ShutdownHooks) *pool {
				hooks.Add("pool", func(context.Context) error { ran = append(ran, "pool"); return errNoHost })
				return nil
			})
		}),
	))
	start(t, b)
	_, err := b.Result()
	require.NoError(t, err)

	h, left, ok := b.PopHook()
	assert.True(t, ok)
	assert.Equal(t, "listener", h.Name)
	assert.Equal(t, "api", h.Layer, "each constructor has the hooks of its layer")
	assert.Equal(t, 3, left)
	assert.Equal(t, []string{"storage: close", "storage: flush"}, popN(b, 2))

	h, left, _ = b.PopHook()
	assert.Zero(t, left)
	assert.ErrorIs(t, h.Run(t.Context()), errNoHost)
	assert.Equal(t, []string{"pool"}, ran)

	_, left, ok = b.PopHook()
	assert.False(t, ok)
	assert.Zero(t, left)
}

func popN(b *wiring.Build, n int) []string {
	var names []string
	for range n {
		h, _, _ := b.PopHook()
		names = append(names, h.Layer+": "+h.Name)
	}
	return names
}

func TestAHookMayAddAHook(t *testing.T) {
	var hooks *wiring.ShutdownHooks
	b := newBuild(t, assemble(worker, layer("storage", func(r *wiring.Registry) {
		r.Invoke(func(h *wiring.ShutdownHooks) {
			hooks = h
			h.Add("first", nop)
			h.Add("second", nop)
		})
	})))
	start(t, b)

	assert.Equal(t, []string{"storage: second"}, popN(b, 1))
	hooks.Add("added by second", nop)
	assert.Equal(t, []string{"storage: added by second", "storage: first", "last"}, popAll(b))
}

func TestAHookAfterTheLastIsLate(t *testing.T) {
	var hooks *wiring.ShutdownHooks
	var late []string
	plan := verify(t, assemble(worker, layer("storage", func(r *wiring.Registry) {
		r.Invoke(func(h *wiring.ShutdownHooks) { hooks = h })
	})))
	b := plan.NewBuild()
	b.LateHooks(func(h wiring.Hook) { late = append(late, h.Layer+": "+h.Name) })
	start(t, b)
	assert.Empty(t, popAll(b))

	hooks.Add("too late", nop)

	assert.Equal(t, []string{"storage: too late"}, late)
	assert.Empty(t, popAll(b), "it is not run")

	b = plan.NewBuild()
	start(t, b)
	popAll(b)
	assert.NotPanics(t, func() { hooks.Add("nobody listens", nop) })
}

func TestHooksOfAConstructorThatFailsRun(t *testing.T) {
	failures := map[string]func(*wiring.ShutdownHooks) (*pool, error){
		"an error": func(h *wiring.ShutdownHooks) (*pool, error) { h.Add("half open", nop); return nil, errNoHost },
		"a panic":  func(h *wiring.ShutdownHooks) (*pool, error) { h.Add("half open", nop); panic("no") },
		"Goexit":   func(h *wiring.ShutdownHooks) (*pool, error) { h.Add("half open", nop); goexit(); return nil, nil },
	}
	for name, constructor := range failures {
		t.Run(name, func(t *testing.T) {
			b := newBuild(t, assemble(layer("storage", func(r *wiring.Registry) {
				r.Provide(constructor)
				r.ProvideTask(func(*pool) task.Task { return unreachable[task.Task](t)() })
			})))
			start(t, b)

			_, err := b.Result()
			require.Error(t, err)
			assert.Equal(t, []string{"storage: half open", "last"}, popAll(b))
		})
	}
}

func TestHooksMayBeAddedFromAnyGoroutine(t *testing.T) {
	var hooks *wiring.ShutdownHooks
	b := newBuild(t, assemble(worker, layer("storage", func(r *wiring.Registry) {
		r.Invoke(func(h *wiring.ShutdownHooks) { hooks = h })
	})))
	start(t, b)
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() { hooks.Add("hook", nop) })
	}
	wg.Wait()

	assert.Len(t, popAll(b), 50+1)
}

func TestTheZeroValueOfHooksTakesThem(t *testing.T) {
	var hooks wiring.ShutdownHooks
	assert.NotPanics(t, func() { hooks.Add("never run", nop) })
	assert.PanicsWithValue(t, `wiring: shutdown hook "nothing" is nil`, func() { hooks.Add("nothing", nil) })
}

package task_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/wireframework/wireframework/task"
)

var errBoom = errors.New("boom")

func nothing(context.Context) error { return nil }

func TestNewIsATaskOfItsParts(t *testing.T) {
	type key struct{}
	ctx := context.WithValue(t.Context(), key{}, "value")
	var got context.Context
	sealer := task.New("sealer", task.Oneshot, func(ctx context.Context) error {
		got = ctx
		return errBoom
	})

	assert.Equal(t, task.ID("sealer"), sealer.ID())
	assert.Equal(t, task.Oneshot, sealer.Kind())
	assert.Same(t, errBoom, sealer.Run(ctx))
	assert.Equal(t, ctx, got, "Run passes its context on")
}

func TestConstructorsPanicWithoutAFunctionOrTask(t *testing.T) {
	tests := map[string]func(){
		`task: New("sealer") needs a function to run, got nil`: func() {
			task.New("sealer", task.Regular, nil)
		},
		`task: Periodic("sealer") needs a function to call, got nil`: func() {
			task.Periodic("sealer", time.Second, nil)
		},
		`task: Poll("sealer") needs a function to call, got nil`: func() {
			task.Poll("sealer", time.Second, nil)
		},
		`task: WithKind needs a task, got nil`: func() {
			task.WithKind(nil, task.Oneshot)
		},
		`task: WithStopTimeout needs a task, got nil`: func() {
			task.WithStopTimeout(nil, time.Second)
		},
	}
	for text, call := range tests {
		assert.PanicsWithValue(t, text, call)
	}
}

// sealer is a task as users write them, embedder and holder are wrappers as users
// write them.
type sealer struct{ err error }

func (s sealer) ID() task.ID               { return "sealer" }
func (s sealer) Kind() task.Kind           { return task.Unconstrained }
func (s sealer) Run(context.Context) error { return s.err }

type embedder struct{ task.Task }

func (e embedder) Kind() task.Kind { return task.Daemon }

type holder struct{ inner task.Task }

func (h *holder) ID() task.ID                   { return "held-" + h.inner.ID() }
func (h *holder) Kind() task.Kind               { return h.inner.Kind() }
func (h *holder) Run(ctx context.Context) error { return h.inner.Run(ctx) }

func TestWrappersKeepAllOtherProperties(t *testing.T) {
	inner := sealer{err: errBoom}
	tests := []struct {
		name     string
		task     task.Task
		id       task.ID
		kind     task.Kind
		announce []time.Duration // what reaches the one who runs the task, in its order
	}{
		{
			name: "a kind on a task of the user",
			task: task.WithKind(inner, task.Oneshot),
			id:   "sealer", kind: task.Oneshot,
		},
		{
			name: "a kind on a task of New",
			task: task.WithKind(task.New("sealer", task.Regular, inner.Run), task.Precondition),
			id:   "sealer", kind: task.Precondition,
		},
		{
			name: "the last of several kinds",
			task: task.WithKind(task.WithKind(inner, task.Oneshot), task.Regular),
			id:   "sealer", kind: task.Regular,
		},
		{
			name: "a timeout",
			task: task.WithStopTimeout(inner, time.Second),
			id:   "sealer", kind: task.Unconstrained, announce: []time.Duration{time.Second},
		},
		{
			name: "a kind around a timeout",
			task: task.WithKind(task.WithStopTimeout(inner, time.Second), task.Oneshot),
			id:   "sealer", kind: task.Oneshot, announce: []time.Duration{time.Second},
		},
		{
			name: "a timeout around a kind",
			task: task.WithStopTimeout(task.WithKind(inner, task.Oneshot), time.Second),
			id:   "sealer", kind: task.Oneshot, announce: []time.Duration{time.Second},
		},
		{
			name: "a timeout under a wrapper that embeds the task",
			task: embedder{task.WithStopTimeout(inner, time.Second)},
			id:   "sealer", kind: task.Daemon, announce: []time.Duration{time.Second},
		},
		{
			name: "a timeout under a wrapper that holds the task",
			task: &holder{task.WithStopTimeout(inner, time.Second)},
			id:   "held-sealer", kind: task.Unconstrained, announce: []time.Duration{time.Second},
		},
		{
			name: "the outermost of several timeouts first, which is the one that counts",
			task: task.WithStopTimeout(&holder{task.WithStopTimeout(embedder{task.WithStopTimeout(inner, 3)}, 2)}, 1),
			id:   "held-sealer", kind: task.Daemon, announce: []time.Duration{1, 2, 3},
		},
		{
			name: "no timeout at all",
			task: task.WithStopTimeout(inner, -time.Second),
			id:   "sealer", kind: task.Unconstrained, announce: []time.Duration{-time.Second},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rt := &fakeRuntime{}

			assert.Equal(t, tt.id, tt.task.ID())
			assert.Equal(t, tt.kind, tt.task.Kind())
			assert.Same(t, errBoom, tt.task.Run(task.NewContext(t.Context(), rt)))
			assert.Equal(t, tt.announce, rt.announced)
		})
	}
}

func TestWithStopTimeoutHasNoEffectOutsideAService(t *testing.T) {
	err := task.WithStopTimeout(sealer{err: errBoom}, 0).Run(t.Context())

	assert.Same(t, errBoom, err)
}

func TestWithStopTimeoutHandsTheContextOnUnchanged(t *testing.T) {
	ctx := task.NewContext(t.Context(), &fakeRuntime{})
	var got context.Context
	inner := task.New("sealer", task.Regular, func(ctx context.Context) error {
		got = ctx
		return nil
	})

	assert.NoError(t, task.WithStopTimeout(inner, time.Second).Run(ctx))

	assert.Equal(t, ctx, got)
}

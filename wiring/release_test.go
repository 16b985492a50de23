package wiring_test

import (
	"context"
	"runtime"
	"testing"
	"weak"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

// big is something whose memory matters.
type big struct{ data [1 << 16]byte }

// After a build only what somebody has kept is alive, though plan and build are.
func TestValuesAreDroppedAfterTheBuild(t *testing.T) {
	var unused, member, supplied, kept weak.Pointer[big]
	b := newBuild(t, assemble(layer("api", func(r *wiring.Registry) {
		r.Provide(func() *big { v := new(big); unused = weak.Make(v); return v })
		r.Provide(func() *big { v := new(big); member = weak.Make(v); return v }, wiring.Group("bigs"))
		r.Provide(func() *big { v := new(big); kept = weak.Make(v); return v }, wiring.Name("kept"))
		r.Provide(func(v *big) *pool { supplied = weak.Make(v); return nil }, wiring.Name("user"))
		r.Invoke(func(struct {
			wiring.In
			Bigs []*big `group:"bigs"`
			User *pool  `name:"user"`
		}) {
		})
		r.ProvideTask(func(_ *big, in struct {
			wiring.In
			Kept *big `name:"kept"`
		}) task.Task {
			return bigTask{in.Kept}
		})
	})))
	start(t, b)
	tasks, err := b.Result()
	require.NoError(t, err)

	runtime.GC()

	assert.Nil(t, unused.Value(), "a resource")
	assert.Nil(t, member.Value(), "a member of a group")
	assert.Nil(t, supplied.Value(), "a resource that was handed on")
	assert.NotNil(t, kept.Value(), "what a task has kept")

	runtime.KeepAlive(tasks)
	runtime.KeepAlive(b)
}

type bigTask struct{ *big }

func (bigTask) ID() task.ID                     { return "big" }
func (bigTask) Kind() task.Kind                 { return task.Oneshot }
func (b bigTask) Run(ctx context.Context) error { b.data[0]++; return ctx.Err() }

func TestValuesAreDroppedAfterAFailure(t *testing.T) {
	var built weak.Pointer[big]
	b := newBuild(t, assemble(layer("api", func(r *wiring.Registry) {
		r.Provide(func() *big { v := new(big); built = weak.Make(v); return v })
		r.Provide(func(*big) (*pool, error) { return nil, errNoHost })
		r.ProvideTask(func(*pool) task.Task { return unreachable[task.Task](t)() })
	})))
	start(t, b)
	_, err := b.Result()
	require.Error(t, err)

	runtime.GC()

	assert.Nil(t, built.Value())
	runtime.KeepAlive(b)
}

package wiring

import (
	"context"
	"errors"
	"reflect"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/task"
)

// manyParams has more parameters than a function that reflection makes can have.
func manyParams(context.Context,
	string, string, string, string, string, string, string, string, string, string, string, string, string,
	string, string, string, string, string, string, string, string, string, string, string, string, string,
	string, string, string, string, string, string, string, string, string, string, string, string, string,
	string, string, string, string, string, string, string, string, string, string, string, string, string,
	string, string, string, string, string, string, string, string, string, string, string, string, string,
	string, string, string, string, string, string, string, string, string, string, string, string, string,
	string, string, string, string, string, string, string, string, string, string, string, string, string,
	string, string, string, string, string, string, string, string, string, string, string, string, string,
	string, string, string, string, string, string, string, string, string, string, string, string, string,
	string, string, string, string, string, string, string, string, string, string, string, string, string,
) int {
	return 1
}

// Verification accepts only what dig accepts, so the plan is broken after it.
func TestADisagreementWithDigFailsTheRegistration(t *testing.T) {
	tests := []struct {
		name  string
		spoil func(provider, root *node)
		says  string
	}{
		{"a constructor", func(provider, _ *node) { provider.opts.name = "`" }, "names cannot contain backquotes"},
		{"a root", func(_, root *node) {
			root.fn = reflect.ValueOf(func(error) {})
			root.typ = root.fn.Type()
		}, "missing type: error"},
		{"a constructor that reflection cannot wrap", func(provider, _ *node) {
			provider.fn = reflect.ValueOf(manyParams)
			provider.typ = provider.fn.Type()
			provider.wantsContext = true
		}, "too many arguments"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := new(Assembly)
			a.Add(NewLayer("api", func(r *Registry) error {
				r.Provide(func() int { return 1 })
				r.ProvideTask(func(int) task.Task {
					return task.New("a", task.Oneshot, func(context.Context) error { return nil })
				})
				return nil
			}))
			plan, err := a.Verify()
			require.NoError(t, err)
			tt.spoil(plan.nodes[0], plan.nodes[1])

			b := plan.NewBuild()
			b.Run(t.Context())
			_, err = b.Result()

			failure, ok := errors.AsType[*ConstructorError](err)
			require.True(t, ok, "%v", err)
			assert.Equal(t, "api", failure.Layer)
			assert.ErrorContains(t, failure.Err, "dig disagrees with the verification")
			assert.ErrorContains(t, failure.Err, tt.says, "it says what dig says")
		})
	}
}

package service_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
)

func TestErrorsPrintTheirStacksWithPlus(t *testing.T) {
	panicked := &service.PanicError{Value: "ouch", Stack: []byte("goroutine 1 [running]:\nmain.main()\n")}
	tests := []struct {
		name string
		err  error
		text string
		more string // what %+v adds
	}{
		{"a task", &service.TaskError{ID: "a", Kind: task.Daemon, Layer: "l", Err: errBoom}, `task "a" (layer "l"): boom`, ""},
		{
			"a task with a stack", &service.TaskError{ID: "a", Layer: "l", Err: service.ErrStopTimeout, Stack: "1 goroutine:\n\tmain.hang\n"},
			`task "a" (layer "l"): did not stop in time`, "\n1 goroutine:\n\tmain.hang",
		},
		{"a hook", &service.HookError{Name: "h", Layer: "l", Err: errBoom}, `shutdown hook "h" (layer "l"): boom`, ""},
		{
			"a hook that panics", &service.HookError{Name: "h", Layer: "l", Err: panicked},
			`shutdown hook "h" (layer "l"): panic: ouch`, "\ngoroutine 1 [running]:\nmain.main()",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			assert.EqualError(t, tt.err, tt.text)
			assert.Equal(t, tt.text, fmt.Sprintf("%v", tt.err))
			assert.Equal(t, tt.text, fmt.Sprintf("%s", tt.err))
			assert.Equal(t, tt.text+tt.more, fmt.Sprintf("%+v", tt.err))
		})
	}
}

func TestErrorsUnwrap(t *testing.T) {
	assert.ErrorIs(t, &service.TaskError{Err: errBoom}, errBoom)
	assert.ErrorIs(t, &service.HookError{Err: errBoom}, errBoom)
	for _, err := range []error{&service.TaskError{Err: &service.PanicError{}}, &service.HookError{Err: &service.PanicError{}}} {
		_, ok := errors.AsType[*task.PanicError](err)
		assert.True(t, ok)
	}
}

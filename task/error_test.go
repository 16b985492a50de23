package task_test

import (
	"errors"
	"fmt"
	"io/fs"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/wireframework/wireframework/task"
)

func TestPanicErrorPrintsItsValueAndOnDemandItsStack(t *testing.T) {
	stack := []byte("goroutine 7 [running]:\nmain.seal()\n")
	tests := []struct {
		name   string
		err    *task.PanicError
		format string
		want   string
	}{
		{"a text", &task.PanicError{Value: "boom", Stack: stack}, "%v", "panic: boom"},
		{"an error", &task.PanicError{Value: fs.ErrNotExist, Stack: stack}, "%v", "panic: file does not exist"},
		{"a value that cannot be compared", &task.PanicError{Value: []int{1, 2}, Stack: stack}, "%v", "panic: [1 2]"},
		{"nothing", &task.PanicError{}, "%v", "panic: <nil>"},
		{"a Goexit", &task.PanicError{Value: task.ErrGoexit, Stack: stack}, "%v", "runtime.Goexit called"},
		{"%s", &task.PanicError{Value: "boom", Stack: stack}, "%s", "panic: boom"},
		{"%+v", &task.PanicError{Value: "boom", Stack: stack}, "%+v", "panic: boom\ngoroutine 7 [running]:\nmain.seal()\n"},
		{"%+v of a Goexit", &task.PanicError{Value: task.ErrGoexit, Stack: stack}, "%+v", "runtime.Goexit called\ngoroutine 7 [running]:\nmain.seal()\n"},
		{"%+v without a stack", &task.PanicError{Value: "boom"}, "%+v", "panic: boom"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			assert.Equal(t, tt.want, fmt.Sprintf(tt.format, tt.err))
		})
	}
}

func TestPanicErrorErrorIsWhatItPrints(t *testing.T) {
	assert.EqualError(t, &task.PanicError{Value: "boom", Stack: []byte("stack")}, "panic: boom")
	assert.EqualError(t, &task.PanicError{Value: task.ErrGoexit}, "runtime.Goexit called")
}

func TestPanicErrorUnwrapsToAnErrorThatWasItsValue(t *testing.T) {
	cause := &fs.PathError{Op: "open", Path: "ledger", Err: fs.ErrNotExist}
	err := fmt.Errorf("task: %w", &task.PanicError{Value: cause})

	assert.ErrorIs(t, err, fs.ErrNotExist)
	var path *fs.PathError
	assert.ErrorAs(t, err, &path)
	assert.Same(t, cause, path)
	var panicked *task.PanicError
	assert.ErrorAs(t, err, &panicked)
}

func TestPanicErrorOfAGoexitIsFound(t *testing.T) {
	err := fmt.Errorf("task: %w", &task.PanicError{Value: task.ErrGoexit})

	assert.ErrorIs(t, err, task.ErrGoexit)
}

func TestPanicErrorUnwrapsToNothingIfItsValueWasNoError(t *testing.T) {
	for _, value := range []any{"boom", 42, nil} {
		assert.NoError(t, errors.Unwrap(&task.PanicError{Value: value}))
	}
}

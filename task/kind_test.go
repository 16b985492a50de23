package task_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/wireframework/wireframework/task"
)

func TestKindsPrintTheirNames(t *testing.T) {
	names := map[task.Kind]string{
		task.Regular:              "task",
		task.Oneshot:              "oneshot",
		task.Precondition:         "precondition",
		task.Unconstrained:        "unconstrained",
		task.UnconstrainedOneshot: "unconstrained-oneshot",
		task.Daemon:               "daemon",
		task.Daemon + 1:           "kind(6)",
		255:                       "kind(255)",
	}
	for kind, want := range names {
		assert.Equal(t, want, kind.String())
	}
}

func TestTheZeroKindIsRegular(t *testing.T) {
	var kind task.Kind
	assert.Equal(t, task.Regular, kind)
}

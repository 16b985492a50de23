package task_test

import (
	"encoding/json"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

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
		text, err := json.Marshal(kind)
		require.NoError(t, err)
		assert.Equal(t, strconv.Quote(want), string(text))
		var back task.Kind
		if err := json.Unmarshal(text, &back); kind <= task.Daemon {
			require.NoError(t, err)
			assert.Equal(t, kind, back)
		} else {
			assert.ErrorContains(t, err, "unknown kind of task")
		}
	}
}

func TestTheZeroKindIsRegular(t *testing.T) {
	var kind task.Kind
	assert.Equal(t, task.Regular, kind)
}

//go:build unix

package testkit_test

import (
	"bufio"
	"os/exec"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/internal/testkit"
)

// What the process is sent while it is frozen it answers when it goes on.
func TestAFrozenProcessGoesOn(t *testing.T) {
	cmd := exec.Command("cat")
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())

	testkit.Freeze(t, cmd.Process)
	_, err = in.Write([]byte("answer\n"))
	require.NoError(t, err)
	require.NoError(t, cmd.Process.Signal(syscall.SIGCONT))

	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	assert.Equal(t, "answer\n", line)
	require.NoError(t, in.Close())
	require.NoError(t, cmd.Wait())
}

func TestFreezingAProcessThatHasEndedFails(t *testing.T) {
	cmd := exec.Command("true")
	require.NoError(t, cmd.Run())

	r := testkit.Record(t, func(t testing.TB) { testkit.Freeze(t, cmd.Process) })

	assert.NotEmpty(t, r.Failures)
}

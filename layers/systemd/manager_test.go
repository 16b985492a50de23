package systemd_test

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/layers/systemd"
)

// manager stands in for the service manager: the end of the socket that it reads.
type manager struct {
	t    *testing.T
	conn *net.UnixConn
}

// manage makes the test a process of a new service manager.
func manage(t *testing.T) *manager {
	t.Helper()
	dir, err := os.MkdirTemp("", "systemd") // the path of a socket has to be short
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return manageAt(t, filepath.Join(dir, "notify"))
}

func manageAt(t *testing.T, address string) *manager {
	t.Helper()
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: address, Net: "unixgram"})
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	setEnv(t, address, "")
	return &manager{t, conn}
}

// setEnv starts the process anew, as far as the layer can tell.
func setEnv(t *testing.T, socket, watchdog string) {
	t.Helper()
	t.Setenv("NOTIFY_SOCKET", socket)
	t.Setenv("WATCHDOG_USEC", watchdog)
	t.Setenv("WATCHDOG_PID", "")
	systemd.Forget(t)
}

// await waits until n messages have come that begin so. They must come before the end.
func (m *manager) await(n int, prefix string) {
	m.t.Helper()
	for n > 0 {
		got, err := m.read()
		require.NoError(m.t, err)
		require.NotEqual(m.t, end, got, "waiting for %q", prefix)
		if strings.HasPrefix(got, prefix) {
			n--
		}
	}
}

// end is a message of the test itself.
const end = "END"

// finish puts the end behind the messages that are there.
func (m *manager) finish() {
	conn, err := net.DialUnix("unixgram", nil, m.conn.LocalAddr().(*net.UnixAddr))
	if !assert.NoError(m.t, err) {
		return
	}
	defer conn.Close()
	_, err = conn.Write([]byte(end))
	assert.NoError(m.t, err)
}

// all returns the messages that are there.
func (m *manager) all() []string {
	m.t.Helper()
	m.finish()
	var messages []string
	for {
		message, err := m.read()
		require.NoError(m.t, err)
		if message == end {
			return messages
		}
		messages = append(messages, message)
	}
}

func (m *manager) read() (string, error) {
	buffer := make([]byte, 4096) // what systemd reads
	n, err := m.conn.Read(buffer)
	return string(buffer[:n]), err
}

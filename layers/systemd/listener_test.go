package systemd_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/layers/systemd"
)

// activate prepares this binary as a process in the mode of child, with sockets as a
// service manager gives them. The shell knows the process ID that the program will have.
func activate(t *testing.T, mode, names string, sockets ...*os.File) (cmd *exec.Cmd, stdout, stderr *bytes.Buffer) {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	cmd = exec.CommandContext(t.Context(), "sh", "-c", `LISTEN_PID=$$ exec "$0"`, self)
	cmd.Env = append(os.Environ(), modeEnv+"="+mode, fmt.Sprintf("LISTEN_FDS=%d", len(sockets)), "LISTEN_FDNAMES="+names,
		"GORACE=atexit_sleep_ms=0")
	cmd.ExtraFiles = sockets
	stdout, stderr = new(bytes.Buffer), new(bytes.Buffer)
	cmd.Stdout, cmd.Stderr = stdout, stderr
	return cmd, stdout, stderr
}

// listen opens a socket as a service manager does.
func listen(t *testing.T, network, address string) (net.Addr, *os.File) {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), network, address)
	require.NoError(t, err)
	if u, ok := l.(*net.UnixListener); ok {
		u.SetUnlinkOnClose(false)
	}
	file, err := l.(interface{ File() (*os.File, error) }).File()
	require.NoError(t, err)
	t.Cleanup(func() { _ = file.Close() })
	require.NoError(t, l.Close())
	return l.Addr(), file
}

func TestListenerOpensTheSocketOfItsName(t *testing.T) {
	api, apiFile := listen(t, "tcp", "127.0.0.1:0")
	path := filepath.Join(t.TempDir(), "ops")
	_, opsFile := listen(t, "unix", path)
	cmd, stdout, stderr := activate(t, "open ops api api", "api:ops", apiFile, opsFile)

	require.NoError(t, cmd.Run(), "%s", stderr)

	assert.Equal(t, []string{
		"ops unix " + path,
		"api tcp " + api.String(),
		"api tcp " + api.String(),
		"", // and the variables are gone
	}, strings.Split(stdout.String(), "\n"))
	assert.FileExists(t, path, "it belongs to the service manager")
}

func TestListenerSaysWhatIsWrong(t *testing.T) {
	_, stream := listen(t, "tcp", "127.0.0.1:0")
	datagram, err := new(net.ListenConfig).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	require.NoError(t, err)
	defer datagram.Close()
	packets, err := datagram.(*net.UDPConn).File()
	require.NoError(t, err)
	defer packets.Close()
	regular, err := os.Create(filepath.Join(t.TempDir(), "file"))
	require.NoError(t, err)
	defer regular.Close()
	tests := []struct {
		name    string
		names   string
		sockets []*os.File
		want    string
	}{
		{
			"no socket of this name", "ops:metrics", []*os.File{stream, stream},
			`systemd socket "api": the process was not given a socket of this name (there are "ops", "metrics")`,
		},
		{
			"sockets without names", "", []*os.File{stream},
			`systemd socket "api": the process was not given a socket of this name (there are "LISTEN_FD_3")`,
		},
		{
			"two sockets of this name", "api:api", []*os.File{stream, stream},
			`systemd socket "api": the process was given 2 sockets of this name (set FileDescriptorName for each)`,
		},
		{
			"a datagram socket", "api", []*os.File{packets},
			`systemd socket "api": it is no listening stream socket: `,
		},
		{
			"no socket at all", "api", []*os.File{regular},
			`systemd socket "api": it is no listening stream socket: `,
		},
		{
			"nothing", "", nil,
			`systemd socket "api": the process was not given any sockets (start it through a systemd socket unit, or listen on an address)`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cmd, stdout, stderr := activate(t, "open api", tt.names, tt.sockets...)

			require.NoError(t, cmd.Run(), "%s", stderr)

			assert.Contains(t, stdout.String(), tt.want)
		})
	}
}

// The sockets of another process, such as the parent, are not ours.
func TestListenerInAProcessThatWasNotActivated(t *testing.T) {
	t.Setenv("LISTEN_PID", fmt.Sprint(os.Getppid()))
	t.Setenv("LISTEN_FDS", "1")
	t.Setenv("LISTEN_FDNAMES", "api")

	l, err := systemd.Listener("api")(context.Background())

	assert.Nil(t, l)
	assert.ErrorIs(t, err, systemd.ErrNotActivated)
}

func TestAServerOnAnInheritedSocket(t *testing.T) {
	addr, socket := listen(t, "tcp", "127.0.0.1:0")
	for range 2 { // the second one goes on where the first has stopped
		cmd, _, stderr := activate(t, "serve", "api", socket)
		require.NoError(t, cmd.Start())

		// The connection waits until the server serves.
		assert.Equal(t, fmt.Sprintf("hello from %d", cmd.Process.Pid), get(t, "http://"+addr.String()))

		require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
		require.NoError(t, cmd.Wait(), "%s", stderr)
	}
}

func TestAServerWithoutItsSocketIsAWiringError(t *testing.T) {
	_, socket := listen(t, "tcp", "127.0.0.1:0")
	cmd, _, stderr := activate(t, "serve", "ops", socket)

	err := cmd.Run()

	require.Error(t, err)
	assert.Equal(t, 1, cmd.ProcessState.ExitCode())
	assert.Contains(t, stderr.String(), `layer "http-api"`)
	assert.Contains(t, stderr.String(), `systemd socket "api": the process was not given a socket of this name (there are "ops")`)
}

func get(t *testing.T, url string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	require.NoError(t, err)
	r.Close = true // leaves no goroutine behind
	resp, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return string(text)
}

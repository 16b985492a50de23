package etcdtest_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/layers/etcd/etcdtest"
)

func TestServersAnswerApartFromEachOther(t *testing.T) {
	one, two := etcdtest.Start(t), etcdtest.Start(t)

	_, err := one.Client(t).Put(t.Context(), "/key", "value")
	require.NoError(t, err)

	r, err := one.Client(t).Get(t.Context(), "/key")
	require.NoError(t, err)
	assert.Len(t, r.Kvs, 1)
	r, err = two.Client(t).Get(t.Context(), "/key")
	require.NoError(t, err)
	assert.Empty(t, r.Kvs)
}

func TestAServerEndsWithItsTest(t *testing.T) {
	var address string
	t.Run("inner", func(t *testing.T) {
		server := etcdtest.Start(t)
		server.Freeze(t)
		address = strings.TrimPrefix(server.Endpoint(), "http://")
		conn, err := net.Dial("tcp", address)
		require.NoError(t, err)
		require.NoError(t, conn.Close())
	})

	_, err := net.Dial("tcp", address)

	assert.Error(t, err)
}

func TestAServerThatIsFrozenDoesNotAnswer(t *testing.T) {
	server := etcdtest.Start(t)
	client := server.Client(t)
	thaw := server.Freeze(t)

	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	_, err := client.Get(ctx, "/key")
	assert.ErrorIs(t, err, context.DeadlineExceeded)

	thaw()
	_, err = client.Get(t.Context(), "/key")
	assert.NoError(t, err)
}

// killedEnv makes TestAServerEndsWithAProcessThatIsKilled the process that is killed.
const killedEnv = "ETCDTEST_KILLED"

func TestAServerEndsWithAProcessThatIsKilled(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux ends it")
	}
	if os.Getenv(killedEnv) == "1" {
		fmt.Println(etcdtest.Start(t).Endpoint())
		select {}
	}
	etcdtest.Start(t) // or skips
	executable, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command(executable, "-test.run=^TestAServerEndsWithAProcessThatIsKilled$")
	cmd.Env = append(os.Environ(), killedEnv+"=1")
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	address := strings.TrimPrefix(strings.TrimSpace(line), "http://")
	conn, err := net.Dial("tcp", address)
	require.NoError(t, err, line)
	require.NoError(t, conn.Close())

	require.NoError(t, cmd.Process.Kill())
	cmd.Wait()

	assert.Eventually(t, func() bool {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			conn.Close()
		}
		return err != nil
	}, time.Minute, 10*time.Millisecond)
}

// innerEnv makes TestWithoutEtcd the test that it runs in another process.
const innerEnv = "ETCDTEST_INNER"

func TestWithoutEtcd(t *testing.T) {
	if os.Getenv(innerEnv) == "1" {
		etcdtest.Start(t)
		return
	}
	executable, err := os.Executable()
	require.NoError(t, err)
	run := func(require string) (string, error) {
		cmd := exec.Command(executable, "-test.run=^TestWithoutEtcd$", "-test.v")
		cmd.Env = []string{innerEnv + "=1", "PATH=/nowhere", "HOME=" + t.TempDir(), etcdtest.RequireEnv + "=" + require}
		out, err := cmd.CombinedOutput()
		return string(out), err
	}

	out, err := run("")
	assert.NoError(t, err)
	assert.Contains(t, out, "--- SKIP: TestWithoutEtcd")
	assert.Contains(t, out, `etcd is not installed: exec: "etcd": executable file not found in $PATH (install it, on Debian with: apt-get install etcd-server; WIREFRAMEWORK_REQUIRE_SERVERS=1 makes this a failure)`)

	out, err = run("1")
	assert.Error(t, err)
	assert.Contains(t, out, "--- FAIL: TestWithoutEtcd")
	assert.Contains(t, out, "etcd is not installed, and WIREFRAMEWORK_REQUIRE_SERVERS=1 demands it")
}

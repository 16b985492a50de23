package etcdtest

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"

	"github.com/wireframework/wireframework/internal/testkit"
)

// RequireEnv is the environment variable that makes a missing server a failure.
const RequireEnv = "WIREFRAMEWORK_REQUIRE_SERVERS"

const (
	patience = time.Minute // until the server answers
	attempts = 5           // to find free ports
)

// Server is an etcd that runs. Make one with [Start].
type Server struct {
	endpoint string
	process  *os.Process
	log      string        // a file
	ended    chan struct{} // closed when the process has ended
	end      func()        // kills the process and waits for its end; may be called twice
}

// Start runs an etcd until the end of the test, and blocks until it answers.
func Start(t testing.TB) *Server {
	t.Helper()
	program, err := exec.LookPath("etcd")
	if err != nil {
		missing(t, err)
	}
	for range attempts {
		s := start(t, program)
		if s.answers(t) {
			return s
		}
		// Somebody else has taken a port, most likely.
		s.end()
		t.Logf("etcd does not start; its log:\n%s", s.tail())
	}
	t.Fatalf("etcd does not start in %d attempts", attempts)
	return nil
}

func missing(t testing.TB, err error) {
	t.Helper()
	if os.Getenv(RequireEnv) == "1" {
		t.Fatalf("etcd is not installed, and %s=1 demands it: %v (install it, on Debian with: apt-get install etcd-server)", RequireEnv, err)
	}
	t.Skipf("etcd is not installed: %v (install it, on Debian with: apt-get install etcd-server; %s=1 makes this a failure)", err, RequireEnv)
}

func start(t testing.TB, program string) *Server {
	t.Helper()
	dir := t.TempDir()
	ports := freePorts(t, 2)
	client, peer := "http://127.0.0.1:"+ports[0], "http://127.0.0.1:"+ports[1]
	s := &Server{
		endpoint: client,
		log:      filepath.Join(dir, "log"),
		ended:    make(chan struct{}),
	}
	log, err := os.Create(s.log)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = log.Close() }() // the process has its own
	cmd := exec.Command(program,
		"--name", "test",
		"--data-dir", filepath.Join(dir, "data"),
		"--listen-client-urls", client, "--advertise-client-urls", client,
		"--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
		"--initial-cluster", "test="+peer,
		// The lower bound of a lease follows from these: one second.
		"--heartbeat-interval", "50", "--election-timeout", "500",
	)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.Dir = dir
	// Settings of etcd in the environment would count before flags that are not given.
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "ETCD_UNSUPPORTED_ARCH=" + os.Getenv("ETCD_UNSUPPORTED_ARCH")}
	cmd.SysProcAttr = dieWithParent()
	started := make(chan error)
	go func() {
		defer close(s.ended)
		runtime.LockOSThread() // the thread has to live as long as the process
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // it is killed in the end
		}
	}()
	if err := <-started; err != nil {
		t.Fatalf("etcd: %v", err)
	}
	s.process = cmd.Process
	s.end = sync.OnceFunc(func() {
		_ = s.process.Kill() // it may have ended by itself
		<-s.ended
	})
	t.Cleanup(s.end)
	return s
}

// freePorts returns ports that are free at the moment.
func freePorts(t testing.TB, n int) []string {
	t.Helper()
	if n == 0 {
		return nil
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }() // after the others are taken, so that they differ
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return append(freePorts(t, n-1), port)
}

// answers waits for the first answer, and reports false if the process ends before.
func (s *Server) answers(t testing.TB) bool {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	go func() {
		select {
		case <-s.ended:
			cancel()
		case <-ctx.Done():
		}
	}()
	client, err := s.connect()
	if err != nil {
		t.Fatalf("etcd: %v", err)
	}
	defer func() { _ = client.Close() }()
	for {
		if _, err := client.Get(ctx, "ready"); err == nil {
			return true
		}
		select {
		case <-ctx.Done():
			return false
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (s *Server) tail() string {
	text, err := os.ReadFile(s.log)
	if err != nil {
		return err.Error()
	}
	const limit = 4 << 10
	return string(text[max(0, len(text)-limit):])
}

func (s *Server) connect() (*clientv3.Client, error) {
	return clientv3.New(clientv3.Config{Endpoints: []string{s.endpoint}, Logger: zap.NewNop()})
}

// Endpoint returns the address for clients, such as "http://127.0.0.1:2379".
func (s *Server) Endpoint() string { return s.endpoint }

// Client returns a client that is closed at the end of the test.
func (s *Server) Client(t testing.TB) *clientv3.Client {
	t.Helper()
	client, err := s.connect()
	if err != nil {
		t.Fatalf("etcd: %v", err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// Freeze stops the process until the function that it returns is called, or the test
// ends. Connections stay open, and nothing answers.
func (s *Server) Freeze(t testing.TB) (thaw func()) {
	t.Helper()
	testkit.Freeze(t, s.process)
	thaw = sync.OnceFunc(func() {
		if err := s.process.Signal(syscall.SIGCONT); err != nil {
			t.Errorf("etcd: %v", fmt.Errorf("thaw: %w", err))
		}
	})
	t.Cleanup(thaw)
	return thaw
}

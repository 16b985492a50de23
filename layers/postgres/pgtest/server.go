//go:build unix

package pgtest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	superuser    = "postgres"
	startTimeout = time.Minute
	stopTimeout  = 20 * time.Second
	attempts     = 3 // another process may take the port that was free
)

// Option changes the server.
type Option func(*config)

type config struct{ settings []string }

// Durable makes the server wait for the disk, as one that may itself be killed.
func Durable() Option {
	return Setting("fsync=on", "synchronous_commit=on", "full_page_writes=on")
}

// Setting adds settings of the server, such as "max_connections=10".
func Setting(settings ...string) Option {
	return func(c *config) { c.settings = append(c.settings, settings...) }
}

// fast is for what need not survive the machine.
var fast = []string{
	"fsync=off", "synchronous_commit=off", "full_page_writes=off",
	"max_connections=100", "shared_buffers=32MB", "log_min_messages=warning",
}

// Server is a PostgreSQL server that runs. Its methods are safe for concurrent use.
type Server struct {
	dir      string
	address  string
	password string
	cmd      *exec.Cmd
	last     atomic.Int64 // number of the latest database
	stop     func()
}

// Start starts a server that is stopped at the end of the test. It blocks until the
// server answers, and fails or skips the test if there is none.
func Start(t testing.TB, opts ...Option) *Server {
	t.Helper()
	s, err := start(binaries(t), opts)
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	t.Cleanup(s.Stop)
	return s
}

func start(binaries string, opts []Option) (_ *Server, err error) {
	c := config{settings: fast}
	for _, o := range opts {
		o(&c)
	}
	who, err := accountForServer()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "pgtest-")
	if err != nil {
		return nil, err
	}
	s := &Server{dir: dir, password: rand.Text()}
	s.stop = sync.OnceFunc(s.shutDown)
	defer func() {
		if err != nil {
			err = fmt.Errorf("%w\n%s", err, s.log())
			s.Stop()
		}
	}()
	if err := s.create(binaries, who); err != nil {
		return nil, err
	}
	for attempt := 1; ; attempt++ {
		err := s.run(binaries, who, c.settings)
		if err == nil || attempt == attempts {
			return s, err
		}
	}
}

// create makes the files of the server.
func (s *Server) create(binaries string, who *account) error {
	secret := filepath.Join(s.dir, "password")
	if err := os.WriteFile(secret, []byte(s.password), 0o600); err != nil {
		return err
	}
	if err := errors.Join(who.own(s.dir), who.own(secret)); err != nil {
		return err
	}
	log, err := s.openLog()
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	cmd := who.command(s.dir, log, filepath.Join(binaries, "initdb"),
		"--pgdata", s.data(), "--username", superuser, "--auth", "scram-sha-256", "--pwfile", secret,
		"--encoding", "UTF8", "--no-locale", "--no-sync")
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("initdb: %w", err)
	}
	return nil
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

func (s *Server) openLog() (*os.File, error) {
	return os.OpenFile(filepath.Join(s.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
}

// log returns what the server has said.
func (s *Server) log() string {
	text, _ := os.ReadFile(filepath.Join(s.dir, "log")) // it is shown beside another error
	return strings.TrimSpace(string(text))
}

// run starts the server on a free port and waits until it answers.
func (s *Server) run(binaries string, who *account, settings []string) error {
	port, err := freePort()
	if err != nil {
		return err
	}
	s.address = net.JoinHostPort("127.0.0.1", port)
	args := []string{"-D", s.data()}
	for _, setting := range append([]string{"listen_addresses=127.0.0.1", "port=" + port, "unix_socket_directories=" + s.dir}, settings...) {
		args = append(args, "-c", setting)
	}
	log, err := s.openLog()
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }() // the server has its own copy
	cmd := who.command(s.dir, log, filepath.Join(binaries, "postgres"), args...)
	if err := cmd.Start(); err != nil {
		return err
	}
	s.cmd = cmd
	return s.await()
}

func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, errors.Join(err, l.Close())
}

// await waits until the server answers.
func (s *Server) await() error {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, s.URL("postgres"))
		if err == nil {
			return conn.Close(ctx)
		}
		if status, ended := hasEnded(s.cmd); ended {
			s.cmd = nil
			return fmt.Errorf("the server has ended: %s", status)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the server does not answer: %w", err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Address returns host and port of the server.
func (s *Server) Address() string { return s.address }

// URL returns the connection string of a database, which need not exist. Its user may do
// everything.
func (s *Server) URL(database string) string {
	u := url.URL{
		Scheme:   "postgres",
		User:     url.UserPassword(superuser, s.password),
		Host:     s.address,
		Path:     "/" + database,
		RawQuery: "sslmode=disable",
	}
	return u.String()
}

// NewDatabase creates an empty database and returns its connection string. At the end of
// the test it is dropped, whoever uses it.
func (s *Server) NewDatabase(t testing.TB) (url string) {
	t.Helper()
	name := fmt.Sprintf("test_%d", s.last.Add(1))
	s.mustExec(t, "create database "+name)
	t.Cleanup(func() { s.mustExec(t, "drop database if exists "+name+" with (force)") })
	return s.URL(name)
}

func (s *Server) mustExec(t testing.TB, statement string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout) // the context of the test may have ended
	defer cancel()
	conn, err := pgx.Connect(ctx, s.URL("postgres"))
	if err == nil {
		_, err = conn.Exec(ctx, statement)
		err = errors.Join(err, conn.Close(ctx))
	}
	if err != nil {
		t.Fatalf("pgtest: %s: %v", statement, err)
	}
}

// Stop stops the server and removes its files. It blocks until that is done; a further
// call does nothing.
func (s *Server) Stop() { s.stop() }

// shutDown asks the server to end, and ends it if it does not.
func (s *Server) shutDown() {
	if s.cmd != nil {
		_ = s.cmd.Process.Signal(syscall.SIGINT) // which disconnects everybody
		kill := time.AfterFunc(stopTimeout, func() { _ = syscall.Kill(-s.cmd.Process.Pid, syscall.SIGKILL) })
		_ = s.cmd.Wait() // how it ends is of no interest
		kill.Stop()
	}
	_ = os.RemoveAll(s.dir) // what is left is in the directory for temporary files
}

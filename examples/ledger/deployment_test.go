package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/examples/ledger/api"
	"github.com/wireframework/wireframework/examples/ledger/audit"
	"github.com/wireframework/wireframework/examples/ledger/ledger"
	"github.com/wireframework/wireframework/examples/ledger/seal"
	"github.com/wireframework/wireframework/layers/health"
	"github.com/wireframework/wireframework/layers/leader"
	"github.com/wireframework/wireframework/layers/leader/leadertest"
	"github.com/wireframework/wireframework/layers/postgres"
	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/service/servicetest"
)

func TestDeployments(t *testing.T) {
	builders := app().Builders()
	require.Len(t, builders, 3)
	builders["cluster-with-etcd-and-setup"] = func() *service.Builder {
		o := clusterOptions{Postgres: postgres.Options{URL: "postgres://localhost/ledger"}, SetUp: true, Leader: "etcd"}
		o.Etcd.Endpoints = []string{"http://127.0.0.1:2379"}
		return cluster(o)
	}
	servicetest.Deployments(t, builders)
}

// The flags have no defaults: only the layers know them.
func TestHelpSaysWhereTheServersListen(t *testing.T) {
	for deployment := range app().Builders() {
		var help bytes.Buffer
		require.Zero(t, app().Run(t.Context(), []string{"run", deployment, "--help"}, &help, io.Discard))
		assert.Regexp(t, `(?m)^Server of the API, by default at 127\.0\.0\.1:8080\n  --http-listen=`, help.String())
		assert.Regexp(t, `(?m)^Server for operators, by default at 127\.0\.0\.1:8086: health, metrics, debug,?\s+dashboard\n  --ops-listen=`, help.String())
	}
}

func TestAnUnknownElectionIsAnErrorThatNamesTheKnownOnes(t *testing.T) {
	_, err := cluster(clusterOptions{Postgres: postgres.Options{URL: "postgres://localhost/ledger"}, Leader: "etdc"}).Build()
	assert.ErrorContains(t, err, `unknown leader "etdc" (did you mean "etcd"? known: "etcd", "postgres")`)
}

// pipes is a listener without a network, for a bubble.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newPipes() *pipes { return &pipes{conns: make(chan net.Conn), closed: make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

func (*pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe", Net: "unix"} }

func (p *pipes) dial() net.Conn {
	client, server := net.Pipe()
	p.conns <- server
	return client
}

// slowLedger takes its time, and notes what it gets.
type slowLedger struct {
	api.Ledger            // nil: nothing else is asked for
	mu         sync.Mutex // protects following fields
	takes      time.Duration
	submitted  []ledger.Transfer
}

func (l *slowLedger) Submit(ctx context.Context, t ledger.Transfer) (ledger.Record, error) {
	l.mu.Lock()
	takes := l.takes
	l.mu.Unlock()
	select {
	case <-ctx.Done():
		return ledger.Record{}, ctx.Err()
	case <-time.After(takes):
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.submitted = append(l.submitted, t)
	return ledger.Record{Transfer: t, State: ledger.Pending, Time: time.Now()}, nil
}

func (l *slowLedger) set(takes time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.takes = takes
}

// startAPI runs the API of a deployment on another ledger, in the bubble. The routes of all
// servers are one group, so those for operators, which look at the database, have to go.
func startAPI(t *testing.T, l api.Ledger) (*servicetest.Node, *pipes) {
	t.Helper()
	listener := newPipes()
	o := apiOptions{Postgres: postgres.Options{URL: "postgres://localhost/nobody-connects"}}
	o.Public.Server.Listener = func(context.Context) (net.Listener, error) { return listener, nil }
	n := servicetest.Start(t, apiOnly(o).RemoveLayer("operations"), servicetest.Only("public"), servicetest.Override(l))
	return n, listener
}

const submission = "POST /transfers HTTP/1.1\r\nHost: ledger\r\nContent-Type: application/json\r\nContent-Length: 51\r\n\r\n" +
	`{"key":"k","from":"alice","to":"bob","amount":  10}`

func TestTheAPIAloneAnswersInVirtualTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &slowLedger{takes: 3 * time.Second}
		n, listener := startAPI(t, l)
		conn := listener.dial()
		defer conn.Close()
		began := time.Now()
		_, err := io.WriteString(conn, submission)
		require.NoError(t, err)
		status, body, err := readAnswer(conn)
		require.NoError(t, err)
		assert.Equal(t, http.StatusAccepted, status)
		assert.Contains(t, body, `"amount":10`)
		assert.Equal(t, 3*time.Second, time.Since(began))

		l.set(time.Hour)
		_, err = io.WriteString(conn, submission)
		require.NoError(t, err)
		status, body, err = readAnswer(conn)
		require.NoError(t, err)
		assert.Equal(t, http.StatusServiceUnavailable, status)
		assert.JSONEq(t, `{"error": "the ledger does not answer, try again"}`, body)
		assert.Equal(t, 8*time.Second, time.Since(began))
		assert.Len(t, l.submitted, 1)
		require.NoError(t, n.Stop())
	})
}

func TestTheAPIAloneDrainsInVirtualTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &slowLedger{takes: 4 * time.Second}
		n, listener := startAPI(t, l)
		conn := listener.dial()
		defer conn.Close()
		_, err := io.WriteString(conn, submission)
		require.NoError(t, err)
		synctest.Wait()

		n.Service().Stop(nil)
		status, _, err := readAnswer(conn)
		require.NoError(t, err)
		assert.Equal(t, http.StatusAccepted, status)
		require.NoError(t, n.Stop())
		assert.Len(t, l.submitted, 1)
	})
}

func TestASlowHeaderIsNotWaitedForInVirtualTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, listener := startAPI(t, &slowLedger{})
		conn := listener.dial()
		defer conn.Close()
		began := time.Now()
		var writer sync.WaitGroup
		defer writer.Wait()
		writer.Go(func() {
			for _, c := range []byte(submission) {
				if _, err := conn.Write([]byte{c}); err != nil {
					return
				}
				time.Sleep(time.Second)
			}
		})
		answer, _ := io.ReadAll(conn)
		assert.NotContains(t, string(answer), "HTTP/1.1 2")
		assert.Equal(t, 10*time.Second, time.Since(began))
	})
}

// sealed takes note of the tokens that it is given.
type sealed struct {
	mu     sync.Mutex // protects following field
	tokens []int64
}

func (s *sealed) Seal(_ context.Context, token int64, _ int) (ledger.Header, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens = append(s.tokens, token)
	return ledger.Header{Height: int64(len(s.tokens)), Count: 1}, true, nil
}

func (s *sealed) seen() []int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.tokens)
}

func TestTheSealerOfAClusterAloneSealsWhileItLeads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, elector := new(sealed), leadertest.NewElector()
		n := servicetest.Start(t, app().Builders()["cluster"](),
			servicetest.Only("sealer"),
			servicetest.Override[seal.Ledger](l),
			servicetest.Override[leader.Elector](elector),
		)
		time.Sleep(time.Hour)
		assert.Empty(t, l.seen())

		elector.Grant()
		time.Sleep(time.Second + time.Millisecond)
		assert.Equal(t, []int64{1, 1, 1, 1, 1}, l.seen(), "a block every 250 ms")
		elector.Revoke()
		time.Sleep(time.Hour)
		assert.Len(t, l.seen(), 5)
		elector.Grant()
		time.Sleep(3 * time.Second)
		assert.EqualValues(t, 2, l.seen()[5])
		require.NoError(t, n.Stop())
	})
}

// wrongSum is a ledger without blocks where there is money all the same.
type wrongSum struct{}

func (wrongSum) Blocks(context.Context, int64, int) ([]ledger.Block, error) { return nil, nil }
func (wrongSum) Sum(context.Context) (ledger.Amount, error)                 { return 7, nil }
func (wrongSum) Snapshot(context.Context, int64) (ledger.Snapshot, error) {
	return ledger.Snapshot{}, nil
}

func TestTheAuditorOfAClusterAloneFindsWhatIsWrong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var checks []health.Check
		n := servicetest.Start(t, app().Builders()["cluster"]().RemoveLayer("postgres"), // which has a check too
			servicetest.Only("auditor"),
			servicetest.Override[audit.Ledger](wrongSum{}),
			servicetest.PopulateGroup(&checks, "health"),
		)
		require.Len(t, checks, 1)
		time.Sleep(time.Second)
		require.NoError(t, checks[0].Check(t.Context()))
		time.Sleep(2 * time.Second)
		assert.ErrorContains(t, checks[0].Check(t.Context()), "the sum of all balances is not zero but 7")
		require.NoError(t, n.Stop())
	})
}

// readAnswer reads one answer from a connection that the test drives by itself.
func readAnswer(r io.Reader) (status int, body string, err error) {
	resp, err := http.ReadResponse(bufio.NewReader(r), nil)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil
	}
	return resp.StatusCode, string(text), err
}

// runApp runs a command within the test.
func runApp(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = app().Run(t.Context(), args, &out, &errs)
	return code, out.String(), errs.String()
}

func TestCommandsThatLookAtTheGraphConnectToNothing(t *testing.T) {
	code, out, errs := runApp(t, "check")
	assert.Zero(t, code, errs)
	for _, deployment := range []string{"standalone: ok", "cluster: ok", "api: ok"} {
		assert.Contains(t, out, deployment)
	}
	for format, want := range map[string]string{"dot": "digraph", "mermaid": "flowchart", "json": `"layers"`} {
		code, out, errs = runApp(t, "graph", "cluster", "--format="+format)
		assert.Zero(t, code, errs)
		assert.Contains(t, out, want)
	}
	code, out, errs = runApp(t, "tasks", "api")
	assert.Zero(t, code, errs)
	assert.Contains(t, out, "http-api")
	assert.NotContains(t, out, "sealer")
}

func TestAConfigurationFileIsStrict(t *testing.T) {
	file := filepath.Join(t.TempDir(), "ledger.toml")
	require.NoError(t, os.WriteFile(file, []byte("seal.interval = \"1s\"\nseal.intervall = \"2s\"\n\n[deployment.cluster]\nleader = 5\n"), 0o600))
	code, _, errs := runApp(t, "check", "--config="+file)
	assert.Equal(t, 2, code)
	assert.Contains(t, errs, "intervall")
	assert.Contains(t, errs, "leader")
	assert.GreaterOrEqual(t, strings.Count(errs, file), 2, "both mistakes at once: %s", errs)
}

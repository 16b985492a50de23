//go:build unix

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/resource"
)

// patience is how long a test waits for what happens soon on a machine that is not
// overloaded.
const patience = time.Minute

// node is the program as a process of its own.
type node struct {
	t      *testing.T
	cmd    *exec.Cmd
	ended  chan struct{} // closed when the process has ended
	log    *log
	opsURL string // without a slash at the end
	apiURL string // set by awaitReady
}

// start starts the program, with both servers on free ports. The process is killed at the
// end of the test if it has not ended.
func start(t *testing.T, binary string, args ...string) *node {
	t.Helper()
	args = append([]string{"run"}, args...)
	args = append(args, "--http-listen=127.0.0.1:0", "--ops-listen=127.0.0.1:0", "--log-format=json", "--log-level=debug")
	n := &node{t: t, cmd: exec.Command(binary, args...), ended: make(chan struct{}), log: newLog()}
	n.cmd.Dir = t.TempDir()
	n.cmd.Stdout, n.cmd.Stderr = n.log, n.log
	endWithParent(n.cmd)
	require.NoError(t, n.cmd.Start())
	go func() {
		defer close(n.ended)
		_ = n.cmd.Wait() // the exit code tells
		n.log.close()
	}()
	t.Cleanup(func() {
		_ = n.cmd.Process.Kill() // it may have ended
		<-n.ended
		if t.Failed() {
			t.Logf("log of the node %s:\n%s", strings.Join(args, " "), n.log.tail(30))
		}
	})
	return n
}

// ops waits for the server for operators.
func (n *node) ops() string {
	n.t.Helper()
	if n.opsURL == "" {
		n.opsURL = "http://" + n.awaitLog("listening", "task", "http-ops")["address"].(string)
	}
	return n.opsURL
}

// awaitReady waits until the node works, and returns the address of its API.
func (n *node) awaitReady() string {
	n.t.Helper()
	n.apiURL = "http://" + n.awaitLog("listening", "task", "http-api")["address"].(string)
	n.ops()
	return n.apiURL
}

// awaitLog waits for a line of the log, with these attributes.
func (n *node) awaitLog(msg string, attrs ...any) map[string]any {
	n.t.Helper()
	deadline := time.After(patience)
	for {
		line, changed, open := n.log.find(msg, attrs)
		if line != nil {
			return line
		}
		if !open {
			n.t.Fatalf("the node has ended and has not logged %q %v", msg, attrs)
		}
		select {
		case <-changed:
		case <-deadline:
			n.t.Fatalf("the node does not log %q %v", msg, attrs)
		}
	}
}

func (n *node) signal(sig syscall.Signal) {
	n.t.Helper()
	require.NoError(n.t, n.cmd.Process.Signal(sig))
}

// kill ends the process as a machine does that loses its power.
func (n *node) kill() {
	n.t.Helper()
	n.signal(syscall.SIGKILL)
	<-n.ended
}

// exitCode waits for the end of the process.
func (n *node) exitCode() int {
	n.t.Helper()
	select {
	case <-n.ended:
	case <-time.After(patience):
		n.t.Fatal("the node does not end")
	}
	return n.cmd.ProcessState.ExitCode()
}

func (n *node) hasEnded() bool {
	select {
	case <-n.ended:
		return true
	default:
		return false
	}
}

// terminate ends the process as an operator does, and requires that it goes well.
func (n *node) terminate() {
	n.t.Helper()
	n.signal(syscall.SIGTERM)
	require.Equal(n.t, 0, n.exitCode())
}

// probe asks the server for operators, and returns zero if it does not answer.
func (n *node) probe(path string) (status int, body string) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, n.ops()+path, http.NoBody)
	require.NoError(n.t, err)
	req.Close = true // leaves no goroutine behind
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, ""
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, ""
	}
	return resp.StatusCode, string(text)
}

// metric returns a metric without labels, or zero if the node does not answer.
func (n *node) metric(name string) string {
	_, body := n.probe("/metrics")
	for line := range strings.Lines(body) {
		if value, ok := strings.CutPrefix(line, name+" "); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// eventually requires that a condition holds soon.
func eventually(t *testing.T, what string, f func() bool) {
	t.Helper()
	within(t, patience, what, f)
}

// within requires that a condition holds within a time. The time is counted in pauses
// between two looks, which take longer on a busy machine, where all takes longer.
func within(t *testing.T, limit time.Duration, what string, f func() bool) {
	t.Helper()
	const pause = 10 * time.Millisecond
	for waited := time.Duration(0); !f(); waited += pause {
		if waited > limit {
			t.Fatalf("within %v, it is not so that %s", limit, what)
		}
		time.Sleep(pause)
	}
}

// log takes the log of a node, an object a line, and whatever else it prints.
type log struct {
	mu    sync.Mutex // protects following fields
	text  bytes.Buffer
	lines []map[string]any

	count  *resource.Watch[int] // of lines
	closed chan struct{}
}

func newLog() *log { return &log{count: resource.NewWatch(0), closed: make(chan struct{})} }

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text.Write(p)
	for {
		i := bytes.IndexByte(l.text.Bytes(), '\n')
		if i < 0 {
			break
		}
		line := map[string]any{}
		text := slices.Clone(l.text.Next(i + 1))
		if json.Unmarshal(text, &line) != nil {
			line = map[string]any{"text": strings.TrimSpace(string(text))}
		}
		l.lines = append(l.lines, line)
	}
	l.count.Set(len(l.lines))
	return len(p), nil
}

func (l *log) close() {
	close(l.closed)
	l.count.Set(-1)
}

// find returns the first line that fits, or what to wait for.
func (l *log) find(msg string, attrs []any) (line map[string]any, changed <-chan struct{}, open bool) {
	open = true
	select {
	case <-l.closed:
		open = false
	default:
	}
	_, changed = l.count.Get()
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, line := range l.lines {
		if fits(line, msg, attrs) {
			return line, nil, open
		}
	}
	return nil, changed, open
}

func fits(line map[string]any, msg string, attrs []any) bool {
	if line["msg"] != msg {
		return false
	}
	for i := 0; i < len(attrs); i += 2 {
		if line[attrs[i].(string)] != attrs[i+1] {
			return false
		}
	}
	return true
}

// tail returns the last lines as one text.
func (l *log) tail(n int) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var b strings.Builder
	for _, line := range l.lines[max(0, len(l.lines)-n):] {
		if text, plain := line["text"]; plain {
			b.WriteString(text.(string) + "\n")
			continue
		}
		encoded, _ := json.Marshal(line)
		b.Write(append(encoded, '\n'))
	}
	return b.String()
}

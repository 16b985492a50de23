package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/resource"
)

// run is the program as main runs it, but for the process around it.
func run(ctx context.Context, args []string, stdin io.Reader, stdout io.Writer) error {
	s, err := build(args, stdin, stdout, io.Discard)
	if err != nil {
		return err
	}
	return s.Run(ctx)
}

// patience is how long a test waits for what happens soon on a machine that is not
// overloaded.
const patience = time.Minute

// program is the program while it runs.
type program struct {
	url    string
	stdout *console
	stop   func() error
}

// start runs the program until stop, or the end of the test.
func start(t *testing.T, stdin io.Reader, args ...string) *program {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	stdout := newConsole()
	ended := make(chan error, 1)
	go func() {
		defer stdout.close()
		ended <- run(ctx, append([]string{"-every", "1ms"}, args...), stdin, stdout)
	}()
	p := &program{stdout: stdout, stop: sync.OnceValue(func() error {
		cancel()
		return <-ended
	})}
	t.Cleanup(func() { assert.NoError(t, p.stop()) })
	p.url = awaitReady(t, stdout)
	return p
}

// awaitReady returns the address that the program prints, once it is ready.
func awaitReady(t *testing.T, stdout *console) (url string) {
	t.Helper()
	url = stdout.await(t, `listening on (http://\S+)`)[1]
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		if status, _ := request(t, http.MethodGet, url+"/ready", ""); status == http.StatusOK {
			return url
		}
	}
	t.Fatal("the program does not become ready")
	return ""
}

// get returns the body of an answer.
func (p *program) get(t *testing.T, path string) string {
	t.Helper()
	status, body := request(t, http.MethodGet, p.url+path, "")
	require.Equal(t, http.StatusOK, status, body)
	return body
}

// request sends a request and requires that the answer is JSON.
func request(t *testing.T, method, url, body string) (status int, answer string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	require.NoError(t, err)
	req.Close = true // leaves no goroutine behind
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.Equal(t, "application/json", resp.Header.Get("Content-Type"))
	require.True(t, json.Valid(text), "%s", text)
	return resp.StatusCode, string(text)
}

// console takes the output of the program.
type console struct {
	mu      sync.Mutex // protects following field
	written bytes.Buffer

	latest *resource.Watch[string] // all that has been written
	ended  chan struct{}           // closed when nothing will be written any more
}

func newConsole() *console {
	return &console{latest: resource.NewWatch(""), ended: make(chan struct{})}
}

func (c *console) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n, err := c.written.Write(p)
	c.latest.Set(c.written.String())
	return n, err
}

func (c *console) close() { close(c.ended) }

func (c *console) text() string {
	text, _ := c.latest.Get()
	return text
}

// await waits for output that matches, and returns the match and its groups.
func (c *console) await(t *testing.T, pattern string) []string {
	t.Helper()
	re := regexp.MustCompile(pattern)
	timeout := time.After(patience)
	for {
		text, changed := c.latest.Get()
		if match := re.FindStringSubmatch(text); match != nil {
			return match
		}
		select {
		case <-changed:
		case <-c.ended:
			require.Regexp(t, re, c.text(), "the program has ended")
		case <-timeout:
			require.Regexp(t, re, text, "the program is silent")
		}
	}
}

//go:build unix

package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// raw sends bytes to the node, and reads the first answer while it still sends. Without
// one it returns the status zero.
func raw(t *testing.T, address string, parts ...io.Reader) (status int, contentType, body string) {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))
	var sender sync.WaitGroup
	defer sender.Wait()
	defer conn.Close()
	sender.Go(func() { _, _ = io.Copy(conn, io.MultiReader(parts...)) }) // the server may have heard enough
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return 0, "", ""
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(resp.Body) // as far as it comes
	return resp.StatusCode, resp.Header.Get("Content-Type"), string(text)
}

// repeated is a text without an end.
type repeated struct {
	text string
	at   int
}

func (r *repeated) Read(p []byte) (int, error) {
	n := copy(p, r.text[r.at:])
	r.at = (r.at + n) % len(r.text)
	return n, nil
}

// blanks returns a body of that size, which is not in memory.
func blanks(size int) io.Reader {
	return io.LimitReader(&repeated{text: strings.Repeat(" ", 64<<10)}, int64(size))
}

// chunked returns such a body in chunks.
func chunked(size int) io.Reader {
	chunk := fmt.Sprintf("%x\r\n%s\r\n", 64<<10, strings.Repeat(" ", 64<<10))
	return io.MultiReader(io.LimitReader(&repeated{text: chunk}, int64(size/(64<<10)*len(chunk))), strings.NewReader("0\r\n\r\n"))
}

func post(headers string) io.Reader {
	return strings.NewReader("POST /transfers HTTP/1.1\r\nHost: ledger\r\nContent-Type: application/json\r\n" + headers + "\r\n")
}

// residentMemory returns how much memory the node has, in bytes.
func (n *node) residentMemory() float64 {
	n.t.Helper()
	v, err := strconv.ParseFloat(n.metric("process_resident_memory_bytes"), 64)
	require.NoError(n.t, err)
	return v
}

func TestBadInputIsRefusedAndStoresNothing(t *testing.T) {
	n := start(t, program(t), "standalone", "--http-read-header-timeout=1s", "--http-read-timeout=3s")
	c := newClient(t, n.awaitReady())
	address := strings.TrimPrefix(n.apiURL, "http://")
	eventually(t, "the genesis is sealed", func() bool {
		status, _, err := c.send(t.Context(), http.MethodGet, n.apiURL+"/blocks/1", nil)
		return err == nil && status == http.StatusOK
	})
	before := n.residentMemory()

	t.Run("bodies", func(t *testing.T) {
		const transfer = `{"key":"bad","from":"alice","to":"bob","amount":%s}`
		for name, tt := range map[string]struct {
			body   string
			status int
		}{
			"malformed JSON":      {`{"key":"bad",`, 400},
			"no JSON":             {"\x00\xff\xfe", 400},
			"an unknown field":    {`{"key":"bad","from":"alice","to":"bob","amount":1,"fee":0}`, 400},
			"a negative amount":   {fmt.Sprintf(transfer, "-1"), 400},
			"zero":                {fmt.Sprintf(transfer, "0"), 400},
			"an overflow":         {fmt.Sprintf(transfer, "9223372036854775808"), 400},
			"an overflow twice":   {fmt.Sprintf(transfer, "18446744073709551617"), 400},
			"a huge amount":       {fmt.Sprintf(transfer, strings.Repeat("9", 4000)), 400},
			"an exponent":         {fmt.Sprintf(transfer, "1e999999999"), 400},
			"a fraction":          {fmt.Sprintf(transfer, "0.1"), 400},
			"more than there is":  {`{"key":"refused","from":"alice","to":"bob","amount":9007199254740991}`, 422},
			"from the mint":       {`{"key":"bad","from":"mint","to":"bob","amount":1}`, 400},
			"a megabyte":          {fmt.Sprintf(transfer, strings.Repeat(" ", 1<<20)+"1"), 413},
			"ten thousand levels": {strings.Repeat("[", 4<<10), 400},
		} {
			status, kind, body := raw(t, address, post(fmt.Sprintf("Content-Length: %d\r\n", len(tt.body))), strings.NewReader(tt.body))
			assert.Equal(t, tt.status, status, name)
			assertJSONError(t, name, kind, body)
		}
	})

	t.Run("100 MiB, many at once", func(t *testing.T) {
		const size = 100 << 20
		var clients sync.WaitGroup
		for range 8 {
			clients.Go(func() {
				status, kind, body := raw(t, address, post(fmt.Sprintf("Content-Length: %d\r\n", size)), blanks(size))
				assert.Equal(t, 413, status)
				assertJSONError(t, "with a length", kind, body)
			})
			clients.Go(func() {
				status, kind, body := raw(t, address, post("Transfer-Encoding: chunked\r\n"), chunked(size))
				assert.Equal(t, 413, status)
				assertJSONError(t, "in chunks", kind, body)
			})
		}
		clients.Wait()
	})

	t.Run("methods and paths", func(t *testing.T) {
		for _, x := range []struct {
			method, path string
			status       int
		}{
			{"GET", "/transfers", 405}, {"DELETE", "/transfers/bad", 405}, {"PUT", "/accounts/alice", 405}, {"POST", "/blocks/1", 405},
			{"PATCH", "/blocks/latest", 405}, {"BREW", "/transfers", 405}, {"TRACE", "/transfers", 405}, {"OPTIONS", "/transfers", 405},
			{"GET", "/", 404}, {"POST", "/admin", 404}, {"GET", "/blocks/-1", 400}, {"GET", "/accounts/..%2f..%2fetc", 400}, {"GET", "/transfers/%00%ff", 400},
			{"GET", "/debug/pprof/", 404}, {"GET", "/metrics", 404},
		} {
			status, kind, body := raw(t, address, strings.NewReader(x.method+" "+x.path+" HTTP/1.1\r\nHost: ledger\r\n\r\n"))
			assert.Equal(t, x.status, status, "%s %s", x.method, x.path)
			assertJSONError(t, x.method+" "+x.path, kind, body)
		}
	})

	// No handler sees these.
	t.Run("what is no request", func(t *testing.T) {
		for text, want := range map[string]int{
			"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n":                            400,
			"POST /transfers HTTP/9.9\r\nHost: ledger\r\n\r\n":                                505,
			"POST /transfers HTTP/1.1\r\n\r\n":                                                400,
			"POST /transfers HTTP/1.1\r\nHost: ledger\r\nContent-Length: -1\r\n\r\n":          400,
			"POST /transfers HTTP/1.1\r\nHost: ledger\r\nTransfer-Encoding: gzip\r\n\r\n":     501,
			"GET /" + strings.Repeat("a", 1<<20) + " HTTP/1.1\r\nHost: ledger\r\n\r\n":        431,
			"GET / HTTP/1.1\r\nHost: ledger\r\nX: " + strings.Repeat("a", 1<<20) + "\r\n\r\n": 431,
		} {
			status, _, _ := raw(t, address, strings.NewReader(text))
			assert.Equal(t, want, status, "%.60q", text)
		}
	})

	t.Run("slow headers and slow bodies", func(t *testing.T) {
		var clients sync.WaitGroup
		for i := range 600 {
			clients.Go(func() {
				beginning := "GET /accounts/alice HTTP/1.1\r\nHost: ledger\r\nX: "
				if i%2 == 0 {
					beginning = "POST /transfers HTTP/1.1\r\nHost: ledger\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"
				}
				status, _, _ := raw(t, address, strings.NewReader(beginning), slowly{})
				assert.Contains(t, []int{0, 400, 408}, status)
			})
		}
		status, _, err := c.send(t.Context(), http.MethodGet, n.apiURL+"/accounts/alice", nil)
		require.NoError(t, err)
		assert.Equal(t, http.StatusOK, status, "others are answered meanwhile")
		clients.Wait()
	})

	grown := n.residentMemory() - before
	t.Logf("memory: %.0f MiB, %+.0f MiB", before/(1<<20), grown/(1<<20))
	assert.Less(t, grown, float64(100<<20), "less than one of the bodies")
	status, _, err := c.send(t.Context(), http.MethodGet, n.apiURL+"/transfers/bad", nil)
	require.NoError(t, err)
	assert.Equal(t, http.StatusNotFound, status)
	assert.EqualValues(t, 1, c.last(t).Height)
	c.verify(t)
	n.terminate()
}

// slowly sends a byte now and then.
type slowly struct{}

func (slowly) Read(p []byte) (int, error) {
	time.Sleep(300 * time.Millisecond)
	return copy(p, "x"), nil
}

func assertJSONError(t *testing.T, what, contentType, body string) {
	t.Helper()
	var got struct{ Error string }
	assert.Equal(t, "application/json", contentType, what)
	if assert.NoError(t, json.Unmarshal([]byte(body), &got), "%s: %q", what, body) {
		assert.NotEmpty(t, got.Error, what)
	}
	assert.Less(t, len(body), 300, what)
}

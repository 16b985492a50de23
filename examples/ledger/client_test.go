//go:build unix

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/examples/ledger/ledger"
)

// client is a client of one ledger, whichever of its nodes answers. It remembers what
// was accepted.
type client struct {
	http *http.Client

	mu       sync.Mutex // protects following fields
	urls     []string   // of the nodes to talk to
	next     int
	accepted map[string]ledger.Transfer
	answers  map[string]string // to what was accepted
	refused  map[string]ledger.Transfer
	retries  int
}

func newClient(t *testing.T, urls ...string) *client {
	transport := &http.Transport{MaxIdleConnsPerHost: 32}
	t.Cleanup(transport.CloseIdleConnections)
	return &client{
		http:     &http.Client{Transport: transport, Timeout: 10 * time.Second},
		urls:     urls,
		accepted: make(map[string]ledger.Transfer),
		answers:  make(map[string]string),
		refused:  make(map[string]ledger.Transfer),
	}
}

// use makes the client talk to these nodes.
func (c *client) use(urls ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.urls = urls
}

// url returns one node after the other.
func (c *client) url() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.next++
	return c.urls[c.next%len(c.urls)]
}

// send sends a request once. The error is that of a connection.
func (c *client) send(ctx context.Context, method, url string, body any) (status int, answer []byte, err error) {
	var text []byte
	if body != nil {
		if text, err = json.Marshal(body); err != nil {
			return 0, nil, err
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(text))
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := c.http.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	answer, err = io.ReadAll(resp.Body)
	return resp.StatusCode, answer, err
}

// submit sends a transfer until there is an answer, and remembers it.
func (c *client) submit(ctx context.Context, x ledger.Transfer) error {
	for {
		status, answer, err := c.send(ctx, http.MethodPost, c.url()+"/transfers", x)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err == nil && status == http.StatusAccepted:
			return c.note(answer, x)
		case err == nil && status == http.StatusUnprocessableEntity:
			c.remember(c.refused, x)
			return nil
		case err == nil && status != http.StatusServiceUnavailable:
			return fmt.Errorf("transfer %+v: %d %s", x, status, answer)
		}
		c.mu.Lock()
		c.retries++
		c.mu.Unlock()
		time.Sleep(20 * time.Millisecond)
	}
}

// note requires that the answer is about the transfer, and that it is the same each time.
func (c *client) note(answer []byte, x ledger.Transfer) error {
	var got ledger.Transfer
	if err := json.Unmarshal(answer, &got); err != nil {
		return err
	}
	if got != x {
		return fmt.Errorf("transfer %+v: the answer is about %+v", x, got)
	}
	c.remember(c.accepted, x)
	c.mu.Lock()
	defer c.mu.Unlock()
	if before, again := c.answers[x.Key]; again && before != string(answer) {
		return fmt.Errorf("transfer %+v: the answer is %s, and was %s", x, answer, before)
	}
	c.answers[x.Key] = string(answer)
	return nil
}

// repeat sends some of what was accepted, and refused, again.
func (c *client) repeat(t *testing.T) {
	t.Helper()
	for _, m := range []map[string]ledger.Transfer{maps.Clone(c.accepted), maps.Clone(c.refused)} {
		for _, x := range slices.Collect(maps.Values(m))[:min(50, len(m))] {
			require.NoError(t, c.submit(t.Context(), x))
		}
	}
}

func (c *client) remember(m map[string]ledger.Transfer, x ledger.Transfer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	m[x.Key] = x
}

// get gets what must be there.
func get[T any](t *testing.T, c *client, path string) (v T) {
	t.Helper()
	status, answer, err := c.send(t.Context(), http.MethodGet, c.url()+path, nil)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, status, "%s", answer)
	require.NoError(t, json.Unmarshal(answer, &v))
	return v
}

// last returns the last block.
func (c *client) last(t *testing.T) ledger.Block {
	t.Helper()
	return get[ledger.Block](t, c, "/blocks/latest")
}

// awaitSealed waits until all that was accepted is final.
func (c *client) awaitSealed(t *testing.T) {
	t.Helper()
	for key := range c.accepted {
		eventually(t, "transfer "+key+" is sealed", func() bool {
			status, answer, err := c.send(t.Context(), http.MethodGet, c.url()+"/transfers/"+key, nil)
			var r ledger.Record
			return err == nil && status == http.StatusOK && json.Unmarshal(answer, &r) == nil && r.State == ledger.Sealed
		})
	}
}

// verify reads the whole chain and requires that it is intact, that each transfer that
// was accepted is in it exactly once, and no other one, and that the balances of all
// accounts are what follows from it, their sum included.
func (c *client) verify(t *testing.T) []ledger.Block {
	t.Helper()
	var (
		blocks   []ledger.Block
		replay   ledger.Replay
		found    = make(map[string]ledger.Transfer)
		accounts = make(map[ledger.AccountID]bool)
	)
	for height := int64(1); height <= c.last(t).Height; height++ {
		b := get[ledger.Block](t, c, fmt.Sprintf("/blocks/%d", height))
		require.NoError(t, replay.Apply(b))
		blocks = append(blocks, b)
		for _, x := range b.Transfers {
			require.NotContains(t, found, x.Key, "transfer is in two blocks")
			accounts[x.From], accounts[x.To] = true, true
			if x.From != ledger.Mint {
				found[x.Key] = x
			}
		}
	}
	assert.Equal(t, c.accepted, found)
	var all []ledger.Account
	var sum ledger.Amount
	for id := range accounts {
		a := get[ledger.Account](t, c, "/accounts/"+string(id))
		sum += a.Balance
		all = append(all, a)
	}
	assert.Zero(t, sum)
	require.NoError(t, replay.Compare(all, nil))
	return blocks
}

// proves requires that some transfers have a proof.
func (c *client) proves(t *testing.T, blocks []ledger.Block) {
	t.Helper()
	n := 0
	for key, x := range c.accepted {
		p := get[ledger.Proof](t, c, "/transfers/"+key+"/proof")
		require.NoError(t, p.Verify())
		require.Equal(t, x, p.Transfer)
		require.True(t, slices.ContainsFunc(blocks, func(b ledger.Block) bool { return b.Header == p.Header }))
		if n++; n == 20 {
			return
		}
	}
}

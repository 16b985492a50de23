//go:build unix

package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/examples/ledger/ledger"
)

// Ten thousand transfers while the process is killed again and again, at moments that
// nobody has chosen. The client does what any client of an interface with keys does:
// without an answer it asks again.
func TestNoTransferIsLostOrDoubledWhenTheNodeIsKilled(t *testing.T) {
	binary := program(t)
	const workers, each = 16, 650
	data := t.TempDir()
	run := func() *node {
		return start(t, binary, "standalone", "--data="+data, "--seal-interval=20ms", "--seal-limit=100")
	}
	n := run()
	c := newClient(t, n.awaitReady())

	ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
	defer cancel()
	var clients sync.WaitGroup
	for w := range workers {
		clients.Go(func() {
			for _, x := range randomTransfers(w, each) {
				if !assert.NoError(t, c.submit(ctx, x)) {
					return
				}
			}
		})
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		clients.Wait()
	}()
	kills := 0
	rng := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 0))
	for working := true; working; {
		select {
		case <-done:
			working = false
		case <-time.After(time.Duration(200+rng.IntN(1000)) * time.Millisecond):
			n.kill()
			kills++
			n = run()
			c.use(n.awaitReady())
		}
	}

	c.awaitSealed(t)
	accepted, refused := len(c.accepted), len(c.refused)
	c.repeat(t)
	require.Len(t, c.accepted, accepted, "the same answers")
	require.Len(t, c.refused, refused, "the same answers")
	blocks := c.verify(t)
	c.proves(t, blocks)
	t.Logf("%d transfers accepted, %d refused, %d kills, %d requests sent again, %d blocks",
		len(c.accepted), len(c.refused), kills, c.retries, len(blocks))
	require.Equal(t, workers*each, accepted+refused)
	assert.GreaterOrEqual(t, len(c.accepted), 10_000)
	assert.Positive(t, kills)
	assert.Positive(t, c.retries)
	status, body := n.probe("/readyz?verbose")
	assert.Equal(t, 200, status, body)
	assert.Contains(t, body, "[+]auditor ok")
	n.terminate()
}

// Two nodes that are each alone, as they believe, have the same file. Each is the leader by
// its own account; the token in the file lets one of them seal at a time.
func TestTwoNodesOnOneFileDoNoHarm(t *testing.T) {
	binary, data := program(t), t.TempDir()
	run := func() *node { return start(t, binary, "standalone", "--data="+data, "--seal-interval=20ms") }
	one, two := run(), run()
	c := newClient(t, one.awaitReady(), two.awaitReady())
	var clients sync.WaitGroup
	for w := range 4 {
		clients.Go(func() {
			for _, x := range randomTransfers(w, 200) {
				assert.NoError(t, c.submit(t.Context(), x))
			}
		})
	}
	clients.Wait()
	c.awaitSealed(t)
	blocks := c.verify(t)
	t.Logf("%d blocks, of terms %v", len(blocks), terms(blocks))
	one.terminate()
	two.terminate()
}

// randomTransfers returns transfers between few accounts.
func randomTransfers(worker, n int) []ledger.Transfer {
	rng := rand.New(rand.NewPCG(7, uint64(worker)))
	names := []ledger.AccountID{"treasury", "alice", "bob", "carol", "dave"}
	list := make([]ledger.Transfer, n)
	for i := range list {
		from := rng.IntN(len(names))
		to := (from + 1 + rng.IntN(len(names)-1)) % len(names)
		list[i] = ledger.Transfer{
			Key: fmt.Sprintf("w%d-%d", worker, i), From: names[from], To: names[to], Amount: ledger.Amount(1 + rng.IntN(2000)),
		}
	}
	return list
}

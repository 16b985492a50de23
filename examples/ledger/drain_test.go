//go:build unix

package main

import (
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/examples/ledger/ledger"
)

// A node is told to stop while clients use it: some behind a load balancer, which sends
// nothing more to a node that is not ready, and one that does not care.
func TestAStopUnderLoadLosesNothing(t *testing.T) {
	binary, data := program(t), t.TempDir()
	run := func() *node {
		return start(t, binary, "standalone", "--data="+data, "--seal-interval=20ms", "--drain-delay=3s")
	}
	n := run()
	c := newClient(t, n.awaitReady())
	var (
		balanced, stubborn sync.WaitGroup
		red                atomic.Bool
		unanswered         []ledger.Transfer
	)
	transfer := func(worker string, i int) ledger.Transfer {
		return ledger.Transfer{Key: fmt.Sprintf("%s-%d", worker, i), From: "treasury", To: "bob", Amount: 1}
	}
	for w := range 8 {
		balanced.Go(func() {
			for i := 0; !red.Load(); i++ {
				x := transfer(fmt.Sprintf("balanced-%d", w), i)
				status, answer, err := c.send(t.Context(), http.MethodPost, n.apiURL+"/transfers", x)
				if !assert.NoError(t, err) || !assert.Equal(t, http.StatusAccepted, status, "%s", answer) {
					return
				}
				assert.NoError(t, c.note(answer, x))
			}
		})
	}
	stubborn.Go(func() {
		for i := 0; ; i++ {
			x := transfer("stubborn", i)
			status, answer, err := c.send(t.Context(), http.MethodPost, n.apiURL+"/transfers", x)
			if err != nil {
				unanswered = append(unanswered, x)
				return // there is nobody left
			}
			if !assert.Equal(t, http.StatusAccepted, status, "%s", answer) {
				return
			}
			assert.NoError(t, c.note(answer, x))
		}
	})
	status, _ := n.probe("/readyz")
	require.Equal(t, http.StatusOK, status)
	time.Sleep(500 * time.Millisecond) // of load

	n.signal(syscall.SIGTERM)
	told := time.Now()
	eventually(t, "the node is not ready any more", func() bool {
		status, _ := n.probe("/readyz")
		return status == http.StatusServiceUnavailable
	})
	_, body := n.probe("/readyz?verbose")
	assert.Contains(t, body, "[-]shutdown")
	status, _ = n.probe("/livez")
	assert.Equal(t, http.StatusOK, status)
	fresh := newClient(t)
	status, _, err := fresh.send(t.Context(), http.MethodGet, n.apiURL+"/accounts/bob", nil)
	require.NoError(t, err, "it still takes connections")
	assert.Equal(t, http.StatusOK, status)
	red.Store(true)
	balanced.Wait()

	assert.Equal(t, 0, n.exitCode())
	assert.GreaterOrEqual(t, time.Since(told), 3*time.Second)
	stubborn.Wait()
	t.Logf("ended after %v, %d transfers accepted", time.Since(told).Round(time.Millisecond), len(c.accepted))

	n = run()
	c.use(n.awaitReady())
	for _, x := range unanswered { // and so nobody knows
		require.NoError(t, c.submit(t.Context(), x))
	}
	c.awaitSealed(t)
	c.verify(t)
	n.terminate()
}

//go:build unix

package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/examples/ledger/ledger"
)

func TestTheFirstAccountsComeFromOneFile(t *testing.T) {
	binary, dir := program(t), t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	run := func(file string) *node {
		return start(t, binary, "standalone", "--data="+filepath.Join(dir, "data"), "--genesis-file="+file)
	}

	bad := write("bad.csv", "account,balance\nalice,100\nBob,50\ncarol,-1\n")
	n := run(bad)
	assert.Equal(t, 1, n.exitCode())
	for _, want := range []string{bad + `:3: account "Bob" has a character`, bad + ":4: amount -1 is negative"} {
		assert.Contains(t, n.log.tail(20), want, "all mistakes at once")
	}

	good := write("good.csv", "account,balance\nalice,100\nbob,50\n")
	for range 2 {
		n = run(good)
		c := newClient(t, n.awaitReady())
		assert.Equal(t, ledger.Account{ID: "alice", Balance: 100}, get[ledger.Account](t, c, "/accounts/alice"), "once, and nothing of the bad file")
		assert.Equal(t, ledger.Account{ID: "mint", Balance: -150}, get[ledger.Account](t, c, "/accounts/mint"))
		n.terminate()
	}

	n = run(write("other.csv", "account,balance\nalice,100\nbob,51\n"))
	assert.Equal(t, 1, n.exitCode())
	assert.Contains(t, n.log.tail(20), "the ledger was started from another file")
}

//go:build unix

package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/examples/ledger/ledger"
	"github.com/wireframework/wireframework/layers/postgres/pgtest"
)

// nextVersion returns the program as it will be with one migration more. It is built from
// the same sources, and a file that is laid over them.
func nextVersion(t *testing.T) string {
	t.Helper()
	program(t) // which makes the directory
	path, err := nextBuilt()
	require.NoError(t, err)
	return path
}

var nextBuilt = sync.OnceValues(func() (string, error) {
	const migration = "-- +goose Up\nALTER TABLE transfers ADD COLUMN memo TEXT NOT NULL DEFAULT '';\n\n" +
		"-- +goose Down\nALTER TABLE transfers DROP COLUMN memo;\n"
	source := filepath.Join(binaries, "memo.sql")
	target, err := filepath.Abs("store/migrations/postgres/00003_memo.sql")
	if err != nil {
		return "", err
	}
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": {target: source}})
	if err != nil {
		return "", err
	}
	file := filepath.Join(binaries, "overlay.json")
	for name, text := range map[string][]byte{source: []byte(migration), file: overlay} {
		if err := os.WriteFile(name, text, 0o600); err != nil {
			return "", err
		}
	}
	return build("ledger-next", "-overlay="+file)
})

// A cluster is upgraded while it works: nodes of the new version wait for the schema
// until one of them migrates, those of the old version that run go on, and one that is
// started again says that it is too old.
func TestRollingUpgrade(t *testing.T) {
	old, next := program(t), nextVersion(t)
	database := pgtest.Shared(t).NewDatabase(t)
	run := func(binary string, args ...string) *node {
		return start(t, binary, append([]string{"cluster", "--postgres-url=" + database, "--seal-interval=20ms"}, args...)...)
	}
	pay := func(c *client, key string) {
		require.NoError(t, c.submit(t.Context(), ledger.Transfer{Key: key, From: "alice", To: "bob", Amount: 1}))
	}

	first := run(old)
	line := first.awaitLog("waiting for the schema")
	assert.EqualValues(t, 0, line["version"])
	assert.EqualValues(t, 2, line["wanted"])
	status, body := first.probe("/readyz?verbose")
	assert.Equal(t, 503, status)
	assert.Contains(t, body, "schema", "it says what it waits for")
	status, _ = first.probe("/livez")
	assert.Equal(t, 200, status)

	second := run(old, "--setup")
	c := newClient(t, first.awaitReady(), second.awaitReady())
	pay(c, "before")

	waiting := run(next)
	line = waiting.awaitLog("waiting for the schema")
	assert.EqualValues(t, 2, line["version"])
	assert.EqualValues(t, 3, line["wanted"])
	status, _ = waiting.probe("/readyz")
	assert.Equal(t, 503, status)

	migrating := run(next, "--setup")
	migrating.awaitLog("migration applied", "file", "00003_memo.sql")
	c.use(first.apiURL, second.apiURL, waiting.awaitReady(), migrating.awaitReady())
	for _, key := range []string{"after-1", "after-2", "after-3", "after-4"} { // one for each node
		pay(c, key)
	}

	late := run(old)
	assert.Equal(t, 1, late.exitCode())
	assert.Contains(t, late.log.tail(10), "schema is at version 3, this binary knows 2 (deploy the newer binary or migrate down)")
	tooOldToMigrate := run(old, "--setup")
	assert.Equal(t, 1, tooOldToMigrate.exitCode())

	first.terminate()
	second.terminate()
	c.use(waiting.apiURL, migrating.apiURL)
	pay(c, "at-last")
	c.awaitSealed(t)
	c.verify(t)
	waiting.terminate()
	migrating.terminate()
}

package lease_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/internal/testkit"
	"github.com/wireframework/wireframework/layers/leader"
	"github.com/wireframework/wireframework/layers/postgres/lease"
	"github.com/wireframework/wireframework/layers/postgres/pgtest"
)

// hold is the process of a leader: it says what happens to it, and at the end whether
// its late writes are accepted.
func hold(url string) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	must := func(err error) {
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
	}
	pool, err := pgxpool.New(ctx, url)
	must(err)
	e, err := lease.NewElector(pool, lease.Options{Election: election, Lease: length})
	must(err)
	term, err := e.Campaign(ctx)
	must(err)
	began, err := pool.Begin(ctx)
	must(err)
	must(lease.Check(ctx, began, election, term.Token()))
	if os.Getenv("LEASE_TEST_IDLE") == "" {
		must(began.Commit(ctx))
	}
	fmt.Println("leading", term.Token())

	<-term.Lost()
	fmt.Println("lost")
	if os.Getenv("LEASE_TEST_IDLE") != "" {
		fmt.Println("old transaction refused:", began.Commit(ctx) != nil)
	}
	late, err := pool.Begin(ctx)
	must(err)
	fmt.Println("new transaction refused:", errors.Is(lease.Check(ctx, late, election, term.Token()), leader.ErrLost))
}

// holder is a running process of a leader.
type holder struct {
	*exec.Cmd
	lines *bufio.Scanner
}

func startHolder(t *testing.T, url string, env ...string) *holder {
	t.Helper()
	h := &holder{Cmd: exec.CommandContext(t.Context(), os.Args[0])}
	h.Env = append(append(os.Environ(), "LEASE_TEST_HOLDER="+url), env...)
	stdout, err := h.StdoutPipe()
	require.NoError(t, err)
	h.lines = bufio.NewScanner(stdout)
	require.NoError(t, h.Start())
	t.Cleanup(func() {
		_ = h.Process.Kill()
		_ = h.Wait()
	})
	require.Equal(t, "leading 1", h.line())
	return h
}

func (h *holder) line() string {
	h.lines.Scan()
	return h.lines.Text()
}

func TestAHolderThatIsKilledIsFollowed(t *testing.T) {
	t.Parallel()
	url := pgtest.Shared(t).NewDatabase(t)
	h := startHolder(t, url)
	e := newElector(t, newPool(t, url))

	require.NoError(t, h.Process.Kill())

	assert.EqualValues(t, 2, win(t, e).Token())
}

func TestAHolderThatWasFrozenHasLost(t *testing.T) {
	t.Parallel()
	for name, env := range map[string]string{"between transactions": "", "in a transaction": "LEASE_TEST_IDLE=1"} {
		t.Run(name, func(t *testing.T) {
			url := pgtest.Shared(t).NewDatabase(t)
			h := startHolder(t, url, env)
			e := newElector(t, newPool(t, url))

			testkit.Freeze(t, h.Process)
			next := win(t, e)
			assert.EqualValues(t, 2, next.Token())
			require.NoError(t, h.Process.Signal(syscall.SIGCONT))

			assert.Equal(t, "lost", h.line())
			if env != "" {
				assert.Equal(t, "old transaction refused: true", h.line())
			}
			assert.Equal(t, "new transaction refused: true", h.line())
			assert.False(t, isOver(next))
		})
	}
}

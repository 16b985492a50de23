//go:build unix

package main

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver pgx
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/examples/ledger/ledger"
	"github.com/wireframework/wireframework/internal/testkit"
	"github.com/wireframework/wireframework/layers/etcd/etcdtest"
	"github.com/wireframework/wireframework/layers/postgres/pgtest"
)

// leaseTime is the lease of the leaders in these tests, and takeover how long it may take
// until another one seals.
const (
	leaseTime = 2 * time.Second
	takeover  = leaseTime + 2*time.Second
)

// member is a node of a cluster.
type member struct {
	*node
	name  string
	proxy *pgtest.Proxy // between the node and the database
}

// members is a cluster of three nodes, and a client that uses it.
type members struct {
	t     *testing.T
	db    *sql.DB // of the test
	nodes []*member
	*client
	stop func() // ends the load, and waits for that
}

// startCluster starts three nodes on a database of their own. The first one sets it up.
func startCluster(t *testing.T, args ...string) *members {
	t.Helper()
	binary := program(t)
	server := pgtest.Shared(t)
	database := server.NewDatabase(t)
	db, err := sql.Open("pgx", database)
	require.NoError(t, err)
	t.Cleanup(func() { db.Close() })
	m := &members{t: t, db: db}
	for i := range 3 {
		n := &member{name: fmt.Sprintf("node-%d", i+1), proxy: pgtest.NewProxy(t, server.Address())}
		all := append([]string{
			"cluster", "--postgres-url=" + named(t, n.proxy.URL(database), n.name), "--seal-interval=20ms",
			"--audit-interval=200ms", fmt.Sprintf("--lease=%v", leaseTime), "--api-timeout=2s", "--postgres-connect-timeout=2s",
		}, args...)
		if i == 0 {
			all = append(all, "--setup")
		}
		n.node = start(t, binary, all...)
		m.nodes = append(m.nodes, n)
	}
	var urls []string
	for _, n := range m.nodes {
		urls = append(urls, n.awaitReady())
	}
	m.client = newClient(t, urls...)
	m.http.Timeout = 4 * time.Second
	return m
}

// named makes the connections of a node known by its name.
func named(t *testing.T, connection, name string) string {
	t.Helper()
	u, err := url.Parse(connection)
	require.NoError(t, err)
	query := u.Query()
	query.Set("application_name", name)
	u.RawQuery = query.Encode()
	return u.String()
}

// load submits transfers until stop, or the end of the test.
func (m *members) load() {
	ctx, cancel := context.WithCancel(m.t.Context())
	var clients sync.WaitGroup
	m.stop = sync.OnceFunc(func() {
		cancel()
		clients.Wait()
	})
	m.t.Cleanup(m.stop)
	for w := range 4 {
		clients.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				// A transfer that was sent is sent until there is an answer, so that the
				// client knows what to expect of the ledger.
				x := ledger.Transfer{Key: fmt.Sprintf("w%d-%d", w, i), From: "treasury", To: ledger.AccountID(fmt.Sprintf("shop-%d", w)), Amount: 1}
				if !assert.NoError(m.t, m.submit(m.t.Context(), x)) {
					return
				}
				time.Sleep(5 * time.Millisecond)
			}
		})
	}
}

// head returns height and token of the last block, past all nodes, or zero.
func (m *members) head() (height, token int64) {
	m.t.Helper()
	err := m.db.QueryRowContext(m.t.Context(), `SELECT COALESCE(MAX(height), 0), COALESCE(MAX(token), 0) FROM blocks`).Scan(&height, &token)
	require.NoError(m.t, err)
	return height, token
}

// leader waits until a node has sealed a few blocks.
func (m *members) leader() (leader *member, token int64) {
	m.t.Helper()
	eventually(m.t, "a node leads", func() bool {
		var height int64
		if height, token = m.head(); height < 10 {
			return false
		}
		for _, n := range m.nodes {
			if line, _, _ := n.log.find("leading", []any{"token", float64(token)}); line != nil {
				leader = n
			}
		}
		return leader != nil
	})
	return leader, token
}

// others are the nodes but for one.
func (m *members) others(n *member) (urls []string) {
	for _, other := range m.nodes {
		if other != n {
			urls = append(urls, other.apiURL)
		}
	}
	return urls
}

// awaitTakeover waits until a block has a greater token, and requires that this is soon.
func (m *members) awaitTakeover(token int64) {
	m.t.Helper()
	began := time.Now()
	within(m.t, takeover, "another node has sealed", func() bool {
		_, now := m.head()
		return now > token
	})
	m.t.Logf("another node has sealed after %v", time.Since(began).Round(time.Millisecond))
}

// finish ends the load and requires that the ledger is right, and that every node still
// running says so and ends well.
func (m *members) finish() {
	m.t.Helper()
	m.stop()
	var running []*member
	for _, n := range m.nodes {
		if !n.hasEnded() {
			running = append(running, n)
		}
	}
	m.awaitSealed(m.t)
	blocks := m.verify(m.t)
	m.proves(m.t, blocks)
	for _, n := range running {
		eventually(m.t, n.name+" is ready", func() bool {
			status, _ := n.probe("/readyz")
			return status == 200
		})
		_, body := n.probe("/readyz?verbose")
		assert.Contains(m.t, body, "[+]auditor ok")
		eventually(m.t, n.name+" has audited all blocks", func() bool {
			return n.metric("ledger_audited_height") == fmt.Sprint(len(blocks))
		})
	}
	m.t.Logf("%d transfers in %d blocks, of terms %v", len(m.accepted), len(blocks), terms(blocks))
	for _, n := range running {
		n.terminate()
	}
}

// terms returns the tokens of the blocks.
func terms(blocks []ledger.Block) []int64 {
	var list []int64
	for _, b := range blocks {
		list = append(list, b.Token)
	}
	return slices.Compact(list)
}

func TestAnotherNodeTakesOverWhenTheLeaderIsKilled(t *testing.T) {
	m := startCluster(t)
	m.load()
	leader, token := m.leader()

	leader.kill()
	m.use(m.others(leader)...)
	m.awaitTakeover(token)

	m.finish()
}

func TestAnotherNodeTakesOverWhenTheLeaderIsStopped(t *testing.T) {
	m := startCluster(t, "--lease=1h") // a leader that resigns is not waited for
	m.load()
	leader, token := m.leader()

	leader.signal(syscall.SIGTERM)
	m.use(m.others(leader)...)
	m.awaitTakeover(token)
	assert.Equal(t, 0, leader.exitCode())

	m.finish()
}

// The leader is frozen in the middle of a block: it has read which transfers are pending,
// and asks for the block to follow. When it goes on, long after its lease has ended, it
// does not know better than to write that block.
func TestTheLateWriteOfAFrozenLeaderIsRefused(t *testing.T) {
	m := startCluster(t, "--seal-timeout=1m") // so that it does go on
	m.load()
	leader, token := m.leader()

	release := m.holdBlocks(leader)
	testkit.Freeze(t, leader.cmd.Process)
	release()
	m.use(m.others(leader)...)
	m.awaitTakeover(token)
	// A while in which the others work, and seal what the frozen one has seen.
	height, _ := m.head()
	eventually(t, "the others have sealed more", func() bool {
		now, _ := m.head()
		return now > height+5
	})
	leader.signal(syscall.SIGCONT)

	leader.awaitLog("block refused: another node has taken over", "token", float64(token))
	eventually(t, "the refusal is counted", func() bool { return leader.metric("ledger_blocks_refused_total") == "1" })
	m.use(append(m.others(leader), leader.apiURL)...) // it is one of the cluster again
	m.finish()
}

// holdBlocks makes the next block of a node wait in its middle, where the node has read
// what is pending and asks for the last block. It returns when the node is there, with the
// function that lets it go on.
func (m *members) holdBlocks(n *member) (release func()) {
	m.t.Helper()
	for began := time.Now(); time.Since(began) < patience; {
		tx, err := m.db.BeginTx(m.t.Context(), nil)
		require.NoError(m.t, err)
		_, err = tx.ExecContext(m.t.Context(), `LOCK TABLE blocks IN ACCESS EXCLUSIVE MODE`)
		require.NoError(m.t, err)
		if m.awaitsLastBlock(n) {
			return func() { require.NoError(m.t, tx.Rollback()) }
		}
		require.NoError(m.t, tx.Rollback()) // it is at another place of its block
	}
	m.t.Fatal("the leader does not ask for the last block")
	return nil
}

func (m *members) awaitsLastBlock(n *member) (waits bool) {
	m.t.Helper()
	for began := time.Now(); !waits && time.Since(began) < time.Second; time.Sleep(10 * time.Millisecond) {
		err := m.db.QueryRowContext(m.t.Context(), `SELECT EXISTS (SELECT 1 FROM pg_stat_activity
			WHERE application_name = $1 AND wait_event_type = 'Lock' AND query LIKE '%ORDER BY height DESC LIMIT 1')`, n.name).Scan(&waits)
		require.NoError(m.t, err)
	}
	return waits
}

func TestAnotherNodeTakesOverWhenTheLeaderIsCutFromTheDatabase(t *testing.T) {
	m := startCluster(t)
	m.load()
	leader, token := m.leader()

	leader.proxy.Hang()
	m.awaitTakeover(token) // the client has all nodes still, and asks again when one does not answer
	eventually(t, "the node that is cut off is not ready", func() bool {
		status, _ := leader.probe("/readyz")
		return status == 503
	})
	status, _ := leader.probe("/livez")
	assert.Equal(t, 200, status, "it need not be restarted")
	leader.proxy.Resume()

	m.finish() // which awaits that it is ready again
}

func TestEtcdMayElectTheLeader(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes, which -short leaves out")
	}
	server := etcdtest.Start(t)
	m := startCluster(t, "--leader=etcd", "--etcd-endpoints="+server.Endpoint(), fmt.Sprintf("--etcd-ttl=%v", leaseTime))
	m.load()
	leader, token := m.leader()

	leader.kill()
	m.use(m.others(leader)...)
	m.awaitTakeover(token)

	m.finish()
}

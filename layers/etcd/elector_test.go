package etcd_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/wireframework/wireframework/layers/etcd"
	"github.com/wireframework/wireframework/layers/etcd/etcdtest"
	"github.com/wireframework/wireframework/layers/leader"
	"github.com/wireframework/wireframework/layers/leader/leadertest"
)

// patience is how long what happens soon may take on a machine that is busy.
const patience = time.Minute

const ttl = time.Second

var elections atomic.Int64

// newPrefix returns the prefix of an election that nobody else has.
func newPrefix() string { return fmt.Sprintf("/election-%d", elections.Add(1)) }

func TestElectorKeepsThePromises(t *testing.T) {
	t.Parallel()
	server := etcdtest.Start(t)
	client := server.Client(t)
	ways := []struct {
		name   string
		depose func(ctx context.Context, prefix string) error
	}{
		{name: "its lease expires", depose: func(ctx context.Context, prefix string) error {
			leases, err := leasesOf(ctx, client, prefix)
			if err != nil {
				return err
			}
			_, err = client.Revoke(ctx, leases[0])
			return err
		}},
		{name: "its key is deleted", depose: func(ctx context.Context, prefix string) error {
			_, err := client.Delete(ctx, prefix+"/", clientv3.WithPrefix())
			return err
		}},
	}
	for _, way := range ways {
		t.Run(way.name, func(t *testing.T) {
			t.Parallel()
			var prefix string
			leadertest.Run(t, func(t testing.TB) (a, b leader.Elector) {
				prefix = newPrefix()
				return etcd.NewElector(server.Client(t), etcd.Election{Prefix: prefix, TTL: ttl}),
					etcd.NewElector(server.Client(t), etcd.Election{Prefix: prefix, TTL: ttl})
			}, leadertest.Hold(2*ttl), leadertest.Depose(func(t testing.TB) {
				require.NoError(t, way.depose(t.Context(), prefix))
			}))
		})
	}
}

// leasesOf returns the leases of the candidates, the leader's first.
func leasesOf(ctx context.Context, client *clientv3.Client, prefix string) ([]clientv3.LeaseID, error) {
	r, err := client.Get(ctx, prefix+"/", clientv3.WithPrefix(), clientv3.WithSort(clientv3.SortByCreateRevision, clientv3.SortAscend))
	if err != nil {
		return nil, err
	}
	leases := make([]clientv3.LeaseID, len(r.Kvs))
	for i, kv := range r.Kvs {
		leases[i] = clientv3.LeaseID(kv.Lease)
	}
	return leases, nil
}

func win(t *testing.T, e leader.Elector) leader.Term {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	term, err := e.Campaign(ctx)
	require.NoError(t, err)
	t.Cleanup(func() { resign(t, term) })
	return term
}

func resign(t *testing.T, term leader.Term) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	assert.NoError(t, term.Resign(ctx))
}

func TestATermThatEndsLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	server := etcdtest.Start(t)
	client := server.Client(t)
	prefix := newPrefix()
	e := etcd.NewElector(client, etcd.Election{Prefix: prefix, TTL: time.Hour})
	term := win(t, e)
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	_, err := e.Campaign(ctx)
	require.ErrorIs(t, err, context.DeadlineExceeded)

	leases, err := leasesOf(t.Context(), client, prefix)
	require.NoError(t, err)
	assert.Len(t, leases, 1, "of the one who leads")
	resign(t, term)

	leases, err = leasesOf(t.Context(), client, prefix)
	require.NoError(t, err)
	assert.Empty(t, leases)
	all, err := client.Leases(t.Context())
	require.NoError(t, err)
	assert.Empty(t, all.Leases)
}

func TestTheTokenIsTheRevisionOfTheKey(t *testing.T) {
	t.Parallel()
	server := etcdtest.Start(t)
	client := server.Client(t)
	prefix := newPrefix()
	term := win(t, etcd.NewElector(client, etcd.Election{Prefix: prefix + "/", TTL: ttl, Candidate: "node-a"}))

	r, err := client.Get(t.Context(), prefix+"/", clientv3.WithPrefix())

	require.NoError(t, err)
	require.Len(t, r.Kvs, 1)
	assert.Equal(t, r.Kvs[0].CreateRevision, term.Token())
	assert.Equal(t, "node-a", string(r.Kvs[0].Value))
}

func TestALeaderThatIsCutOffKnowsWithinItsLease(t *testing.T) {
	t.Parallel()
	server := etcdtest.Start(t)
	client := server.Client(t)
	e := etcd.NewElector(client, etcd.Election{Prefix: newPrefix(), TTL: 2 * time.Second})
	term := win(t, e)

	thaw := server.Freeze(t)
	select {
	case <-term.Lost():
	case <-time.After(patience):
		require.Fail(t, "it does not know")
	}

	// It cannot resign, but tries no longer than it is told.
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	assert.ErrorIs(t, term.Resign(ctx), context.DeadlineExceeded)

	thaw()
	next := win(t, e)
	assert.Greater(t, next.Token(), term.Token())
}

func TestACampaignEndsWithItsContextAlsoIfNothingAnswers(t *testing.T) {
	t.Parallel()
	server := etcdtest.Start(t)
	client := server.Client(t)
	e := etcd.NewElector(client, etcd.Election{Prefix: newPrefix(), TTL: time.Hour})
	term := win(t, e)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		_, err := e.Campaign(ctx) // waits for the other one
		ended <- err
	}()
	time.Sleep(500 * time.Millisecond)
	thaw := server.Freeze(t)

	cancel()
	assert.ErrorIs(t, <-ended, context.Canceled)

	short, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err := e.Campaign(short) // asks for a lease
	assert.ErrorIs(t, err, context.DeadlineExceeded)

	thaw()
	resign(t, term)
}

func TestACandidateWhoseLeaseExpiresIsNotElected(t *testing.T) {
	t.Parallel()
	server := etcdtest.Start(t)
	client := server.Client(t)
	prefix := newPrefix()
	e := etcd.NewElector(client, etcd.Election{Prefix: prefix, TTL: ttl})
	term := win(t, e)
	ended := make(chan error, 1)
	go func() {
		_, err := e.Campaign(t.Context())
		ended <- err
	}()
	var leases []clientv3.LeaseID
	require.Eventually(t, func() (ok bool) {
		leases, _ = leasesOf(t.Context(), client, prefix)
		return len(leases) == 2
	}, patience, 10*time.Millisecond)

	_, err := client.Revoke(t.Context(), leases[1])
	require.NoError(t, err)

	err = <-ended
	assert.EqualError(t, err, "lease not renewed in time")
	select {
	case <-term.Lost():
		assert.Fail(t, "the leader has lost")
	default:
	}
}

// A key may go while its candidate waits, and then the history that would show it.
func TestACandidateWhoseKeyIsDeletedIsNotElected(t *testing.T) {
	t.Parallel()
	server := etcdtest.Start(t)
	client := server.Client(t)
	prefix := newPrefix()
	e := etcd.NewElector(client, etcd.Election{Prefix: prefix, TTL: time.Hour})
	term := win(t, e)
	ended := make(chan error, 1)
	go func() {
		_, err := e.Campaign(t.Context())
		ended <- err
	}()
	var keys *clientv3.GetResponse
	require.Eventually(t, func() bool {
		var err error
		keys, err = client.Get(t.Context(), prefix+"/", clientv3.WithPrefix(),
			clientv3.WithSort(clientv3.SortByCreateRevision, clientv3.SortAscend))
		return err == nil && len(keys.Kvs) == 2
	}, patience, 10*time.Millisecond)
	_, err := client.Delete(t.Context(), string(keys.Kvs[1].Key))
	require.NoError(t, err)

	resign(t, term)

	assert.EqualError(t, <-ended, "election key was deleted")
}

func TestATermOutlivesTheHistory(t *testing.T) {
	t.Parallel()
	server := etcdtest.Start(t)
	client := server.Client(t)
	prefix := newPrefix()
	e := etcd.NewElector(client, etcd.Election{Prefix: prefix, TTL: ttl})
	first := win(t, e)
	elected := make(chan leader.Term, 1)
	go func() {
		term, err := e.Campaign(t.Context())
		assert.NoError(t, err)
		elected <- term
	}()
	require.Eventually(t, func() bool {
		leases, _ := leasesOf(t.Context(), client, prefix)
		return len(leases) == 2
	}, patience, 10*time.Millisecond)
	var latest int64
	for range 10 {
		r, err := client.Put(t.Context(), "/other", "value")
		require.NoError(t, err)
		latest = r.Header.Revision
	}
	_, err := client.Compact(t.Context(), latest)
	require.NoError(t, err)

	resign(t, first)
	second := <-elected
	require.NotNil(t, second)

	select {
	case <-second.Lost():
		assert.Fail(t, "the term is lost, although its key is there")
	case <-time.After(3 * ttl):
	}
	resign(t, second)
}

package etcd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
)

// watchAgain is the pause before a watch that has ended is begun anew.
const watchAgain = time.Second

// term is a [leader.Term]: a key, whose creation revision is the token, with a lease.
type term struct {
	client *clientv3.Client
	lease  clientv3.LeaseID
	stale  <-chan struct{} // closed when nothing renews the lease any more
	key    string
	token  int64
	log    *slog.Logger

	life context.Context // ends with the term; the cause says why
	end  context.CancelCauseFunc
	over chan struct{} // closed by watch

	mu       sync.Mutex // serializes resignations
	resigned bool       // protected by mu
}

func (t *term) Token() int64          { return t.token }
func (t *term) Lost() <-chan struct{} { return t.over }

// Resign ends the lease, and with it the key, whatever has become of them.
func (t *term) Resign(ctx context.Context) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.resigned {
		return nil
	}
	t.resigned = true
	t.end(errResigned)
	<-t.over
	return t.revoke(ctx)
}

// revoke ends the lease on the server, once life has ended.
func (t *term) revoke(ctx context.Context) error {
	<-t.stale
	_, err := t.client.Revoke(ctx, t.lease)
	if err != nil && !errors.Is(err, rpctypes.ErrLeaseNotFound) {
		return fmt.Errorf("lease %x: %w", int64(t.lease), err)
	}
	return nil
}

// abandon is Resign for a campaign that has come to nothing.
func (t *term) abandon() {
	ctx, cancel := context.WithTimeout(context.Background(), abandonTimeout)
	defer cancel()
	if err := t.revoke(ctx); err != nil {
		t.log.Debug("abandoned campaign ends with its lease", "error", err.Error())
	}
}

// watch ends the term when its key is gone, or the term ends for another reason. The
// renewal of the lease does not see that somebody deletes the key.
func (t *term) watch(revision int64) {
	defer close(t.over)
	for !t.deletedAfter(revision) && t.life.Err() == nil {
		held, now, err := t.await()
		if err == nil && !held {
			t.end(errDeleted)
		}
		revision = now
	}
	t.end(errDeleted) // unless there was a cause before
	if cause := context.Cause(t.life); !errors.Is(cause, errResigned) {
		t.log.Warn("election term ends", "key", t.key, "token", t.token, "cause", cause.Error())
	}
}

// deletedAfter waits until the key is deleted after a revision. It reports false if the
// watch has ended for another reason, such as a history that was compacted.
func (t *term) deletedAfter(revision int64) bool {
	ctx, cancel := context.WithCancel(t.life)
	defer cancel()
	for r := range t.client.Watch(ctx, t.key, clientv3.WithRev(revision+1), clientv3.WithFilterPut()) {
		if len(r.Events) > 0 {
			return true
		}
	}
	return false
}

// await asks for the key, after a pause, until there is an answer or the term ends.
func (t *term) await() (held bool, revision int64, err error) {
	for {
		select {
		case <-t.life.Done():
			return false, 0, t.life.Err()
		case <-time.After(watchAgain):
		}
		if held, revision, err = t.held(); err == nil {
			return held, revision, nil
		}
	}
}

// held reports whether the key of the term is there, and at which revision.
func (t *term) held() (held bool, revision int64, err error) {
	r, err := t.client.Get(t.life, t.key)
	if err != nil {
		return false, 0, err
	}
	return len(r.Kvs) == 1 && r.Kvs[0].CreateRevision == t.token, r.Header.Revision, nil
}

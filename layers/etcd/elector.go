package etcd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/concurrency"

	"github.com/wireframework/wireframework/layers/leader"
	"github.com/wireframework/wireframework/task"
)

// abandonTimeout bounds the clean-up after a campaign that was given up. What is left
// on the server ends with its lease.
const abandonTimeout = time.Second

var (
	errExpired  = errors.New("lease not renewed in time")
	errDeleted  = errors.New("election key was deleted")
	errResigned = errors.New("resigned")
)

// Election says who stands for what.
type Election struct {
	// Prefix names the election. Optional; defaults to "/leader".
	Prefix string

	// TTL is the lease, rounded up to whole seconds. Optional; defaults to 10 s.
	TTL time.Duration

	// Candidate is the value of the key of this candidate. Optional; defaults to the
	// name of the host and the id of the process.
	Candidate string
}

// Elector is a [leader.Elector] on etcd. Make one with [NewElector].
type Elector struct {
	client    *clientv3.Client
	prefix    string
	seconds   int
	candidate string
}

// NewElector returns a candidate of an election, for tasks that do not lead together
// with that of the layer. The client stays that of the caller, and has to live longer
// than all terms.
func NewElector(client *clientv3.Client, e Election) *Elector {
	o := Options{Prefix: e.Prefix, TTL: e.TTL}.withDefaults()
	if e.Candidate == "" {
		host, _ := os.Hostname() // for reading only, so an empty one will do
		e.Candidate = fmt.Sprintf("%s:%d", host, os.Getpid())
	}
	return &Elector{
		client:    client,
		prefix:    strings.TrimRight(o.Prefix, "/"),
		seconds:   int(max(1, (o.TTL+time.Second-1)/time.Second)),
		candidate: e.Candidate,
	}
}

// Campaign implements [leader.Elector]. Each campaign has a lease of its own. If ctx
// ends while etcd does not answer, Campaign returns within a second.
func (e *Elector) Campaign(ctx context.Context) (leader.Term, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	life, end := context.WithCancelCause(e.client.Ctx())
	release := context.AfterFunc(ctx, func() { end(ctx.Err()) })
	session, err := e.newSession(life)
	if err != nil {
		release()
		end(err)
		return nil, because(life, err)
	}
	context.AfterFunc(session.Ctx(), func() { end(errExpired) })
	t := &term{
		client: e.client,
		lease:  session.Lease(),
		stale:  session.Done(),
		log:    task.Logger(ctx),
		life:   life,
		end:    end,
		over:   make(chan struct{}),
	}
	revision, err := e.elect(session, t)
	if !release() && err == nil {
		<-life.Done() // ctx has ended at this moment
		err = ctx.Err()
	}
	if err != nil {
		end(err)
		t.abandon()
		return nil, because(life, err)
	}
	go t.watch(revision)
	return t, nil
}

// newSession makes a lease that is renewed until life ends. The client that the session
// gets has the connection of ours and ends with life too, as what the session and the
// election do in the end is bound to their client alone.
func (e *Elector) newSession(life context.Context) (*concurrency.Session, error) {
	client := clientv3.NewCtxClient(life)
	client.KV, client.Lease, client.Watcher = e.client.KV, e.client.Lease, e.client.Watcher
	return concurrency.NewSession(client, concurrency.WithTTL(e.seconds))
}

// elect waits until the key of the term is the first. It returns a revision at which
// the key was there.
func (e *Elector) elect(session *concurrency.Session, t *term) (revision int64, err error) {
	election := concurrency.NewElection(session, e.prefix)
	err = election.Campaign(t.life, e.candidate)
	for errors.Is(err, rpctypes.ErrCompacted) { // what it waited for may be history; its key keeps its place
		err = election.Campaign(t.life, e.candidate)
	}
	if err != nil {
		return 0, err
	}
	// The key may have been deleted, or may have expired, while it waited.
	t.key, t.token = election.Key(), election.Rev()
	held, revision, err := t.held()
	if err == nil && !held {
		err = errDeleted
	}
	return revision, err
}

// because prefers the reason why life has ended to what comes of it.
func because(life context.Context, err error) error {
	if cause := context.Cause(life); cause != nil {
		return cause
	}
	return err
}

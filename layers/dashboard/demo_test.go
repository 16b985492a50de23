package dashboard_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"time"

	"github.com/wireframework/wireframework/layers/dashboard"
	"github.com/wireframework/wireframework/layers/httpserver"
	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

// demo is a node that does nothing, in the shape of one that does a lot.
type demo struct {
	listen string
	schema chan struct{} // closed: the schema is current, and the gate opens
	lose   chan error    // what the task "sealer" fails with
	leave  chan struct{} // closed: the task "ingest" returns after the stop
	log    io.Writer
}

func newDemo(listen string, log io.Writer) *demo {
	return &demo{listen: listen, schema: make(chan struct{}), lose: make(chan error, 1), leave: make(chan struct{}), log: log}
}

func (d *demo) builder(more ...wiring.Layer) *service.Builder {
	return service.NewBuilder(service.Logger(slog.New(slog.NewTextHandler(d.log, nil)))).
		AddLayer(
			wiring.NewLayer("config", wireConfig),
			wiring.NewLayer("postgres", wirePostgres),
			wiring.NewLayer("schema", d.wireSchema),
			wiring.NewLayer("chain", wireChain),
			wiring.NewLayer("ingest", d.wireIngest),
			wiring.NewLayer("ledger", d.wireLedger),
			wiring.NewLayer("api", wireAPI),
		).
		AddLayer(more...).
		AddLayer(httpserver.Ops(httpserver.Options{Listen: d.listen}), dashboard.New(dashboard.Options{Title: "ledger"}))
}

type (
	config   struct{}
	pool     struct{}
	replica  struct{}
	client   struct{}
	peers    struct{}
	store    interface{ Height() int }
	sqlStore struct{}
	queue    struct{}
	limiter  struct{}
	audit    struct{}
	check    struct{}
	handler  struct{}
)

func (*sqlStore) Height() int { return 7 }

// slowly makes a constructor take a time that can be seen.
func slowly[T any](d time.Duration) *T {
	time.Sleep(d)
	return new(T)
}

func newPool(*config) *pool                        { return slowly[pool](42 * time.Millisecond) }
func newReplica(*config) *replica                  { return slowly[replica](23 * time.Millisecond) }
func newClient(*config, *peers) *client            { return slowly[client](12 * time.Millisecond) }
func newPeers(*config) *peers                      { return slowly[peers](3 * time.Millisecond) }
func newStore(*pool, *slog.Logger) *sqlStore       { return slowly[sqlStore](time.Millisecond) }
func newQueue() *queue                             { return &queue{} }
func newLimiter(*config) *limiter                  { return &limiter{} }
func newAudit(*pool) *audit                        { return &audit{} }
func newPoolCheck(*pool) *check                    { return &check{} }
func newPeerCheck(*peers) *check                   { return &check{} }
func newBlocks(store, *replica, *limiter) *handler { return &handler{} }
func newBalances(store, *limiter) *handler         { return &handler{} }

func until(ctx context.Context) error {
	<-ctx.Done()
	return nil
}

func wireConfig(r *wiring.Registry) error {
	r.Supply(&config{})
	return nil
}

func wirePostgres(r *wiring.Registry) error {
	r.Provide(newPool)
	r.Provide(newReplica)
	r.Provide(newPoolCheck, wiring.Group("checks"))
	r.Provide(newAudit) // nobody needs it
	return nil
}

func (d *demo) wireSchema(r *wiring.Registry) error {
	r.ProvideTask(d.newMigrator)
	return nil
}

func (d *demo) newMigrator(*pool) (current, migrate task.Task) {
	return task.New("schema-current", task.Precondition, func(ctx context.Context) error {
			select {
			case <-d.schema:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}),
		task.New("migrate", task.UnconstrainedOneshot, func(context.Context) error { return nil })
}

func wireChain(r *wiring.Registry) error {
	r.Provide(newPeers)
	r.Provide(newClient)
	r.Provide(newPeerCheck, wiring.Group("checks"))
	r.ProvideTask(newPeersFound)
	return nil
}

func newPeersFound(*peers) (found, discovery task.Task) {
	return task.New("peers-found", task.Precondition, func(context.Context) error { return nil }),
		task.New("peer-discovery", task.Unconstrained, until)
}

func (d *demo) wireIngest(r *wiring.Registry) error {
	r.Provide(newQueue)
	r.ProvideTask(d.newIngest)
	return nil
}

func (d *demo) newIngest(*client, *queue) (fetch, ingest task.Task) {
	return task.New("block-fetcher", task.Regular, until),
		task.New("ingest", task.Regular, func(ctx context.Context) error {
			<-ctx.Done()
			<-d.leave
			return nil
		})
}

func (d *demo) wireLedger(r *wiring.Registry) error {
	r.Provide(newStore, wiring.As[store]())
	r.ProvideTask(d.newSealer)
	r.ProvideTask(newPruner)
	return nil
}

var errDiskFull = errors.New("write block 7: no space left on device")

func (d *demo) newSealer(store, *queue, *slog.Logger) task.Task {
	return task.New("sealer", task.Regular, func(ctx context.Context) error {
		select {
		case err := <-d.lose:
			return err
		case <-ctx.Done():
			return nil
		}
	})
}

func newPruner(store) task.Task { return task.New("pruner", task.Regular, until) }

func wireAPI(r *wiring.Registry) error {
	r.Provide(newLimiter)
	r.Provide(newBlocks, wiring.Group("handlers"))
	r.Provide(newBalances, wiring.Group("handlers"))
	r.ProvideTask(newAPI)
	return nil
}

func newAPI(struct {
	wiring.In
	Handlers []*handler `group:"handlers"`
	Checks   []*check   `group:"checks"`
	Node     service.Handle
},
) task.Task {
	return task.New("api", task.Regular, until)
}

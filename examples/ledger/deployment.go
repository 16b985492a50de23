package main

import (
	"path/filepath"
	"time"

	"github.com/wireframework/wireframework/examples/ledger/api"
	"github.com/wireframework/wireframework/examples/ledger/audit"
	"github.com/wireframework/wireframework/examples/ledger/genesis"
	"github.com/wireframework/wireframework/examples/ledger/prune"
	"github.com/wireframework/wireframework/examples/ledger/seal"
	"github.com/wireframework/wireframework/examples/ledger/store"
	"github.com/wireframework/wireframework/layers/dashboard"
	"github.com/wireframework/wireframework/layers/debug"
	"github.com/wireframework/wireframework/layers/etcd"
	"github.com/wireframework/wireframework/layers/health"
	"github.com/wireframework/wireframework/layers/httpserver"
	"github.com/wireframework/wireframework/layers/leader/local"
	"github.com/wireframework/wireframework/layers/logging"
	"github.com/wireframework/wireframework/layers/metrics"
	"github.com/wireframework/wireframework/layers/migrate"
	"github.com/wireframework/wireframework/layers/otel"
	"github.com/wireframework/wireframework/layers/postgres"
	"github.com/wireframework/wireframework/layers/postgres/lease"
	"github.com/wireframework/wireframework/layers/sqlite"
	"github.com/wireframework/wireframework/layers/systemd"
	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/wiring"
)

// operations are the options of what every deployment has for those who run it.
type operations struct {
	Log     logging.Options    `embed:"" prefix:"log-" group:"Log"`
	Server  httpserver.Options `embed:"" prefix:"ops-" group:"Server for operators, by default at 127.0.0.1:8086: health, metrics, debug, dashboard"`
	Health  health.Options     `embed:"" prefix:"health-" group:"Health"`
	Metrics metrics.Options    `embed:"" prefix:"metrics-" group:"Metrics"`
	Debug   debug.Options      `embed:"" prefix:"debug-" group:"Debug"`
	Page    dashboard.Options  `embed:"" prefix:"dashboard-" group:"Dashboard"`
	Traces  otel.Options       `embed:"" prefix:"trace-" group:"Traces"`
}

func (o operations) layer() wiring.Layer {
	return wiring.Bundle("operations",
		logging.New(o.Log),
		httpserver.Ops(o.Server),
		health.New(o.Health),
		metrics.New(o.Metrics),
		debug.New(o.Debug),
		dashboard.New(o.Page),
		otel.New(o.Traces),
		systemd.Notify(),
	)
}

// public are the options of what clients use.
type public struct {
	Server httpserver.Options `embed:"" prefix:"http-" group:"Server of the API, by default at 127.0.0.1:8080"`
	API    api.Options        `embed:"" prefix:"api-" group:"API"`
}

func (o public) layer() wiring.Layer {
	return wiring.Bundle("public", httpserver.New("api", o.Server), api.New(o.API))
}

// work are the options of the tasks behind the API.
type work struct {
	Seal  seal.Options  `embed:"" prefix:"seal-" group:"Sealer"`
	Audit audit.Options `embed:"" prefix:"audit-" group:"Auditor"`
	Prune prune.Options `embed:"" prefix:"prune-" group:"Pruner"`
}

func (o work) layer() wiring.Layer {
	return wiring.Bundle("work", seal.New(o.Seal), audit.New(o.Audit), prune.New(o.Prune))
}

type standaloneOptions struct {
	Data       string          `help:"Directory of the database. It is made if it does not exist." default:"ledger-data" placeholder:"DIR"`
	SQLite     sqlite.Options  `embed:"" prefix:"sqlite-" group:"SQLite"`
	Genesis    genesis.Options `embed:"" prefix:"genesis-" group:"Genesis"`
	Public     public          `embed:""`
	Work       work            `embed:""`
	Operations operations      `embed:""`
}

// standalone is one node that does everything.
func standalone(o standaloneOptions) *service.Builder {
	if o.SQLite.Path == "" {
		o.SQLite.Path, o.SQLite.MakeDir = filepath.Join(o.Data, "ledger.db"), true
	}
	return service.NewBuilder().AddLayer(
		o.Operations.layer(),
		sqlite.New(o.SQLite),
		storage(store.SQLite),
		setUp(store.SQLite, o.Genesis),
		preconditions(store.SQLite),
		localLeader(),
		o.Work.layer(),
		o.Public.layer(),
	)
}

type clusterOptions struct {
	Postgres   postgres.Options `embed:"" prefix:"postgres-" group:"PostgreSQL"`
	SetUp      bool             `name:"setup" help:"Migrate the database and import the genesis; one node of the cluster does."`
	Genesis    genesis.Options  `embed:"" prefix:"genesis-" group:"Genesis"`
	Leader     string           `help:"Who elects the leader: postgres or etcd." default:"postgres" placeholder:"NAME"`
	Lease      lease.Options    `embed:"" group:"Election by PostgreSQL"`
	Etcd       etcd.Options     `embed:"" prefix:"etcd-" group:"Election by etcd"`
	Public     public           `embed:""`
	Work       work             `embed:""`
	Operations operations       `embed:""`
}

// cluster is one of several nodes on one database, any of which can lead.
func cluster(o clusterOptions) *service.Builder {
	return service.NewBuilder().AddLayer(
		o.Operations.layer(),
		postgres.New(o.Postgres),
		storage(store.Postgres),
		wiring.If(o.SetUp, setUp(store.Postgres, o.Genesis)),
		preconditions(store.Postgres),
		wiring.Choose("leader", o.Leader, map[string]wiring.Layer{
			"postgres": lease.New(o.Lease),
			"etcd":     etcd.New(o.Etcd),
		}),
		o.Work.layer(),
		o.Public.layer(),
	)
}

type apiOptions struct {
	Postgres   postgres.Options `embed:"" prefix:"postgres-" group:"PostgreSQL"`
	Public     public           `embed:""`
	Operations operations       `embed:""`
}

// apiOnly serves the API of a cluster and does nothing else.
func apiOnly(o apiOptions) *service.Builder {
	return service.NewBuilder().AddLayer(
		o.Operations.layer(),
		postgres.New(o.Postgres),
		storage(store.Postgres),
		preconditions(store.Postgres),
		o.Public.layer(),
	)
}

// setUp is what one node does, once for each version of the schema.
func setUp(d store.Dialect, o genesis.Options) wiring.Layer {
	return wiring.Bundle("setup", migrate.Up(schema(d)), genesis.Import(o))
}

// preconditions hold every node back until that is done.
func preconditions(d store.Dialect) wiring.Layer {
	return wiring.Bundle("preconditions", migrate.Check(schema(d)), genesis.Present())
}

func schema(d store.Dialect) migrate.Options {
	return migrate.Options{FS: d.Migrations(), Dialect: d.String(), Poll: 200 * time.Millisecond}
}

// localLeader lets the only node lead, with tokens that go on after a restart.
func localLeader() wiring.Layer {
	return wiring.Bundle("leader", local.New(), lastToken)
}

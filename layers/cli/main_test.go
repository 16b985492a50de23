package cli_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/wireframework/wireframework/layers/cli"
	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

// mainEnv makes the test binary the node of these tests.
const mainEnv = "CLI_TEST_MAIN"

func TestMain(m *testing.M) {
	if os.Getenv(mainEnv) != "" {
		newApp(nil).Main()
	}
	goleak.VerifyTestMain(m)
}

// Options as layers have them.
type (
	serverOptions struct {
		Listen  string            `default:"127.0.0.1:8080" help:"Address to listen on."`
		Limit   int               `default:"10" help:"Most connections."`
		Timeout time.Duration     `default:"1m" placeholder:"DURATION" help:"Longest request."`
		Hosts   []string          `help:"Names that are answered to."`
		Labels  map[string]string `help:"Labels of metrics."`
		Hidden  func()            `kong:"-"`
	}
	databaseOptions struct {
		URL string `required:"" placeholder:"URL" example:"postgres://localhost/ledger" help:"Address of the database."`
	}
	standaloneOptions struct {
		HTTP  serverOptions `embed:"" prefix:"http-" group:"HTTP"`
		Fails bool          `help:"Fail at once."`
		Waits bool          `help:"Wait for the stop."`
	}
	clusterOptions struct {
		HTTP     serverOptions   `embed:"" prefix:"http-" group:"HTTP"`
		Database databaseOptions `embed:"" prefix:"postgres-" group:"PostgreSQL"`
		Leader   string          `enum:"postgres,etcd" default:"postgres" example:"etcd" help:"Who elects the leader: ${enum}."`
		Rate     float64         `default:"0.5" help:"Ratio of samples."`
	}
)

// quiet leaves the log out.
var quiet = service.Logger(slog.New(slog.DiscardHandler))

// newApp is a program with two deployments. The options that a node was composed of go to
// seen, if there is one.
func newApp(seen func(any)) *cli.App {
	if seen == nil {
		seen = func(any) {}
	}
	return cli.New("ledger", "Accounts and transfers.",
		cli.Deployment("standalone", "SQLite, all tasks.", func(o standaloneOptions) *service.Builder {
			seen(o)
			return service.NewBuilder(quiet).AddLayer(storeLayer("sqlite"), worker(o))
		}),
		cli.Deployment("cluster", "PostgreSQL, several nodes.", func(o clusterOptions) *service.Builder {
			seen(o)
			return service.NewBuilder(quiet).AddLayer(storeLayer("postgres"), storeLayer(o.Leader+"-elector"),
				worker(standaloneOptions{}), requires("url", o.Database.URL))
		}),
	)
}

type store struct{}

func newStore() *store { return &store{} }

func storeLayer(name string) wiring.Layer {
	return wiring.NewLayer(name, func(r *wiring.Registry) error {
		r.Provide(newStore, wiring.Name(name))
		return nil
	})
}

// requires is a layer with an option that must be set.
func requires(field, value string) wiring.Layer {
	return wiring.NewLayer("requires-"+field, func(*wiring.Registry) error {
		if value == "" {
			return fmt.Errorf("option %s is empty", field)
		}
		return nil
	})
}

// worker has the task of the node: it ends at once, or fails, or waits for the stop.
func worker(o standaloneOptions) wiring.Layer {
	return wiring.NewLayer("worker", func(r *wiring.Registry) error {
		r.ProvideTask(o.newWork)
		return nil
	})
}

func (o standaloneOptions) newWork() task.Task {
	return task.New("work", task.Oneshot, func(ctx context.Context) error {
		switch {
		case o.Fails:
			panic("disk full")
		case o.Waits:
			fmt.Println("works")
			<-ctx.Done()
		}
		return nil
	})
}

// result is what a command has left.
type result struct {
	code           int
	stdout, stderr string
}

// run runs a command of an app; a word of the line is an argument.
func run(t *testing.T, app *cli.App, line string) result {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code := app.Run(t.Context(), strings.Fields(line), &stdout, &stderr)
	return result{code, stdout.String(), stderr.String()}
}

// options runs a command that succeeds, and returns the options of the deployment.
func options[O any](t *testing.T, line string) O {
	t.Helper()
	var seen O
	r := run(t, newApp(func(o any) { seen, _ = o.(O) }), line)
	require.Zero(t, r.code, r.stderr)
	return seen
}

// configFile writes a file and returns the flag that names it.
func configFile(t *testing.T, text string) (flag string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ledger.toml")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return "--config=" + path
}

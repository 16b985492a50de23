package cli_test

import (
	"encoding/json"
	"flag"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/layers/cli"
	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/service/servicetest"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

var _ = flag.Bool("update", false, "rewrite golden files")

func TestCheckVerifiesEveryDeployment(t *testing.T) {
	r := run(t, newApp(nil), "check")

	assert.Equal(t, 0, r.code)
	assert.Empty(t, r.stderr)
	assert.Contains(t, r.stdout, "standalone: ok, 2 layers, 1 task constructor\n")
	assert.Contains(t, r.stdout, "cluster: ok, 4 layers, 1 task constructor"+
		" (not set, an example was taken: --postgres-url=postgres://localhost/ledger)\n")
	assert.Contains(t, r.stdout, `standalone: warning: layer "sqlite": newStore (cli/main_test.go:`)
}

func TestCheckTakesWhatIsKnown(t *testing.T) {
	file := configFile(t, "[deployment.cluster]\npostgres.url = 'postgres://db/ledger'\n")
	assert.Contains(t, run(t, newApp(nil), "check "+file).stdout, "cluster: ok, 4 layers, 1 task constructor\n")

	t.Setenv("LEDGER_POSTGRES_URL", "postgres://db/ledger")

	assert.Contains(t, run(t, newApp(nil), "check").stdout, "cluster: ok, 4 layers, 1 task constructor\n")
}

func TestCheckOfOneDeploymentTakesItsFlags(t *testing.T) {
	r := run(t, newApp(nil), "check cluster --postgres-url=")

	assert.Equal(t, 1, r.code)
	assert.Empty(t, r.stdout)
	assert.Contains(t, r.stderr, "cluster: ")
	assert.Contains(t, r.stderr, "option url is empty")
}

func TestCheckGoesOnAfterAVariableThatOneDeploymentDoesNotTake(t *testing.T) {
	t.Setenv("LEDGER_LEADER", "raft")

	r := run(t, newApp(nil), "check")

	assert.Equal(t, 2, r.code)
	assert.Contains(t, r.stdout, "standalone: ok")
	assert.Equal(t, "cluster: --leader must be one of \"postgres\",\"etcd\" but got \"raft\"\n", r.stderr)
}

func TestCheckReportsAllProblemsOfAllDeployments(t *testing.T) {
	missing := func(name string) cli.Part {
		return cli.Deployment(name, "", func(struct{}) *service.Builder {
			return service.NewBuilder().AddLayer(wiring.NewLayer("work", func(r *wiring.Registry) error {
				r.ProvideTask(func(int) task.Task { return nil })
				r.ProvideTask(func(string) task.Task { return nil })
				return nil
			}))
		})
	}
	good := cli.Deployment("good", "", func(struct{}) *service.Builder {
		return service.NewBuilder().AddLayer(worker(standaloneOptions{}))
	})

	r := run(t, cli.New("ledger", "", missing("one"), good, missing("two")), "check")

	assert.Equal(t, 1, r.code)
	assert.Equal(t, "good: ok, 1 layer, 1 task constructor\n", r.stdout)
	for _, want := range []string{"one: wiring: 2 problems\n", "two: wiring: 2 problems\n", "needs int", "needs string"} {
		assert.Contains(t, r.stderr, want)
	}
}

func TestBuildersAreTheDeploymentsWithTheirDefaults(t *testing.T) {
	t.Setenv("LEDGER_LEADER", "nonsense")
	t.Setenv("LEDGER_CONFIG", "/nowhere")

	servicetest.Deployments(t, newApp(nil).Builders())
}

func TestBuildersOfAProgramWithAMistakePanic(t *testing.T) {
	builders := cli.New("ledger", "", cli.Deployment("all", "", func(struct{}) *service.Builder { return nil })).Builders()

	assert.PanicsWithValue(t, `cli: deployment "all": deployment "all": the name is taken by a command`, func() { builders["all"]() })
}

func TestGraphInEachFormat(t *testing.T) {
	dot := run(t, newApp(nil), "graph")
	assert.Contains(t, dot.stdout, "digraph wiring {")
	assert.Contains(t, dot.stdout, `label="sqlite"`, "the first deployment")

	mermaid := run(t, newApp(nil), "graph --format=mermaid cluster --leader=etcd")
	assert.Contains(t, mermaid.stdout, "flowchart LR")
	assert.Contains(t, mermaid.stdout, `["etcd-elector"]`)

	var g wiring.Graph
	require.NoError(t, json.Unmarshal([]byte(run(t, newApp(nil), "graph cluster --format=json").stdout), &g))
	assert.Equal(t, "postgres", g.Layers[0].Name)

	for _, r := range []result{dot, mermaid} {
		assert.Zero(t, r.code)
		assert.Empty(t, r.stderr)
	}
}

func TestGraphExplains(t *testing.T) {
	r := run(t, newApp(nil), "graph --explain=postgres-elector cluster")
	assert.Zero(t, r.code)
	assert.Regexp(t, `^layer "postgres-elector": `, r.stdout)

	r = run(t, newApp(nil), "graph --explain=postgres cluster")
	assert.Regexp(t, `^layer "postgres": `, r.stdout)
	assert.NotContains(t, r.stdout, "digraph")

	r = run(t, newApp(nil), "graph --explain=sqlte")
	assert.Equal(t, 1, r.code)
	assert.Empty(t, r.stdout)
	assert.Equal(t, `ledger: "sqlte" is no task, resource, constructor or layer of this graph (did you mean "sqlite"?)
(a task goes by its constructor, see "ledger tasks standalone"; its ID is known once the node runs, see /debug/tasks of layers/debug)
`, r.stderr)
}

func TestGraphOfADeploymentWithAMistake(t *testing.T) {
	r := run(t, newApp(nil), "graph cluster --postgres-url=")

	assert.Equal(t, 1, r.code)
	assert.Empty(t, r.stdout)
	assert.Contains(t, r.stderr, "option url is empty")
}

func TestGraphDiff(t *testing.T) {
	r := run(t, newApp(nil), "graph diff standalone cluster")

	assert.Equal(t, result{0, `- layer sqlite
- resource *cli_test.store "sqlite" (layer sqlite)
+ layer postgres
+ layer postgres-elector
+ layer requires-url
+ resource *cli_test.store "postgres" (layer postgres)
+ resource *cli_test.store "postgres-elector" (layer postgres-elector)
`, ""}, r)
	assert.Equal(t, result{}, run(t, newApp(nil), "graph diff cluster cluster"))
}

func TestGraphDiffCountsEqualTasks(t *testing.T) {
	workers := func(name string, n int) cli.Part {
		return cli.Deployment(name, "", func(struct{}) *service.Builder {
			return service.NewBuilder().AddLayer(wiring.NewLayer("work", func(r *wiring.Registry) error {
				for range n {
					r.ProvideTask(newTask)
				}
				return nil
			}))
		})
	}

	r := run(t, cli.New("ledger", "", workers("one", 1), workers("three", 3)), "graph diff one three")

	assert.Equal(t, "+ task of newTask (layer work)\n+ task of newTask (layer work)\n", r.stdout)
}

func newTask() task.Task { return nil }

func TestTasks(t *testing.T) {
	app := cli.New("ledger", "", cli.Deployment("one", "", func(struct{}) *service.Builder {
		return service.NewBuilder().AddLayer(wiring.NewLayer("work", func(r *wiring.Registry) error {
			r.ProvideTask(newTask)
			return nil
		}))
	}))

	r := run(t, app, "tasks")

	assert.Zero(t, r.code)
	assert.Regexp(t, `^LAYER  CONSTRUCTOR  LOCATION\nwork   newTask      cli/check_test.go:\d+\n$`, r.stdout)
}

package servicetest_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/service/servicetest"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

// laptop, server and cluster are the deployments of a binary.
func laptop() *service.Builder {
	return node().ReplaceLayer("storage", wiring.NewLayer("memory", func(r *wiring.Registry) error {
		r.Supply(&memory{}, wiring.As[Store]())
		r.Invoke(warmUp)
		return nil
	}))
}

func server() *service.Builder { return node() }

func cluster() *service.Builder {
	return node().AddLayer(limits, wiring.NewLayer("consensus", func(r *wiring.Registry) error {
		r.Supply("raft", wiring.Name("protocol"), wiring.Default())
		r.ProvideTask(newElection)
		return nil
	}))
}

// limits is a layer of defaults alone.
var limits = wiring.NewLayer("limits", func(r *wiring.Registry) error {
	r.Supply(100, wiring.Name("limit"), wiring.Default())
	return nil
})

// settings stands for config.
var settings = wiring.NewLayer("settings", func(r *wiring.Registry) error {
	r.Supply(Config{})
	return nil
})

func warmUp(Store) {}

func newElection(struct {
	wiring.In
	Protocol string `name:"protocol"`
	Limit    int    `name:"limit"`
},
) task.Task {
	panic("built")
}

var deployments = map[string]func() *service.Builder{"laptop": laptop, "server": server, "cluster/eu": cluster}

func TestDeployments(t *testing.T) {
	servicetest.Deployments(t, deployments)
}

// deploymentsEnv makes TestDeploymentsInAProcess a test of these deployments.
const deploymentsEnv = "DEPLOYMENTS"

// What fails a real test, and what depends on flags and the directory, is seen from
// outside: this test runs itself in other processes.
func TestDeploymentsInAProcess(t *testing.T) {
	switch os.Getenv(deploymentsEnv) {
	case "":
	case "good":
		servicetest.Deployments(t, deployments)
		return
	case "changed":
		servicetest.Deployments(t, map[string]func() *service.Builder{
			"laptop": func() *service.Builder {
				return laptop().RemoveLayer("api").AddLayer(layerOf("debug-server", newTask("debug-server", task.Daemon, untilStop)))
			},
			"server": func() *service.Builder { return server().ReplaceLayer("config", settings) },
			"cluster/eu": func() *service.Builder {
				return cluster().ReplaceLayer("core", wiring.Bundle("heart", storage(), ingest()))
			},
		})
		return
	case "broken":
		servicetest.Deployments(t, map[string]func() *service.Builder{
			"laptop":  func() *service.Builder { return nil },
			"server":  func() *service.Builder { return server().RemoveLayer("config") },
			"unknown": server,
		})
		return
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "testdata", "deployments", "cluster", "eu.golden")

	assert.Equal(t, []string{
		`FAIL: TestDeploymentsInAProcess`,
		`FAIL: TestDeploymentsInAProcess/cluster/eu`,
		`there is no record of the deployment in testdata/deployments/cluster/eu.golden`,
		`(run the test with -update to write it, and commit it)`,
		`FAIL: TestDeploymentsInAProcess/laptop`,
		`there is no record of the deployment in testdata/deployments/laptop.golden`,
		`(run the test with -update to write it, and commit it)`,
		`FAIL: TestDeploymentsInAProcess/server`,
		`there is no record of the deployment in testdata/deployments/server.golden`,
		`(run the test with -update to write it, and commit it)`,
	}, deploy(t, dir, "good"))
	assert.NoFileExists(t, file)

	require.Empty(t, deploy(t, dir, "good", "-update"))
	require.FileExists(t, file)
	first, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Empty(t, deploy(t, dir, "good"))

	assert.Equal(t, []string{
		`FAIL: TestDeploymentsInAProcess`,
		`FAIL: TestDeploymentsInAProcess/cluster/eu`,
		`the deployment has changed (- testdata/deployments/cluster/eu.golden, + now)`,
		`- layer storage (bundle core)`,
		`+ layer storage (bundle heart)`,
		`- layer ingest (bundle core)`,
		`+ layer ingest (bundle heart)`,
		`(if that is meant, run the test with -update to write it, and commit it)`,
		`FAIL: TestDeploymentsInAProcess/laptop`,
		`the deployment has changed (- testdata/deployments/laptop.golden, + now)`,
		`layer ingest (bundle core)`,
		`-   provides []servicetest_test.Check group "health"`,
		`+   provides []servicetest_test.Check group "health", which nothing needs`,
		`- layer api`,
		`-   runs api.func1.1`,
		`+ layer debug-server`,
		`+   runs newTask.func1`,
		`(if that is meant, run the test with -update to write it, and commit it)`,
		`FAIL: TestDeploymentsInAProcess/server`,
		`the deployment has changed (- testdata/deployments/server.golden, + now)`,
		`- layer config`,
		`+ layer settings`,
		`(if that is meant, run the test with -update to write it, and commit it)`,
	}, deploy(t, dir, "changed"))

	assert.Equal(t, []string{
		`FAIL: TestDeploymentsInAProcess`,
		`FAIL: TestDeploymentsInAProcess/laptop`,
		`the deployment is a nil builder`,
		`FAIL: TestDeploymentsInAProcess/server`,
		`the graph does not verify`,
		`wiring: 1 problem`,
		`layer "storage": openDisk needs servicetest_test.Config, which no layer provides`,
		`(add a layer that provides it)`,
		`FAIL: TestDeploymentsInAProcess/unknown`,
		`there is no record of the deployment in testdata/deployments/unknown.golden`,
		`(run the test with -update to write it, and commit it)`,
	}, deploy(t, dir, "broken"))

	t.Setenv("SERVICETEST_UPDATE", "0")
	assert.NotEmpty(t, deploy(t, dir, "changed"), "0 is no")
	t.Setenv("SERVICETEST_UPDATE", "1")
	require.Empty(t, deploy(t, dir, "changed"))
	second, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.NotEqual(t, string(first), string(second))
}

// deploy runs the test in another process and in dir, and returns what it reports.
func deploy(t *testing.T, dir, what string, args ...string) []string {
	t.Helper()
	cmd := exec.Command(executable(t), append(args, "-test.run=^TestDeploymentsInAProcess$", "-test.count=1")...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), deploymentsEnv+"="+what)
	out, err := cmd.CombinedOutput()
	lines := []string{}
	for line := range strings.Lines(string(out)) {
		line = strings.TrimPrefix(strings.TrimSpace(line), "--- ")
		line = regexp.MustCompile(`^\w+\.go:\d+: | \([^() ]+\.go:\d+\)| \(\d+\.\d+s\)$`).ReplaceAllString(line, "")
		noise := regexp.MustCompile(`^(FAIL|PASS|coverage: .*|warning: GOCOVERDIR .*)$|is not used by any`)
		if !noise.MatchString(line) {
			lines = append(lines, line)
		}
	}
	assert.Equal(t, len(lines) > 0, err != nil, "%s", out)
	return lines
}

func executable(t *testing.T) string {
	t.Helper()
	path, err := os.Executable()
	require.NoError(t, err)
	return path
}

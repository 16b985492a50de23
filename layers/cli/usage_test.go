package cli_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/wireframework/wireframework/layers/cli"
	"github.com/wireframework/wireframework/service"
)

func TestUsageErrors(t *testing.T) {
	tests := []struct {
		name string
		line string
		want string
	}{
		{"no command", "", "ledger: expected one of \"run\", \"check\", \"graph\", \"tasks\"\nRun \"ledger --help\" for help.\n"},
		{
			"an unknown deployment", "run clustr",
			"ledger: unexpected argument clustr (deployments: standalone, cluster)\nRun \"ledger run standalone --help\" for help.\n",
		},
		{"an unknown command", "rnu", "ledger: unexpected argument rnu, did you mean \"run\"?\nRun \"ledger --help\" for help.\n"},
		{
			"an unknown flag", "run cluster --htp-listen=x",
			"ledger: unknown flag --htp-listen, did you mean \"--http-listen\"?\nRun \"ledger run cluster --help\" for help.\n",
		},
		{
			"a value of the wrong type", "run --http-limit=many",
			"ledger: --http-limit: expected a valid 64 bit int but got \"many\"\nRun \"ledger run standalone --help\" for help.\n",
		},
		{
			"a value out of a choice", "check cluster --leader=raft",
			"ledger: --leader must be one of \"postgres\",\"etcd\" but got \"raft\"\nRun \"ledger check cluster --help\" for help.\n",
		},
		{"a flag of another deployment", "run --leader=etcd", "ledger: unknown flag --leader (a flag of run cluster)\nRun \"ledger run standalone --help\" for help.\n"},
		{"a flag of the default deployment", "tasks --raet=1", "ledger: unknown flag --raet\nRun \"ledger tasks standalone --help\" for help.\n"},
		{
			"flags of check, which has no default deployment", "check --http-limit=9",
			"ledger: unknown flag --http-limit (a flag of check standalone, check cluster)\nRun \"ledger check --help\" for help.\n",
		},
		{
			"an unknown deployment", "graph diff standalone clustr",
			"ledger: <to> must be one of \"standalone\",\"cluster\" but got \"clustr\"\nRun \"ledger graph diff --help\" for help.\n",
		},
		{
			"a comparison in a format", "graph diff standalone cluster --format=json",
			"ledger: graph diff prints lines, and does not take --format\nRun \"ledger graph diff --help\" for help.\n",
		},
		{
			"a comparison that explains", "graph --explain=sqlite diff standalone cluster",
			"ledger: graph diff prints lines, and does not take --explain\nRun \"ledger graph diff --help\" for help.\n",
		},
		{
			"a tree in a format", "graph --explain sqlite --format=mermaid",
			"ledger: --explain prints a tree, and does not take --format\nRun \"ledger graph standalone --help\" for help.\n",
		},
		{
			"a tree in the format of pictures", "graph cluster --explain sqlite --format=dot",
			"ledger: --explain prints a tree, and does not take --format\nRun \"ledger graph cluster --help\" for help.\n",
		},
		{
			"a file that does not exist", "check --config=/nowhere.toml",
			"ledger: --config: open /nowhere.toml: no such file or directory\nRun \"ledger check all --help\" for help.\n",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := run(t, newApp(nil), tt.line)

			assert.Equal(t, 2, r.code)
			assert.Empty(t, r.stdout)
			assert.Equal(t, tt.want, r.stderr)
		})
	}
}

func TestHelpShowsDefaultsAndEnvironment(t *testing.T) {
	r := run(t, newApp(nil), "run cluster --help")

	assert.Zero(t, r.code)
	assert.Empty(t, r.stderr)
	for _, want := range []string{
		"Usage: ledger run cluster --postgres-url=URL [flags]",
		"--stop-timeout=20s",
		`--http-listen="127.0.0.1:8080"`,
		"($LEDGER_HTTP_LISTEN)",
		"($LEDGER_CONFIG)",
		"--http-timeout=DURATION Longest request (default 1m, $LEDGER_HTTP_TIMEOUT).",
		"Who elects the leader: postgres,etcd",
	} {
		assert.Contains(t, strings.Join(strings.Fields(r.stdout), " "), want)
	}
	assert.Contains(t, run(t, newApp(nil), "run --help").stdout, "SQLite, all tasks. The default.")
}

func TestHelpOfACommandThatLooksAtTheGraphRequiresNothing(t *testing.T) {
	r := run(t, newApp(nil), "graph cluster --help")

	assert.Contains(t, r.stdout, "Usage: ledger graph cluster [flags]")
	assert.NotContains(t, r.stdout, "--stop-timeout")
}

func TestHelpNamesDeploymentsWhereTheyAreMeant(t *testing.T) {
	for line, want := range map[string]string{
		"--help":       "Usage: ledger <command> [flags]\n\nAccounts and transfers.\n",
		"run --help":   "Usage: ledger run [<deployment>] [flags]\n\nRun the node",
		"check --help": "Usage: ledger check [<deployment>] [flags]\n\nVerify",
		"graph --help": "Usage: ledger graph [<deployment>] [flags]\n\nPrint",
		"tasks --help": "Usage: ledger tasks [<deployment>] [flags]\n\nList",
	} {
		assert.True(t, strings.HasPrefix(run(t, newApp(nil), line).stdout, want), run(t, newApp(nil), line).stdout)
	}
}

func TestHelpOfAComparisonHasNoFlagThatItRefuses(t *testing.T) {
	r := run(t, newApp(nil), "graph diff --help")

	assert.Contains(t, r.stdout, "Usage: ledger graph diff <from> <to> [flags]")
	assert.Contains(t, r.stdout, "--config=FILE")
	assert.NotContains(t, r.stdout, "--format")
	assert.NotContains(t, r.stdout, "--explain")
	assert.Contains(t, run(t, newApp(nil), "graph --help").stdout, "--explain")
}

func TestVersionIsThatOfTheBinary(t *testing.T) {
	r := run(t, newApp(nil), "--version")

	assert.Zero(t, r.code)
	assert.Regexp(t, `^ledger .*go1\.\d+\S* \w+/\w+\n$`, r.stdout)
}

func TestMistakesOfAProgram(t *testing.T) {
	build := func(standaloneOptions) *service.Builder { return service.NewBuilder() }
	type unsupported struct{ Logger func() }
	type taken struct{ Config string }
	type takenByRun struct{ StopTimeout string }
	tests := []struct {
		name  string
		parts []cli.Part
		want  []string
	}{
		{"no deployment", nil, []string{"ledger: there is no deployment"}},
		{
			"names",
			[]cli.Part{
				cli.Deployment("one", "", build), cli.Deployment("one", "", build), cli.Deployment("Two", "", build),
				cli.Deployment("", "", build), cli.Deployment("all", "", build), cli.Deployment("diff", "", build), nil,
			},
			[]string{
				`deployment "one" is there twice`, `deployment "Two": the name is not made of`, `deployment "": the name is not`,
				`deployment "all": the name is taken`, `deployment "diff": the name is taken`,
			},
		},
		{
			"options that are no struct",
			[]cli.Part{cli.Deployment("one", "", func(int) *service.Builder { return nil })},
			[]string{`deployment "one": its options are int, which is no struct`},
		},
		{
			"a field that is no flag",
			[]cli.Part{cli.Deployment("one", "", func(unsupported) *service.Builder { return nil })},
			[]string{"unsupported.Logger: unsupported field type func()", `a field that is no flag has the tag kong:"-"`},
		},
		{
			"a flag that is taken",
			[]cli.Part{cli.Deployment("one", "", func(taken) *service.Builder { return nil })},
			[]string{"duplicate flag --config"},
		},
		{
			"a flag that run has",
			[]cli.Part{cli.Deployment("one", "", func(takenByRun) *service.Builder { return nil })},
			[]string{"duplicate flag --stop-timeout"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := run(t, cli.New("ledger", "", tt.parts...), "check")

			assert.Equal(t, 1, r.code)
			for _, want := range tt.want {
				assert.Contains(t, r.stderr, want)
			}
		})
	}
}

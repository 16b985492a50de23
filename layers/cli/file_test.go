package cli_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestAFlagCountsMoreThanTheEnvironmentAndThatMoreThanTheFile(t *testing.T) {
	file := configFile(t, "[http]\nlisten = 'file'\n")

	assert.Equal(t, "127.0.0.1:8080", options[standaloneOptions](t, "run").HTTP.Listen)
	assert.Equal(t, "file", options[standaloneOptions](t, "run "+file).HTTP.Listen)
	t.Setenv("LEDGER_HTTP_LISTEN", "environment")
	assert.Equal(t, "environment", options[standaloneOptions](t, "run "+file).HTTP.Listen)
	assert.Equal(t, "flag", options[standaloneOptions](t, "run "+file+" --http-listen=flag").HTTP.Listen)
}

func TestAVariableThatIsSetToNothingIsSet(t *testing.T) {
	t.Setenv("LEDGER_HTTP_LISTEN", "")

	assert.Empty(t, options[standaloneOptions](t, "run "+configFile(t, "http-listen = 'file'\n")).HTTP.Listen)
}

func TestAVariableOfTheWrongType(t *testing.T) {
	t.Setenv("LEDGER_HTTP_LIMIT", "many")

	r := run(t, newApp(nil), "run")

	assert.Equal(t, 2, r.code)
	assert.Contains(t, r.stderr, `(from envar LEDGER_HTTP_LIMIT="many")`)
	assert.Equal(t, 5, options[standaloneOptions](t, "run --http-limit=5").HTTP.Limit, "the flag counts more")
}

func TestTheEnvironmentNamesTheFile(t *testing.T) {
	t.Setenv("LEDGER_CONFIG", configFile(t, "http-listen = 'file'\n")[len("--config="):])

	assert.Equal(t, "file", options[standaloneOptions](t, "run").HTTP.Listen)
}

func TestAllTypesInAFile(t *testing.T) {
	file := configFile(t, `
rate = 1
leader = "etcd"

[http]
limit = 3
timeout = "1m30s"
hosts = ["a,b", 'c\d']
labels = { zone = "x", rack = "1" }

[postgres]
url = "postgres://db/ledger"
`)

	assert.Equal(t, clusterOptions{
		HTTP: serverOptions{
			Listen: "127.0.0.1:8080", Limit: 3, Timeout: 90 * time.Second,
			Hosts: []string{"a,b", `c\d`}, Labels: map[string]string{"zone": "x", "rack": "1"},
		},
		Database: databaseOptions{URL: "postgres://db/ledger"},
		Leader:   "etcd",
		Rate:     1,
	}, options[clusterOptions](t, "run cluster "+file))
	assert.Equal(t, 3, options[standaloneOptions](t, "run "+file).HTTP.Limit, "what the others do not have is no mistake")
}

func TestTheTableOfADeploymentCountsMore(t *testing.T) {
	file := configFile(t, `
fails = false
http.listen = "all"
postgres.url = "all"

[deployment.cluster]
http-listen = "cluster"
stop-timeout = "-1s"

[deployment.standalone.http]
limit = 1
`)

	got := options[standaloneOptions](t, "run "+file)
	assert.Equal(t, "all", got.HTTP.Listen)
	assert.Equal(t, 1, got.HTTP.Limit)
	assert.Equal(t, "cluster", options[clusterOptions](t, "check cluster "+file).HTTP.Listen)
	assert.Contains(t, run(t, newApp(nil), "run cluster "+file).stderr, "option StopTimeout is negative: -1s")
}

func TestMistakesInAFile(t *testing.T) {
	tests := []struct {
		name string
		text string
		want []string // without the name of the file
	}{
		{"an unknown key", "\nhttp-listne = 'x'", []string{`2: unknown key http-listne (did you mean http-listen?)`}},
		{"an unknown key in a table", "[http]\n\nlistne = 'x'", []string{`3: unknown key http.listne (did you mean http.listen?)`}},
		{"underscores", "http_listen = 'x'", []string{`1: unknown key http_listen (did you mean http-listen?)`}},
		{"an unknown table", "[htpp]\nlisten = 'x'", []string{`1: unknown key htpp (did you mean http?)`}},
		{"an empty unknown table", "[completely-unknown]", []string{`1: unknown key completely-unknown`}},
		{"tables in a list", "[[http]]\nlisten = 'x'", []string{`1: http is no table`}},
		{"the flag of the file itself", "config = 'x'", []string{`1: unknown key config`}},
		{"a quoted key", "'http.listen' = 'x'", []string{`1: unknown key "http.listen" (did you mean http-listen?)`}},
		{"a string for a number", "http.limit = '3'", []string{`1: http.limit is a string, and should be an integer`}},
		{"a float for an integer", "http.limit = 3.5", []string{`1: http.limit is a number, and should be an integer`}},
		{"a number for a string", "http.listen = 80", []string{`1: http.listen is an integer, and should be a string`}},
		{"a number for a duration", "http.timeout = 3", []string{`1: http.timeout is an integer, and should be a string such as "1m30s"`}},
		{"not a duration", "http.timeout = 'soon'", []string{`1: http.timeout is not valid: expected duration but got "soon": time: invalid duration "soon"`}},
		{"a string for a boolean", "fails = 'true'", []string{`1: fails is a string, and should be a boolean`}},
		{"a boolean for a number", "rate = true", []string{`1: rate is a boolean, and should be a number`}},
		{"a string for a list", "http.hosts = 'a'", []string{`1: http.hosts is a string, and should be a list`}},
		{"a list for a string", "http.listen = ['a']", []string{`1: http.listen is a list, and should be a string`}},
		{"a table for a string", "http.listen.port = 1", []string{`1: http.listen is a table, and should be a string`}},
		{
			"a table of several lines for a string", "http.listen.c = 1\nhttp.listen.b = 1\nhttp.listen.a = 1\nhttp.listen.d = 1",
			[]string{`1: http.listen is a table, and should be a string`},
		},
		{"a date for a string", "http.listen = 2026-01-02", []string{`1: http.listen is a date, and should be a string`}},
		{"a list of mixed types", "http.hosts = ['a', 1]", []string{`1: http.hosts has an element that is an integer, and should be a string`}},
		{"a table with a wrong value", "[http.labels]\nzone = 1", []string{`1: http.labels has a key "zone" that is an integer, and should be a string`}},
		{"a list for a table", "http.labels = []", []string{`1: http.labels is a list, and should be a table`}},
		{"a value out of a choice", "leader = 'raft'", []string{`1: leader is "raft", and should be one of "postgres", "etcd"`}},
		{"one flag twice", "http-limit = 1\n[http]\nlimit = 2", []string{`3: http.limit is the same as http-limit in line 1`}},
		{"one key twice", "http-limit = 1\nhttp-limit = 2", []string{`2: Key 'http-limit' has already been defined.`}},
		{"not TOML", "\nhttp-limit 1", []string{`2: expected '.' or '=', but got '1' instead`}},
		{"an unknown deployment", "[deployment.api]\nx = 1", []string{`1: there is no deployment "api" (known: standalone, cluster)`}},
		{"a deployment that is no table", "deployment.cluster = 1", []string{`1: deployment.cluster is no table`}},
		{"deployments that are no table", "deployment = 1", []string{`1: deployment is no table (it has a table for each deployment)`}},
		{
			"a flag of another deployment", "[deployment.standalone]\nleader = 'etcd'",
			[]string{`2: unknown key deployment.standalone.leader (a key of deployment.cluster)`},
		},
		{
			"a flag of another deployment, in a table", "[deployment.standalone.postgres]\nurl = 'x'",
			[]string{`2: unknown key deployment.standalone.postgres.url (a key of deployment.cluster)`},
		},
		{
			"a misspelt flag of another deployment", "[deployment.standalone]\npostgres.ulr = 'x'",
			[]string{`2: unknown key deployment.standalone.postgres.ulr`},
		},
		{
			"several", "http.limit = true\nhttp.nothing = 1\n[deployment.cluster]\nhttp.lisen = ''",
			[]string{
				`1: http.limit is a boolean, and should be an integer`,
				`2: unknown key http.nothing`,
				`4: unknown key deployment.cluster.http.lisen (did you mean deployment.cluster.http.listen?)`,
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			file := configFile(t, tt.text)
			path := file[len("--config="):]
			want := "ledger: "
			if len(tt.want) > 1 {
				want += "3 problems\n  "
			}
			for i, line := range tt.want {
				if i > 0 {
					want += "\n  "
				}
				want += path + ":" + line
			}

			r := run(t, newApp(nil), "tasks "+file)

			assert.Equal(t, result{2, "", want + "\nRun \"ledger tasks standalone --help\" for help.\n"}, r)
		})
	}
}

package httpserver_test

import (
	"context"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/layers/httpserver"
	"github.com/wireframework/wireframework/service/servicetest"
	"github.com/wireframework/wireframework/wiring"
	"github.com/wireframework/wireframework/wiring/layertest"
)

func TestLayer(t *testing.T) {
	layertest.Run(t, httpserver.New("api", free), servicetest.Populate(new(*httpserver.Server), "api"))
	layertest.Run(t, httpserver.Ops(free))
}

func TestOptionsAreChecked(t *testing.T) {
	listener := func(context.Context) (net.Listener, error) { panic("called by Wire") }
	tests := []struct {
		name    string
		server  string
		options httpserver.Options
		want    string
	}{
		{"no name", "", free, `name "" is not made of lower-case letters, digits and hyphens`},
		{"a name for people", "My API", free, `name "My API" is not made of lower-case letters, digits and hyphens`},
		{
			"a port alone", "api", httpserver.Options{Listen: "8080"},
			`Listen "8080" is not a host and a port (such as "127.0.0.1:8080", or ":0" for a free port on all addresses)`,
		},
		{
			"a port that is none", "api", httpserver.Options{Listen: "localhost:65536x"},
			`Listen "localhost:65536x" is not a host and a port (such as "127.0.0.1:8080", or ":0" for a free port on all addresses)`,
		},
		{
			"no port after the colon", "api", httpserver.Options{Listen: "localhost:"},
			`Listen "localhost:" is not a host and a port (such as "127.0.0.1:8080", or ":0" for a free port on all addresses)`,
		},
		{
			"a port that is too large by one", "api", httpserver.Options{Listen: "localhost:65536"},
			`Listen "localhost:65536" has a port that is too large (give one from 0 to 65535; 0 takes a free one)`,
		},
		{
			"a port that no integer holds", "api", httpserver.Options{Listen: "[::1]:99999999999999999999"},
			`Listen "[::1]:99999999999999999999" has a port that is too large (give one from 0 to 65535; 0 takes a free one)`,
		},
		{
			"two listeners", "api", httpserver.Options{Listen: ":80", Listener: listener},
			`Listen is ":80", but Listener is set too (use one of them)`,
		},
		{
			"negative header", "api", httpserver.Options{MaxHeaderBytes: -1},
			`MaxHeaderBytes -1 is negative (give a size in bytes, or 0 for the default)`,
		},
		{
			"a token of two words", "api", httpserver.Options{Token: "open sesame"},
			`Token holds a character that cannot be sent in a header (use visible ASCII characters)`,
		},
		{
			"a host with a port", "api", httpserver.Options{Hosts: []string{"node-1:80"}},
			`Hosts has "node-1:80", which is no host name (such as "node-1.example", without a port)`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := node(t.Output(), httpserver.New(tt.server, tt.options)).Build()

			assert.EqualError(t, err, `wiring: layer "http-`+tt.server+`": `+tt.want)
		})
	}
	t.Run("all problems at once", func(t *testing.T) {
		_, err := node(t.Output(), httpserver.New("api", httpserver.Options{Listen: "x", MaxHeaderBytes: -1, Hosts: []string{""}})).Build()

		require.Error(t, err)
		assert.Contains(t, err.Error(), "Listen")
		assert.Contains(t, err.Error(), "MaxHeaderBytes")
		assert.Contains(t, err.Error(), "Hosts")
	})
	t.Run("the greatest port is one", func(t *testing.T) {
		servicetest.Verify(t, node(t.Output(), httpserver.New("api", httpserver.Options{Listen: "127.0.0.1:65535"})))
	})
	t.Run("a listener is not opened by Build", func(t *testing.T) {
		servicetest.Verify(t, node(t.Output(), httpserver.New("api", httpserver.Options{Listener: listener})))
	})
}

// wiringError runs a node that cannot be wired, and returns what it says.
func wiringError(t *testing.T, layers ...wiring.Layer) string {
	t.Helper()
	svc := servicetest.Build(t, node(t.Output(), layers...))
	err := svc.Run(t.Context())
	require.Error(t, err)
	for _, s := range svc.Status().Tasks {
		assert.Fail(t, "a task has started", "%+v", s)
	}
	return err.Error()
}

func TestABusyPortIsAWiringError(t *testing.T) {
	busy, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer busy.Close()

	text := wiringError(t, httpserver.New("api", httpserver.Options{Listen: busy.Addr().String()}), httpserver.Ops(free))

	assert.Regexp(t, `^wiring: 1 root failure blocks 1 constructor
  layer "http-api": layer.newServer \(httpserver/layer.go:\d+\): listen tcp `+busy.Addr().String()+`: bind: address already in use \(another program has this port: .*\)
      blocks layer "http-api": newTask\n?$`, text)
}

func TestAListenerThatCannotBeOpenedIsAWiringError(t *testing.T) {
	text := wiringError(t, httpserver.New("api", httpserver.Options{
		Listener: func(context.Context) (net.Listener, error) { return nil, errBroken },
	}))
	assert.Contains(t, text, errBroken.Error())

	text = wiringError(t, httpserver.New("api", httpserver.Options{
		Listener: func(context.Context) (net.Listener, error) { return nil, nil },
	}))
	assert.Contains(t, text, "Listener has returned neither a listener nor an error")
}

func TestMistakenRoutesAreWiringErrors(t *testing.T) {
	h := say("")
	private := func(pattern string) httpserver.Route {
		return httpserver.Route{Server: "api", Pattern: pattern, Handler: h, Private: true}
	}
	everywhere := httpserver.Options{Listen: ":0"}
	tests := []struct {
		name    string
		options httpserver.Options
		routes  []httpserver.Route
		want    []string
	}{
		{
			"one pattern twice", free,
			[]httpserver.Route{route("GET /x", h), route("GET /x", h)},
			[]string{`server "api": pattern "GET /x" has two routes (leave one of them out)`},
		},
		{
			"one pattern twice in other words", free,
			[]httpserver.Route{route("/{a}", h), route("/{b}", h)},
			[]string{`server "api": patterns "/{a}" and "/{b}" conflict: some requests match both, and neither is more specific`},
		},
		{
			"patterns that overlap", free,
			[]httpserver.Route{route("/", h), route("/x/{any}", h), route("/{any}/y", h)},
			[]string{`server "api": patterns "/x/{any}" and "/{any}/y" conflict: some requests match both, and neither is more specific`},
		},
		{
			"a pattern that is none", free,
			[]httpserver.Route{route("GET x/{", h)},
			[]string{`server "api": pattern "GET x/{" is not valid: `},
		},
		{"no pattern", free, []httpserver.Route{route("", h)}, []string{`server "api": a route has no pattern (such as "GET /blocks/{height}")`}},
		{"no handler", free, []httpserver.Route{{Server: "api", Pattern: "/x"}}, []string{`server "api": route "/x" has no handler`}},
		{
			"a handler that is a nil function", free,
			[]httpserver.Route{route("/x", nil)},
			[]string{`server "api": route "/x" has no handler`},
		},
		{
			"an unknown server, and none", free,
			[]httpserver.Route{{Server: "apo", Pattern: "/x", Handler: h}, {Pattern: "/y", Handler: h}},
			[]string{
				`route "/x" is for server "apo", which no layer provides (servers: "ops", "api")`,
				`route "/y" names no server (servers: "ops", "api")`,
			},
		},
		{
			"all at once", free,
			[]httpserver.Route{route("", h), route("/x", h), route("/x", h), {Server: "apo", Pattern: "/x", Handler: h}},
			[]string{`has no pattern`, `has two routes`, `is for server "apo"`},
		},
		{
			"a private one on all addresses without a token", everywhere,
			[]httpserver.Route{private("GET /secret")},
			[]string{`server "api": route "GET /secret" is private, but the server listens on [::]:`, `, which others can reach, and has no token (set Token, or listen on a loopback address)`},
		},
		{
			"two private ones, of which it is said once", everywhere,
			[]httpserver.Route{route("/", h), private("GET /secret"), private("GET /b")},
			[]string{`server "api": route "GET /secret" and 1 other are private, but the server listens on [::]:`, `(set Token, or listen on a loopback address)`},
		},
		{
			"many private ones, beside other mistakes", everywhere,
			[]httpserver.Route{private("/secret"), private("/b"), private("/c"), private("/c"), route("/secret", h), private("")},
			[]string{
				`server "api": route "/secret" and 2 others are private, but the server listens on [::]:`,
				`(set Token, or listen on a loopback address)`,
				`pattern "/c" has two routes`, `pattern "/secret" has two routes`, `has no pattern`,
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			text := wiringError(t, httpserver.Ops(free), httpserver.New("api", tt.options), routes(tt.routes...))

			for _, want := range tt.want {
				assert.Equal(t, 1, strings.Count(text, want), "%s\nis not once in\n%s", want, text)
			}
		})
	}
}

// Two servers of one name are two layers of one name.
func TestTwoServersOfOneName(t *testing.T) {
	one, other := free, free
	other.IdleTimeout = time.Second
	servicetest.Verify(t, node(t.Output(), httpserver.New("api", one), httpserver.New("api", one)))

	_, err := node(t.Output(), httpserver.New("api", one), httpserver.New("api", other)).Build()

	assert.ErrorContains(t, err, `"http-api"`)
}

func TestAMissingServerIsFoundByWhoAsksForIt(t *testing.T) {
	asks := wiring.NewLayer("asks", func(r *wiring.Registry) error {
		r.Invoke(func(struct {
			wiring.In
			Server *httpserver.Server `name:"ops"`
		}) {
		})
		return nil
	})

	_, err := node(t.Output(), httpserver.New("api", free), asks).Build()

	missing := new(wiring.MissingError)
	require.ErrorAs(t, err, &missing)
	assert.Equal(t, `*httpserver.Server "ops"`, missing.Resource.String())
	servicetest.Verify(t, node(t.Output(), httpserver.Ops(free), asks))
}

func TestTheGraphNamesWhatItConsistsOf(t *testing.T) {
	svc := servicetest.Build(t, node(t.Output(), httpserver.New("api", free), routes(route("/", http.NotFound))))
	g := svc.Graph()

	require.Len(t, g.Tasks, 1)
	for _, c := range g.Constructors {
		if c.ID == g.Tasks[0].Constructor {
			assert.Equal(t, "newTask", c.Function)
			assert.Contains(t, c.Location, "httpserver/layer.go:")
		}
	}
	assert.Empty(t, svc.Warnings())
}

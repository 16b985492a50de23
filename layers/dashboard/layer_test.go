package dashboard_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/layers/dashboard"
	"github.com/wireframework/wireframework/layers/httpserver"
	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/service/servicetest"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
	"github.com/wireframework/wireframework/wiring/layertest"
)

func TestLayer(t *testing.T) {
	layertest.Run(t, wiring.Bundle("both", httpserver.Ops(free), dashboard.New(dashboard.Options{})))
}

func TestANodeWithoutTheServerDoesNotVerify(t *testing.T) {
	_, err := service.NewBuilder().AddLayer(httpserver.New("api", free), dashboard.New(dashboard.Options{})).Build()

	missing, ok := errors.AsType[*wiring.MissingError](err)
	require.True(t, ok, "%v", err)
	assert.Equal(t, "dashboard", missing.Layer)
	assert.Equal(t, `*httpserver.Server "ops"`, missing.Resource.String())
}

func TestOptionsAreChecked(t *testing.T) {
	o := dashboard.Options{MaxReaders: -1, ReaderTimeout: -1, MaxTasks: -1, Hosts: []string{"node:80"}}
	_, err := service.NewBuilder().AddLayer(httpserver.Ops(free), dashboard.New(o)).Build()

	assert.ErrorContains(t, err, "option MaxReaders -1 is negative (give a number, or 0 for the default)")
	assert.ErrorContains(t, err, "option ReaderTimeout -1ns is negative (give a duration, or 0 for the default)")
	assert.ErrorContains(t, err, "option MaxTasks -1 is negative (give a number, or 0 for the default)")
	assert.ErrorContains(t, err, `option Hosts has "node:80", which is no host name (such as "node-1.example", without a port)`)
}

func TestAnOpenServerWithoutATokenIsNotWired(t *testing.T) {
	svc := servicetest.Build(t, node(t, dashboard.Options{}, httpserver.Options{Listen: ":0"}))

	err := svc.Run(t.Context())

	assert.ErrorContains(t, err, `route "GET /dashboard/graph.json" and 5 others are private, but the server listens on [::]:`)
	assert.ErrorContains(t, err, "has no token (set Token, or listen on a loopback address)")
}

var dataPaths = []string{"graph.json", "graph.dot", "status.json", "events", "stacks?task=http-ops", "trace.json"}

func TestTheDataNeedsTheToken(t *testing.T) {
	_, s := start(t, node(t, dashboard.Options{}, httpserver.Options{Listen: ":0", Token: "s3cr3t"}, working("work", many(1)...)))
	for _, path := range dataPaths {
		status := func(authorization string) int {
			r := newRequest(t, s, path)
			r.Host = "localhost"
			r.Header.Set("Authorization", authorization)
			resp, err := http.DefaultTransport.RoundTrip(r)
			require.NoError(t, err)
			resp.Body.Close()
			return resp.StatusCode
		}

		assert.Equal(t, http.StatusOK, status("Bearer s3cr3t"), path)
		assert.Equal(t, http.StatusUnauthorized, status(""), path)
		assert.Equal(t, http.StatusUnauthorized, status("Bearer wrong"), path)
	}
	resp, body := get(t, s, "")
	assert.Equal(t, http.StatusOK, resp.StatusCode, "the page itself asks for the token")
	assert.NotContains(t, body, "worker-0000")
}

func TestForeignHostsAreRefused(t *testing.T) {
	server := free
	server.Hosts = []string{"node-1.example"}
	_, s := start(t, node(t, dashboard.Options{Hosts: []string{"Node-1.example"}}, server, working("work", many(1)...)))
	for _, path := range append(dataPaths, "", "main.js", "viz/viz.js") {
		for host, want := range map[string]int{
			"localhost": 200, "LOCALHOST.:80": 200, "[::1]:8086": 200, "[::1]": 200, "10.1.2.3": 200, "node-1.example:8086": 200,
			"evil.example": 421, "localhost.evil.example": 421, "2130706433": 421,
		} {
			r := newRequest(t, s, path)
			r.Host = host
			resp, err := http.DefaultTransport.RoundTrip(r)
			require.NoError(t, err)
			resp.Body.Close()
			assert.Equal(t, want, resp.StatusCode, "%s for %s", path, host)
		}
	}
}

func TestOtherSitesAreRefused(t *testing.T) {
	_, s := start(t, node(t, dashboard.Options{}, free, working("work", many(1)...)))
	for site, want := range map[string]int{"": 200, "same-origin": 200, "none": 200, "same-site": 403, "cross-site": 403} {
		r := newRequest(t, s, "status.json")
		r.Header.Set("Sec-Fetch-Site", site)

		resp, body := answer(t, r)

		assert.Equal(t, want, resp.StatusCode, site)
		if want != 200 {
			assert.JSONEq(t, `{"error": "the dashboard answers no other site"}`, body)
		}
	}
}

func TestBadRequests(t *testing.T) {
	_, s := start(t, node(t, dashboard.Options{}, free, working("work", many(1)...)))
	tests := []struct {
		path   string
		status int
		text   string
	}{
		{"stacks", 400, "which task? (add ?task=ID)"},
		{"stacks?task=", 404, `task "" does not exist, see /dashboard/status.json`},
		{"stacks?task=worker", 404, `task "worker" does not exist, see /dashboard/status.json`},
		{"stacks?task=%00%ff<script>", 404, "task \"\\x00\\xff<script>\" does not exist, see /dashboard/status.json"},
		{"stacks?task=" + strings.Repeat("x", 3000), 414, "the query has more than 2048 bytes"},
		{"status.json?" + strings.Repeat("x", 3000), 414, "the query has more than 2048 bytes"},
		{"nothing.js", 404, "the dashboard has no such page, see /dashboard/"},
		{"viz/", 404, "the dashboard has no such page, see /dashboard/"},
		{"%2e%2e/layer.go", 404, "the dashboard has no such page, see /dashboard/"},
	}
	for _, tt := range tests {
		resp, body := get(t, s, tt.path)

		assert.Equal(t, tt.status, resp.StatusCode, tt.path)
		assert.Equal(t, "application/json", resp.Header.Get("Content-Type"), tt.path)
		assert.Equal(t, tt.text, decode[map[string]string](t, body)["error"], tt.path)
	}

	t.Run("a header that is too big", func(t *testing.T) {
		resp, _ := get(t, s, "stacks?task="+strings.Repeat("x", 100_000))
		assert.Equal(t, http.StatusRequestHeaderFieldsTooLarge, resp.StatusCode)
	})
	t.Run("another method", func(t *testing.T) {
		for _, path := range append(dataPaths, "") {
			r := newRequest(t, s, path)
			r.Method = http.MethodPost
			resp, _ := answer(t, r)
			assert.Equal(t, http.StatusMethodNotAllowed, resp.StatusCode, path)
		}
	})
}

func TestPage(t *testing.T) {
	_, s := start(t, node(t, dashboard.Options{}, free, working("work", task.New("work", task.Regular, until))))
	tests := map[string]struct{ kind, holds string }{
		"":           {"text/html; charset=utf-8", `<script type="module" src="main.js">`},
		"index.html": {"text/html; charset=utf-8", `<script type="module" src="main.js">`},
		"main.js":    {"text/javascript; charset=utf-8", "import"},
		"style.css":  {"text/css; charset=utf-8", ":root"},
		"icon.svg":   {"image/svg+xml", "<svg"},
		"viz/viz.js": {"text/javascript; charset=utf-8", "Graphviz https://www.graphviz.org"},
	}
	for path, want := range tests {
		resp, body := get(t, s, path)

		assert.Equal(t, http.StatusOK, resp.StatusCode, path)
		assert.Equal(t, want.kind, resp.Header.Get("Content-Type"), path)
		assert.Contains(t, body, want.holds, path)
		csp := resp.Header.Get("Content-Security-Policy")
		assert.Contains(t, csp, "default-src 'none'; script-src 'self' 'wasm-unsafe-eval';", path)
		assert.Contains(t, csp, "frame-ancestors 'none'", path)
		assert.NotContains(t, csp, "unsafe-inline", path)
		assert.Equal(t, "nosniff", resp.Header.Get("X-Content-Type-Options"), path)

		r := newRequest(t, s, path)
		r.Header.Set("If-None-Match", resp.Header.Get("ETag"))
		again, _ := answer(t, r)
		assert.Equal(t, http.StatusNotModified, again.StatusCode, path)
	}

	resp, _ := answer(t, newRequest(t, s, "../dashboard"))
	assert.Equal(t, "/dashboard/", resp.Header.Get("Location"))
}

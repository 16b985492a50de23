package health_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/layers/health"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

func refused(context.Context) error { return errRefused }

// withAFailure runs a node with a check that passes and one that fails.
func withAFailure(t *testing.T, o health.Options) *node {
	t.Helper()
	return run(t, []wiring.Layer{
		health.New(o),
		checking("checks", health.Check{Name: "disk", Check: passes}, health.Check{Name: "postgres", Check: refused}),
		working(waits("work", task.Regular)),
	})
}

func TestTextAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := withAFailure(t, health.Options{})
		for _, c := range []struct {
			target string
			status int
			body   string
		}{
			{"/livez", 200, "ok"},
			{"/livez?verbose", 200, lines("[+]tasks ok", "livez check passed")},
			{"/readyz", 503, lines("[-]postgres failed", "readyz check failed")},
			{"/readyz?verbose", 503, lines(
				"[+]gate ok", "[+]shutdown ok", "[+]disk ok", "[-]postgres failed: connection refused", "readyz check failed",
			)},
			{"/healthz", 503, lines("[-]postgres failed", "healthz check failed")},
			{"/healthz?verbose&format=text", 503, lines(
				"[+]tasks ok", "[+]gate ok", "[+]shutdown ok", "[+]disk ok", "[-]postgres failed: connection refused", "healthz check failed",
			)},
			{"/readyz?exclude=postgres", 200, "ok"},
			{"/readyz?exclude=postgres&exclude=gate&verbose", 200, lines(
				"[+]gate excluded: ok", "[+]shutdown ok", "[+]disk ok", "[+]postgres excluded: ok", "readyz check passed",
			)},
			{"/readyz?exclude=postgres&exclude=redis%0A[-]&exclude=kafka&verbose=", 200, lines(
				"[+]gate ok", "[+]shutdown ok", "[+]disk ok", "[+]postgres excluded: ok",
				`warn: some health checks cannot be excluded: no matches for "kafka", "redis\n[-]"`, "readyz check passed",
			)},
		} {
			status, body := n.get(c.target)
			assert.Equal(t, c.status, status, c.target)
			assert.Equal(t, c.body, body, c.target)
		}
		require.NoError(t, n.stop())
	})
}

func TestAnExcludedCheckIsNotRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		n := withChecks(t, counted("check", 0, &calls))
		n.status("/readyz?exclude=check")
		require.NoError(t, n.stop())

		assert.Zero(t, calls)
	})
}

func TestAnOptionalCheckIsReportedAndDoesNotCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := withChecks(t, health.Check{Name: "cache", Optional: true, Check: refused})

		assert.Equal(t, 200, n.status("/readyz"))
		_, body := n.get("/readyz?verbose")
		assert.Equal(t, lines("[+]gate ok", "[+]shutdown ok", "[-]cache failed (optional): connection refused", "readyz check passed"), body)
		assert.True(t, n.report("/readyz").OK)
		require.NoError(t, n.stop())
	})
}

func TestJSONAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := withAFailure(t, health.Options{})
		now := n.Status().Since.UTC() // nothing takes time here
		got := n.report("/readyz")
		require.NoError(t, n.stop())

		for i := range got.Checks[2:] {
			assert.True(t, now.Equal(got.Checks[2+i].At))
			got.Checks[2+i].At = now
		}
		assert.True(t, now.Equal(got.Since))
		assert.True(t, now.Equal(got.Tasks[0].Since))
		got.Since, got.Tasks[0].Since = now, now
		assert.Equal(t, health.Report{
			Phase: "running",
			Since: now,
			Checks: []health.CheckReport{
				{Name: "gate", OK: true},
				{Name: "shutdown", OK: true},
				{Name: "disk", OK: true, At: now},
				{Name: "postgres", At: now, Error: "connection refused"},
			},
			States: map[string]int{"running": 1},
			Tasks:  []health.TaskReport{{ID: "work", Kind: "task", Layer: "worker", State: "running", Since: now}},
		}, got)
	})
}

func TestJSONIsForClientsThatAskForIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := withAFailure(t, health.Options{})
		for accept, json := range map[string]bool{
			"":                                    false,
			"*/*":                                 false,
			"text/html, */*;q=0.8":                false,
			"application/json":                    true,
			"text/html, application/json;q=0.9":   true,
			"application/json; charset=utf-8":     true,
			"application/json;q=0":                false,
			"Application/JSON":                    true,
			"application/jsonlines, ;;, text/css": false,
		} {
			r := local("/livez")
			r.Header.Set("Accept", accept)
			w := n.serve(r)
			assert.Equal(t, json, w.Header().Get("Content-Type") == "application/json", "%q: %v", accept, w.Header())
			assert.Equal(t, 200, w.Code)

			r.URL.RawQuery = "format=text"
			assert.Equal(t, "ok", n.serve(r).Body.String(), "the address wins over the header")
		}
		require.NoError(t, n.stop())
	})
}

func TestMethodsButGETAndHEADAreRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		n := withChecks(t, counted("check", 0, &calls))
		for _, method := range []string{"POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "get"} {
			for _, target := range []string{"/livez", "/readyz", "/healthz"} {
				r := local(target)
				r.Method = method
				w := n.serve(r)
				assert.Equal(t, http.StatusMethodNotAllowed, w.Code, method)
				assert.Equal(t, "GET, HEAD", w.Header().Get("Allow"))
			}
		}
		assert.Zero(t, calls)
		r := local("/readyz")
		r.Method = http.MethodHead
		assert.Equal(t, http.StatusOK, n.serve(r).Code)
		assert.Equal(t, 1, calls)
		require.NoError(t, n.stop())
	})
}

func TestAnswersAreNotCachedOnTheirWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := withAFailure(t, health.Options{})
		for _, target := range []string{"/livez", "/readyz", "/readyz?format=json"} {
			header := n.serve(local(target)).Header()
			assert.Equal(t, "no-store", header.Get("Cache-Control"))
			assert.Equal(t, "nosniff", header.Get("X-Content-Type-Options"))
		}
		require.NoError(t, n.stop())
	})
}

func TestWhoSeesErrorTexts(t *testing.T) {
	through := func(header string) *http.Request {
		r := local("/readyz")
		r.Header.Set(header, "10.0.0.9")
		return r
	}
	named := func(host string) *http.Request {
		r := local("/readyz")
		r.Host = host
		return r
	}
	from := func(address string) *http.Request {
		r := local("/readyz")
		r.RemoteAddr = address
		return r
	}
	for name, c := range map[string]struct {
		details string
		request *http.Request
		seen    bool
	}{
		"this machine":                      {"", local("/readyz"), true},
		"this machine, IPv6":                {"", from("[::1]:40000"), true},
		"this machine, IPv4 in IPv6":        {"loopback", from("[::ffff:127.0.0.1]:40000"), true},
		"this machine by an address":        {"loopback", named("127.0.0.1:8086"), true},
		"this machine by an IPv6 address":   {"loopback", named("[::1]"), true},
		"another machine":                   {"", remote("/readyz"), false},
		"another machine that claims a lot": {"", from("10.0.0.9:40000"), false},
		"a web page (DNS rebinding)":        {"", named("evil.example:8086"), false},
		"a proxy":                           {"", through("X-Forwarded-For"), false},
		"a proxy by the standard":           {"", through("Forwarded"), false},
		"an HTTP gateway":                   {"", through("Via"), false},
		"a Unix socket":                     {"", from("@"), false},
		"anybody, if all may":               {"always", remote("/readyz"), true},
		"this machine, if none may":         {"never", local("/readyz"), false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := withAFailure(t, health.Options{Details: c.details})
				ask := func(query string) *httptest.ResponseRecorder {
					c.request.URL.RawQuery = query
					return n.serve(c.request)
				}
				plain, verbose, report := ask("").Body.String(), ask("verbose").Body.String(), decode(t, ask("format=json"))
				require.NoError(t, n.stop())

				assert.NotContains(t, plain, "refused")
				if c.seen {
					assert.Contains(t, verbose, "[-]postgres failed: connection refused\n")
					assert.Equal(t, "connection refused", report.Checks[3].Error)
				} else {
					assert.Contains(t, verbose, "[-]postgres failed: reason withheld\n")
					assert.Equal(t, "reason withheld", report.Checks[3].Error)
				}
			})
		})
	}
}

func TestAnErrorIsOneLineAndNotEndless(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		long := errorText("first\n[+]forged ok\r\x1b[31m\xff" + strings.Repeat("x", 1_000_000))
		n := withChecks(t, health.Check{Name: "chatty", Check: func(context.Context) error { return long }})
		_, body := n.get("/readyz?verbose")
		require.NoError(t, n.stop())

		assert.Contains(t, body, "[-]chatty failed: first [+]forged ok  [31m?xxx")
		assert.Equal(t, 4, strings.Count(body, "\n"))
		assert.Less(t, len(body), 2000)
	})
}

type errorText string

func (e errorText) Error() string { return string(e) }

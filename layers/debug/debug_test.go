package debug_test

import (
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/layers/debug"
	"github.com/wireframework/wireframework/layers/httpserver"
	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/service/servicetest"
	"github.com/wireframework/wireframework/wiring"
	"github.com/wireframework/wireframework/wiring/layertest"
)

func TestLayer(t *testing.T) {
	layertest.Run(t, wiring.Bundle("both", httpserver.Ops(free), debug.New(debug.Options{MutexProfileFraction: 5, BlockProfileRate: time.Second})))
}

func TestANodeWithoutTheServerDoesNotVerify(t *testing.T) {
	_, err := service.NewBuilder().AddLayer(httpserver.New("api", free), debug.New(debug.Options{})).Build()

	missing, ok := errors.AsType[*wiring.MissingError](err)
	require.True(t, ok, "%v", err)
	assert.Equal(t, "debug", missing.Layer)
	assert.Equal(t, `*httpserver.Server "ops"`, missing.Resource.String())
}

func TestOptionsAreChecked(t *testing.T) {
	_, err := service.NewBuilder().AddLayer(httpserver.Ops(free), debug.New(debug.Options{MutexProfileFraction: -1, BlockProfileRate: -1})).Build()

	assert.ErrorContains(t, err, "MutexProfileFraction -1 is negative (1 samples all, 0 leaves the setting as it is)")
	assert.ErrorContains(t, err, "BlockProfileRate -1ns is negative (1ns samples all, 0 leaves the setting as it is)")
}

func TestProfiles(t *testing.T) {
	_, s := start(t, node(t, free))
	tests := []struct {
		method, path string
		want         string // in the body
	}{
		{"GET", "/debug/pprof/", "Types of profiles available"},
		{"GET", "/debug/pprof/goroutine?debug=1", `"task":"http-ops"`},
		{"GET", "/debug/pprof/heap", "\x1f\x8b"}, // gzip
		{"GET", "/debug/pprof/cmdline", ".test"},
		{"GET", "/debug/pprof/symbol", "num_symbols: 1"},
		{"POST", "/debug/pprof/symbol", "num_symbols: 1"},
		{"GET", "/debug/pprof/trace?seconds=0.01", "go 1."},
	}
	for _, tt := range tests {
		t.Run(tt.method+" "+tt.path, func(t *testing.T) {
			resp, body := answer(t, newRequest(t, tt.method, s, tt.path))

			assert.Equal(t, http.StatusOK, resp.StatusCode)
			assert.Contains(t, body, tt.want)
		})
	}
	t.Run("unknown", func(t *testing.T) {
		resp, _ := get(t, s, "/debug/pprof/nothing")
		assert.Equal(t, http.StatusNotFound, resp.StatusCode)
	})
	t.Run("wrong method", func(t *testing.T) {
		resp, _ := answer(t, newRequest(t, http.MethodPost, s, "/debug/pprof/profile"))
		assert.Equal(t, http.StatusMethodNotAllowed, resp.StatusCode)
	})
}

// A profile of minutes does not hold the stop of the node, and what there is of it is
// whole.
func TestTheStopEndsAProfile(t *testing.T) {
	for _, path := range []string{"profile", "trace", "mutex"} {
		t.Run(path, func(t *testing.T) {
			n, s := start(t, node(t, free))
			profile := make(chan string, 1)
			go func() {
				resp, body := get(t, s, "/debug/pprof/"+path+"?seconds=600")
				profile <- fmt.Sprintf("%d %.2s", resp.StatusCode, body)
			}()
			require.Eventually(t, func() bool {
				_, body := get(t, s, "/debug/tasks?task=http-ops")
				return strings.Contains(body, "net/http/pprof.")
			}, time.Minute, 10*time.Millisecond)

			require.NoError(t, n.Stop())

			assert.Zero(t, s.Dropped())
			want := map[string]string{"profile": "200 \x1f\x8b", "trace": "200 go", "mutex": "500 co"}[path]
			assert.Equal(t, want, <-profile)
		})
	}
}

func TestTheServerMustNotBeOpen(t *testing.T) {
	open := httpserver.Options{Listen: ":0"}
	svc := servicetest.Build(t, node(t, open))

	err := svc.Run(t.Context())

	assert.ErrorContains(t, err, `server "ops": route "GET /debug/pprof/" and 6 others are private, but the server listens on [::]:`)
	assert.ErrorContains(t, err, "has no token (set Token, or listen on a loopback address)")
}

func TestAllPagesArePrivate(t *testing.T) {
	_, s := start(t, node(t, httpserver.Options{Listen: ":0", Token: "s3cr3t"}))
	pages := []string{"pprof/", "pprof/heap", "pprof/cmdline", "pprof/profile?seconds=1", "pprof/symbol", "pprof/trace?seconds=0.01", "tasks"}
	for _, page := range pages {
		status := func(host, authorization string) int {
			r := newRequest(t, http.MethodGet, s, "/debug/"+page)
			r.Host = host
			r.Header.Set("Authorization", authorization)
			resp, _ := answer(t, r)
			return resp.StatusCode
		}

		assert.Equal(t, http.StatusOK, status("localhost", "Bearer s3cr3t"), page)
		assert.Equal(t, http.StatusUnauthorized, status("localhost", ""), page)
		assert.Equal(t, http.StatusUnauthorized, status("localhost", "Bearer wrong"), page)
		assert.Equal(t, http.StatusMisdirectedRequest, status("evil.example", "Bearer s3cr3t"), page)
	}
}

func TestTheSettingsOfTheProcessAreForTheNode(t *testing.T) {
	before := runtime.SetMutexProfileFraction(-1)
	b := service.NewBuilder().AddLayer(httpserver.Ops(free), debug.New(debug.Options{MutexProfileFraction: before + 7}), idle)

	n := servicetest.Start(t, b)

	assert.Equal(t, before+7, runtime.SetMutexProfileFraction(-1))
	require.NoError(t, n.Stop())
	assert.Equal(t, before, runtime.SetMutexProfileFraction(-1))
}

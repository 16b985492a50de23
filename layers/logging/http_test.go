package logging_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/layers/httpserver"
	"github.com/wireframework/wireframework/layers/logging"
	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/service/servicetest"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
	"github.com/wireframework/wireframework/wiring/layertest"
)

func TestHTTPLayer(t *testing.T) {
	var routes []httpserver.Route
	layertest.Run(t, logging.HTTP(),
		servicetest.Supply(new(slog.LevelVar)),
		servicetest.Supply(new(httpserver.Server), "ops"),
		servicetest.PopulateGroup(&routes, "http-routes"))

	require.Len(t, routes, 2)
	for _, r := range routes {
		assert.Equal(t, "ops", r.Server)
		assert.True(t, r.Private)
	}
}

func TestHTTPNeedsTheServerForOperators(t *testing.T) {
	_, err := service.NewBuilder().AddLayer(logging.New(logging.Options{}), logging.HTTP()).Build()

	require.Error(t, err)
	assert.Contains(t, err.Error(), `needs *httpserver.Server "ops", which no layer provides`)
}

func TestOperatorsReadAndChangeTheLevel(t *testing.T) {
	out := new(output)
	var level *slog.LevelVar
	var ops *httpserver.Server
	servicetest.Start(t, service.NewBuilder(discard).AddLayer(
		logging.New(logging.Options{Output: out}),
		logging.HTTP(),
		httpserver.Ops(httpserver.Options{Listen: "127.0.0.1:0"}),
		wiring.NewLayer("work", func(r *wiring.Registry) error {
			r.ProvideTask(func() task.Task {
				return task.New("work", task.Regular, func(ctx context.Context) error {
					<-ctx.Done()
					return nil
				})
			})
			return nil
		}),
	), servicetest.Populate(&level), servicetest.Populate(&ops, "ops"))
	tests := []struct {
		method string
		body   string
		status int
		answer string
		level  slog.Level
	}{
		{method: "GET", status: 200, answer: `{"level":"INFO"}`},
		{method: "PUT", body: "debug", status: 200, answer: `{"level":"DEBUG"}`, level: slog.LevelDebug},
		{method: "GET", status: 200, answer: `{"level":"DEBUG"}`, level: slog.LevelDebug},
		{method: "PUT", body: `{"level":"warn"}`, status: 200, answer: `{"level":"WARN"}`, level: slog.LevelWarn},
		{method: "PUT", body: " INFO+2\n", status: 200, answer: `{"level":"INFO+2"}`, level: slog.LevelInfo + 2},
		{method: "PUT", body: "loud", status: 400, answer: `{"error":"level \"loud\" is unknown (known: debug, info, warn, error)"}`, level: slog.LevelInfo + 2},
		{method: "PUT", body: "", status: 400, answer: `{"error":"level \"\" is unknown (known: debug, info, warn, error)"}`, level: slog.LevelInfo + 2},
		{method: "PUT", body: "{", status: 400, answer: `{"error":"body: unexpected end of JSON input"}`, level: slog.LevelInfo + 2},
		{method: "PUT", body: strings.Repeat("x", 2000), status: 400, answer: `{"error":"body: http: request body too large"}`, level: slog.LevelInfo + 2},
		{method: "PUT", body: "error", status: 200, answer: `{"level":"ERROR"}`, level: slog.LevelError},
	}
	for _, tt := range tests {
		req, err := http.NewRequestWithContext(t.Context(), tt.method, "http://"+ops.Addr().String()+"/loglevel", strings.NewReader(tt.body))
		require.NoError(t, err)
		req.Close = true // leaves no goroutine behind
		resp, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		text, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())

		assert.Equal(t, tt.status, resp.StatusCode)
		assert.Equal(t, tt.answer, strings.TrimSpace(string(text)))
		assert.Equal(t, "application/json", resp.Header.Get("Content-Type"))
		assert.Equal(t, tt.level, level.Level())
	}
	var changes []map[string]any
	for _, line := range out.lines(t) {
		if line["msg"] == "log level changed" {
			changes = append(changes, line)
		}
	}
	assert.Equal(t, []map[string]any{
		{"level": "WARN", "msg": "log level changed", "from": "INFO", "to": "DEBUG"},
		{"level": "WARN", "msg": "log level changed", "from": "DEBUG", "to": "WARN"},
		{"level": "WARN", "msg": "log level changed", "from": "WARN", "to": "INFO+2"},
	}, changes)
}

package logging

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"

	"github.com/wireframework/wireframework/layers/httpserver"
	"github.com/wireframework/wireframework/wiring"
)

// HTTP returns the layer "logging-http": the private routes GET and PUT /loglevel on the
// server "ops", which has to be there. PUT takes a level, as plain text or as the JSON
// object that both answer with: {"level":"DEBUG"}.
func HTTP() wiring.Layer { return httpLayer{} }

type httpLayer struct{}

func (httpLayer) Name() string { return "logging-http" }

// Wire implements [wiring.Layer].
func (httpLayer) Wire(r *wiring.Registry) error {
	r.Provide(newRoutes)
	r.Invoke(needOps, wiring.From[*httpserver.Server]("ops"))
	return nil
}

// needOps makes it a mistake to leave out the server that the routes are for.
func needOps(*httpserver.Server) {}

type routes struct {
	wiring.Out

	Get httpserver.Route `group:"http-routes"`
	Put httpserver.Route `group:"http-routes"`
}

func newRoutes(level *slog.LevelVar, log *slog.Logger) routes {
	e := &endpoint{level: level, log: log}
	return routes{
		Get: httpserver.Route{Server: "ops", Pattern: "GET /loglevel", Handler: http.HandlerFunc(e.get), Private: true},
		Put: httpserver.Route{Server: "ops", Pattern: "PUT /loglevel", Handler: http.HandlerFunc(e.put), Private: true},
	}
}

type endpoint struct {
	level *slog.LevelVar
	log   *slog.Logger
}

func (e *endpoint) get(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, map[string]string{"level": e.level.Level().String()})
}

func (e *endpoint) put(w http.ResponseWriter, r *http.Request) {
	level, err := readLevel(http.MaxBytesReader(w, r.Body, 1<<10))
	if err != nil {
		answer(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
		return
	}
	before := e.level.Level()
	e.level.Set(level)
	// A warning, so that it is seen unless only errors are.
	e.log.Warn("log level changed", "from", before.String(), "to", level.String())
	e.get(w, r)
}

// readLevel reads a level as text or as a JSON object.
func readLevel(body io.Reader) (slog.Level, error) {
	text, err := io.ReadAll(body)
	if err != nil {
		return 0, fmt.Errorf("body: %w", err)
	}
	name := strings.TrimSpace(string(text))
	if strings.HasPrefix(name, "{") {
		var object struct{ Level string }
		if err := json.Unmarshal(text, &object); err != nil {
			return 0, fmt.Errorf("body: %w", err)
		}
		name = object.Level
	}
	level, err := parseLevel(name)
	if err != nil {
		return 0, fmt.Errorf("level %w", err)
	}
	return level, nil
}

func answer(w http.ResponseWriter, status int, object map[string]string) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(object) // the client has gone
}

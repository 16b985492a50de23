package logging_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/layers/logging"
	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/service/servicetest"
)

// output is a log in memory.
type output struct {
	mu   sync.Mutex // protects following field
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// lines returns the lines of a log in JSON, without their times.
func (o *output) lines(t *testing.T) []map[string]any {
	t.Helper()
	var all []map[string]any
	for line := range strings.Lines(o.String()) {
		var object map[string]any
		require.NoError(t, json.Unmarshal([]byte(line), &object), line)
		require.Contains(t, object, "time")
		delete(object, "time")
		all = append(all, object)
	}
	return all
}

// discard is for what is logged while a node is wired.
var discard = service.Logger(slog.New(slog.DiscardHandler))

// newLogger returns what the layer provides, of a node that has ended: what a running one
// logs by itself may come between the lines of a test.
func newLogger(t *testing.T, o logging.Options) (*slog.Logger, *slog.LevelVar) {
	t.Helper()
	var logger *slog.Logger
	var level *slog.LevelVar
	node := servicetest.Start(t, service.NewBuilder(discard).AddLayer(logging.New(o)),
		servicetest.Populate(&logger), servicetest.Populate(&level))
	require.NoError(t, node.Stop())
	return logger, level
}

package logging_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/layers/logging"
	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/service/servicetest"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
	"github.com/wireframework/wireframework/wiring/layertest"
)

func TestLayer(t *testing.T) {
	layertest.Run(t, logging.New(logging.Options{Output: new(output)}),
		servicetest.Populate(new(*slog.Logger)), servicetest.Populate(new(*slog.LevelVar)))
}

func TestTheServiceAndItsTasksLogWithTheLogger(t *testing.T) {
	out := new(output)
	b := service.NewBuilder(discard).AddLayer(
		logging.New(logging.Options{Output: out, Attrs: []slog.Attr{slog.String("node", "a")}}),
		wiring.NewLayer("sealing", func(r *wiring.Registry) error {
			r.ProvideTask(func(log *slog.Logger) task.Task {
				log.Info("made")
				return task.New("sealer", task.Regular, func(ctx context.Context) error {
					task.Logger(ctx).Info("sealing")
					return nil
				})
			})
			return nil
		}))
	s, err := b.Build()
	require.NoError(t, err)

	require.NoError(t, s.Run(t.Context()))

	var got []string
	for _, line := range out.lines(t) {
		assert.Equal(t, "a", line["node"])
		got = append(got, fmt.Sprint(line["msg"], " ", line["task"]))
	}
	assert.ElementsMatch(t, []string{"made <nil>", "sealing sealer", "ready <nil>", "stopping <nil>"}, got)
}

func TestJSONIsAnObjectALine(t *testing.T) {
	out := new(output)
	logger, _ := newLogger(t, logging.Options{Output: out, Format: logging.JSON, AddSource: true})
	before := len(out.lines(t))

	logger.Warn("disk is\nfull", "used", 97, "error", errors.New("no space"))

	lines := out.lines(t)[before:]
	require.Len(t, lines, 1)
	source, ok := lines[0]["source"].(map[string]any)
	require.True(t, ok)
	assert.Contains(t, source["file"], "layer_test.go")
	delete(lines[0], "source")
	assert.Equal(t, map[string]any{"level": "WARN", "msg": "disk is\nfull", "used": 97.0, "error": "no space"}, lines[0])
}

func TestTextIsWithoutColoursWhereThereIsNoTerminal(t *testing.T) {
	out := new(output)
	logger, _ := newLogger(t, logging.Options{Output: out, Format: logging.Text, AddSource: true})

	logger.Warn("disk is full", "used", 97, "error", errors.New("no space"))

	assert.Regexp(t, `(?m)^\w+ +\d+ \d\d:\d\d:\d\d\.\d{3} WRN \S*layer_test\.go:\d+ disk is full used=97 error="no space"$`, out.String())
	assert.NotContains(t, out.String(), "\x1b")
}

// stacked is an error that prints its stack with %+v.
type stacked struct{}

func (*stacked) Error() string { return "boom" }

func (*stacked) Format(w fmt.State, verb rune) {
	if verb == 'v' && w.Flag('+') {
		fmt.Fprint(w, "boom\ngoroutine 1 [running]")
		return
	}
	fmt.Fprint(w, "boom")
}

// nilError is an error whose method needs a value.
type nilError struct{ text string }

func (e *nilError) Error() string { return e.text }

func TestErrorsAreLoggedWithTheirTextAlone(t *testing.T) {
	for _, format := range []string{logging.Text, logging.JSON} {
		out := new(output)
		logger, _ := newLogger(t, logging.Options{Output: out, Format: format})
		before := len(out.String())

		logger.Info("ends", "error", &stacked{}, slog.Group("more", "error", &stacked{}))
		logger.Info("nil", "error", (*nilError)(nil))

		text := out.String()[before:]
		assert.Equal(t, 2, strings.Count(text, "boom"))
		assert.NotContains(t, text, "goroutine")
		assert.Equal(t, 2, strings.Count(text, "\n"))
	}
}

func TestTheLevelIsThatOfTheOptionsUntilItIsChanged(t *testing.T) {
	tests := []struct {
		level string
		want  slog.Level
	}{
		{level: "", want: slog.LevelInfo},
		{level: "debug", want: slog.LevelDebug},
		{level: "INFO", want: slog.LevelInfo},
		{level: "Warn", want: slog.LevelWarn},
		{level: "error", want: slog.LevelError},
		{level: "debug-4", want: slog.LevelDebug - 4},
	}
	for _, format := range []string{logging.Text, logging.JSON} {
		for _, tt := range tests {
			t.Run(format+" "+tt.level, func(t *testing.T) {
				out := new(output)
				logger, level := newLogger(t, logging.Options{Output: out, Format: format, Level: tt.level})
				assert.Equal(t, tt.want, level.Level())
				assert.True(t, logger.Enabled(t.Context(), tt.want))
				assert.False(t, logger.Enabled(t.Context(), tt.want-1))

				level.Set(tt.want + 1)
				assert.False(t, logger.Enabled(t.Context(), tt.want))
				before := len(out.String())
				logger.With("key", "value").Log(t.Context(), tt.want, "too low")
				assert.Len(t, out.String(), before)
			})
		}
	}
}

func TestUnknownOptionsAreAnErrorOfBuild(t *testing.T) {
	_, err := service.NewBuilder().AddLayer(logging.New(logging.Options{Format: "xml", Level: "loud"})).Build()

	require.Error(t, err)
	assert.Contains(t, err.Error(), `Format "xml" is unknown (known: auto, text, json)`)
	assert.Contains(t, err.Error(), `Level "loud" is unknown (known: debug, info, warn, error)`)
}

package logging_test

import (
	"os"
	"strings"
	"testing"

	"github.com/creack/pty"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/layers/logging"
)

// onTerminal returns the line that is logged on a terminal.
func onTerminal(t *testing.T, format string) string {
	t.Helper()
	operator, terminal, err := pty.Open()
	require.NoError(t, err)
	defer operator.Close()
	defer terminal.Close()
	logger, _ := newLogger(t, logging.Options{Output: terminal, Format: format, Level: "warn"})

	logger.Warn("disk is full", "used", 97)

	buffer := make([]byte, 4096)
	n, err := operator.Read(buffer)
	require.NoError(t, err)
	return strings.TrimSuffix(string(buffer[:n]), "\r\n")
}

func TestATerminalHasLinesInColour(t *testing.T) {
	t.Setenv("NO_COLOR", "")
	t.Setenv("TERM", "xterm")
	for _, format := range []string{"", logging.Auto, logging.Text} {
		line := onTerminal(t, format)

		assert.Contains(t, line, "disk is full")
		assert.Contains(t, line, "\x1b[")
	}
	assert.Regexp(t, `^{.*"msg":"disk is full","used":97}$`, onTerminal(t, logging.JSON))
}

func TestATerminalHasNoColoursIfNoneAreWanted(t *testing.T) {
	for name, value := range map[string]string{"NO_COLOR": "1", "TERM": "dumb"} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("NO_COLOR", "")
			t.Setenv("TERM", "xterm")
			t.Setenv(name, value)

			assert.Regexp(t, ` WRN disk is full used=97$`, onTerminal(t, ""))
		})
	}
}

func TestAFileHasJSON(t *testing.T) {
	file, err := os.Create(t.TempDir() + "/log")
	require.NoError(t, err)
	defer file.Close()
	logger, _ := newLogger(t, logging.Options{Output: file, Level: "warn"})

	logger.Warn("disk is full")

	text, err := os.ReadFile(file.Name())
	require.NoError(t, err)
	assert.Regexp(t, `^{.*"msg":"disk is full"}\n$`, string(text))
}

package testkit_test

import (
	"bytes"
	"io"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/wireframework/wireframework/internal/testkit"
)

// writing is a test as far as a logger knows it.
type writing struct {
	testing.TB
	out      bytes.Buffer
	cleanups []func()
}

func (w *writing) Output() io.Writer { return &w.out }
func (w *writing) Cleanup(f func())  { w.cleanups = append(w.cleanups, f) }

func TestLoggerIsSilentOnceTheTestIsOver(t *testing.T) {
	over := &writing{TB: t}
	logger := testkit.Logger(over)

	logger.Info("first")
	for _, f := range over.cleanups {
		f()
	}
	logger.Info("second")

	assert.Contains(t, over.out.String(), "msg=first")
	assert.NotContains(t, over.out.String(), "msg=second")
}

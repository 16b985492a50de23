package otel_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	"go.uber.org/goleak"

	"github.com/wireframework/wireframework/layers/otel"
	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// memory keeps what is exported, also after the shutdown.
type memory struct{ *tracetest.InMemoryExporter }

func newMemory() memory { return memory{tracetest.NewInMemoryExporter()} }

func (memory) Shutdown(context.Context) error { return nil }

// tree draws the spans: their name, when they started and ended after the epoch, and
// what went wrong.
func (m memory) tree(epoch time.Time) string {
	spans := m.GetSpans()
	slices.SortStableFunc(spans, func(a, b tracetest.SpanStub) int { return a.StartTime.Compare(b.StartTime) })
	var text strings.Builder
	var draw func(parent trace.SpanID, indent string)
	draw = func(parent trace.SpanID, indent string) {
		for _, s := range spans {
			if s.Parent.SpanID() != parent {
				continue
			}
			fmt.Fprintf(&text, "%s%s %v-%v", indent, s.Name, s.StartTime.Sub(epoch), s.EndTime.Sub(epoch))
			if s.Status.Code == codes.Error {
				fmt.Fprintf(&text, " failed: %s", s.Status.Description)
			}
			text.WriteString("\n")
			draw(s.SpanContext.SpanID(), indent+"  ")
		}
	}
	draw(trace.SpanID{}, "")
	return text.String()
}

// span returns the span of a name.
func (m memory) span(t *testing.T, name string) tracetest.SpanStub {
	t.Helper()
	for _, s := range m.GetSpans() {
		if s.Name == name {
			return s
		}
	}
	require.Failf(t, "there is no span", "%q in %v", name, m.GetSpans())
	return tracetest.SpanStub{}
}

func attributes(s tracetest.SpanStub) map[string]string {
	values := make(map[string]string)
	for _, a := range s.Attributes {
		values[string(a.Key)] = a.Value.String()
	}
	return values
}

// logs is a log that can be read while it is written.
type logs struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func (l *logs) option() service.Option {
	return service.Logger(slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		},
	})))
}

// quiet leaves the log out.
var quiet = service.Logger(slog.New(slog.DiscardHandler))

// tasks is a layer of these tasks.
func tasks(ts ...task.Task) wiring.Layer {
	return wiring.NewLayer("work", func(r *wiring.Registry) error {
		r.Supply(taskList(ts))
		r.ProvideTask(newTasks)
		return nil
	})
}

type taskList []task.Task

func newTasks(ts taskList) []task.Task { return ts }

// takes is a task that returns after a time.
func takes(id task.ID, kind task.Kind, d time.Duration, err error) task.Task {
	return task.New(id, kind, func(context.Context) error {
		time.Sleep(d)
		return err
	})
}

// stops is a task that takes a time to stop.
func stops(id task.ID, d time.Duration, err error) task.Task {
	return task.New(id, task.Regular, func(ctx context.Context) error {
		<-ctx.Done()
		time.Sleep(d)
		return err
	})
}

// runFor runs a node, and asks it to stop after a time.
func runFor(t *testing.T, d time.Duration, layers ...wiring.Layer) error {
	t.Helper()
	s, err := service.NewBuilder(quiet, service.StopTimeout(5*time.Second)).AddLayer(layers...).Build()
	require.NoError(t, err)
	timer := time.AfterFunc(d, func() { s.Stop(nil) })
	defer timer.Stop()
	return s.Run(t.Context())
}

func exporting(e sdktrace.SpanExporter) wiring.Layer { return otel.New(otel.Options{SpanExporter: e}) }

type logConfig struct{}

func slowConfig() logConfig {
	time.Sleep(time.Second)
	return logConfig{}
}

// slowLogger is a logger that takes time to be made.
func slowLogger(logConfig) *slog.Logger {
	time.Sleep(2 * time.Second)
	return slog.New(slog.DiscardHandler)
}

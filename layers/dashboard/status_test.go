package dashboard_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/layers/dashboard"
	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

func TestStatusTellsTheLifeOfTheNode(t *testing.T) {
	d := newDemo("127.0.0.1:0", t.Output())
	svc, s, ended := run(t, d.builder())
	require.Eventually(t, func() bool { return statusOf(t, s).states()["peers-found"] == "done" }, time.Minute, time.Millisecond)

	waiting := statusOf(t, s)
	assert.Equal(t, "ledger", waiting.Title)
	assert.NotEmpty(t, waiting.Instance)
	assert.Equal(t, "waiting", waiting.phase())
	assert.Equal(t, []string{"schema-current"}, waiting.Pending)
	assert.Zero(t, waiting.GateOpened)
	assert.Equal(t, "pending", waiting.states()["sealer"])
	assert.Equal(t, "running", waiting.states()["peer-discovery"])
	assert.Equal(t, map[string]int{"pending": 5, "running": 3, "done": 2}, waiting.Counts)

	close(d.schema)
	<-svc.Ready()
	require.Eventually(t, func() bool { return statusOf(t, s).phase() == "running" }, time.Minute, time.Millisecond)
	running := statusOf(t, s)
	assert.Empty(t, running.Pending)
	assert.Positive(t, running.GateOpened)
	assert.Greater(t, running.Version, waiting.Version)
	assert.Equal(t, waiting.Instance, running.Instance)

	d.lose <- errDiskFull
	require.Eventually(t, func() bool { return statusOf(t, s).states()["api"] == "done" }, time.Minute, time.Millisecond)
	stopping := statusOf(t, s)
	assert.Equal(t, "stopping", stopping.phase())
	assert.Equal(t, `task "sealer" (layer "ledger"): write block 7: no space left on device`, stopping.Cause)
	assert.Equal(t, "stopping", stopping.states()["ingest"])
	assert.Equal(t, "failed", stopping.states()["sealer"])
	for _, task := range stopping.Tasks {
		if task.ID == "sealer" {
			assert.Equal(t, "write block 7: no space left on device", task.Error)
			assert.Greater(t, task.End, task.Begin)
			assert.Zero(t, task.Told)
		}
	}
	close(d.leave)
	require.ErrorIs(t, <-ended, errDiskFull)
}

func TestStatusTellsTheConstructors(t *testing.T) {
	d := newDemo("127.0.0.1:0", t.Output())
	_, s, _ := run(t, d.builder())
	close(d.leave)

	status := statusOf(t, s)

	took := make(map[string]float64)
	for i, c := range status.Constructors {
		assert.Equal(t, i, c.Number)
		assert.GreaterOrEqual(t, c.End, c.Begin, c.Function)
		assert.Empty(t, c.Error)
		took[c.Layer+" "+c.Function] = c.End - c.Begin
	}
	assert.GreaterOrEqual(t, took["postgres newPool"], 42.0)
	assert.Less(t, took["postgres newPool"], 42_000.0, "milliseconds")
	assert.GreaterOrEqual(t, took["postgres newReplica"], 23.0)
	assert.Contains(t, took, "dashboard layer.newJournal", "it was called before anything observed")
	assert.NotContains(t, took, "postgres newAudit", "nobody needs it")
}

func TestStatusHasThePlaceOfAPanic(t *testing.T) {
	leave := make(chan struct{})
	_, s, ended := run(t, node(t, dashboard.Options{}, free, working("work",
		task.New("slow", task.Unconstrained, func(context.Context) error { <-leave; return nil }),
		task.New("broken", task.Regular, func(context.Context) error { panic(strings.Repeat("x", 100_000)) }),
	)))
	require.Eventually(t, func() bool { return statusOf(t, s).states()["broken"] == "failed" }, time.Minute, time.Millisecond)

	broken := statusOf(t, s).Tasks[2]

	assert.Equal(t, "broken", broken.ID)
	assert.Contains(t, broken.Error, "xxx")
	assert.Less(t, len(broken.Error), 20_000, "it is cut")
	assert.Contains(t, broken.Stack, "status_test.go")
	close(leave)
	require.Error(t, <-ended)
}

func TestStatusIsBounded(t *testing.T) {
	leave := make(chan struct{})
	failing := make([]task.Task, 30)
	for i := range failing {
		failing[i] = task.New(task.ID(fmt.Sprintf("failing-%d", i)), task.Regular, func(ctx context.Context) error {
			<-ctx.Done()
			return errors.New("lost")
		})
	}
	slow := task.New("slow", task.Unconstrained, func(context.Context) error { <-leave; return nil })
	svc, s, ended := run(t, node(t, dashboard.Options{MaxTasks: 10}, free, working("work", append(many(50), slow)...), working("failing", failing...)))
	<-svc.Ready()

	require.Eventually(t, func() bool { return statusOf(t, s).Counts["running"] == 82 }, time.Minute, time.Millisecond, "all are counted")
	assert.Len(t, statusOf(t, s).Tasks, 10)
	assert.LessOrEqual(t, len(statusOf(t, s).Constructors), 10)

	svc.Stop(nil)
	require.Eventually(t, func() bool { return statusOf(t, s).Counts["failed"] == 30 }, time.Minute, time.Millisecond)
	status := statusOf(t, s)
	assert.Len(t, status.Tasks, 20, "the first, and some of those that have failed")
	assert.Equal(t, "failed", status.Tasks[19].State)
	resp, body := get(t, s, "stacks?task=slow")
	assert.Equal(t, http.StatusOK, resp.StatusCode, "there are stacks of all tasks")
	assert.Contains(t, body, `"goroutines":1`)
	close(leave)
	require.Error(t, <-ended)
}

func TestGraph(t *testing.T) {
	d := newDemo("127.0.0.1:0", t.Output())
	close(d.schema)
	close(d.leave)
	n, s := start(t, d.builder())

	_, body := get(t, s, "graph.json")
	_, dot := get(t, s, "graph.dot")

	graph := decode[wiring.Graph](t, body)
	want := n.Service().Graph()
	assert.Equal(t, want.Constructors, graph.Constructors)
	assert.Equal(t, want.Edges, graph.Edges)
	var text strings.Builder
	require.NoError(t, want.WriteDOT(&text))
	assert.Equal(t, text.String(), dot)
}

func TestStacks(t *testing.T) {
	_, s := start(t, node(t, dashboard.Options{}, free, working("work",
		task.New("three", task.Regular, func(ctx context.Context) error {
			for range 2 {
				go nap(ctx)
			}
			nap(ctx)
			return nil
		}),
		task.New(`odd "name"`, task.Regular, nap),
		task.New("gone", task.Oneshot, func(context.Context) error { return nil }),
	)))
	type report struct {
		Task       string
		Goroutines int
		Truncated  bool
		Stacks     []struct {
			Goroutines int
			Frames     []struct{ Function, Location string }
		}
	}
	stacksOf := func(query string) report {
		resp, body := get(t, s, "stacks?task="+query)
		require.Equal(t, http.StatusOK, resp.StatusCode, body)
		return decode[report](t, body)
	}

	require.Eventually(t, func() bool {
		all := 0
		for _, stack := range stacksOf("three").Stacks {
			for _, frame := range stack.Frames {
				if strings.HasSuffix(frame.Function, "dashboard_test.nap") && strings.Contains(frame.Location, "status_test.go:") {
					all += stack.Goroutines
				}
			}
		}
		return all == 3
	}, time.Minute, time.Millisecond)
	assert.Equal(t, 3, stacksOf("three").Goroutines)
	assert.Equal(t, 1, stacksOf("odd+%22name%22").Goroutines)
	assert.Equal(t, report{Task: "gone", Stacks: stacksOf("gone").Stacks}, stacksOf("gone"))
	status := statusOf(t, s)
	assert.Equal(t, 3, status.Goroutines["three"])
	assert.Positive(t, status.Goroutines["http-ops"])
}

func nap(ctx context.Context) error {
	<-ctx.Done()
	return nil
}

// deep makes a stack of its own for each n.
func deep(ctx context.Context, n int) error {
	if n == 0 {
		return nap(ctx)
	}
	return deep(ctx, n-1)
}

func TestStacksAreBounded(t *testing.T) {
	_, s := start(t, node(t, dashboard.Options{}, free, working("work", task.New("busy", task.Regular, func(ctx context.Context) error {
		for i := range 200 {
			go func() { _ = deep(ctx, i) }()
		}
		return nap(ctx)
	}))))
	require.Eventually(t, func() bool {
		_, body := get(t, s, "stacks?task=busy")
		return strings.Contains(body, `"goroutines":201,`)
	}, time.Minute, time.Millisecond)

	_, body := get(t, s, "stacks?task=busy")

	report := decode[struct {
		Truncated bool
		Stacks    []struct{ Frames []struct{ Function string } }
	}](t, body)
	assert.True(t, report.Truncated)
	assert.Len(t, report.Stacks, 50)
	for _, stack := range report.Stacks {
		assert.LessOrEqual(t, len(stack.Frames), 64)
	}
}

func TestPhaseNamesAreThoseOfTheService(t *testing.T) {
	_, s := start(t, node(t, dashboard.Options{}, free, working("work", many(1)...)))
	require.Eventually(t, func() bool { return statusOf(t, s).phase() == service.PhaseRunning.String() }, time.Minute, time.Millisecond)

	var names []string
	for _, p := range statusOf(t, s).Phases {
		names = append(names, p.Phase)
	}

	assert.Equal(t, []string{"wiring", "waiting", "running"}, names)
}

package debug_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/layers/httpserver"
	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/service/servicetest"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

// workers is a task with three goroutines that wait for the stop in work, besides its own,
// which waits in await. It tells when all are there.
func workers(there chan<- struct{}) wiring.Layer {
	return wiring.NewLayer("work", func(r *wiring.Registry) error {
		r.ProvideTask(func() task.Task {
			return task.New("workers", task.Regular, func(ctx context.Context) error {
				var all sync.WaitGroup
				for range 3 {
					all.Go(func() { work(ctx, there) })
				}
				return await(ctx, &all)
			})
		})
		return nil
	})
}

func work(ctx context.Context, there chan<- struct{}) {
	there <- struct{}{}
	<-ctx.Done()
}

func await(ctx context.Context, all *sync.WaitGroup) error {
	all.Wait()
	return ctx.Err()
}

// waiting is a precondition that never succeeds.
var waiting = wiring.NewLayer("schema", func(r *wiring.Registry) error {
	r.ProvideTask(func() task.Task {
		return task.New("schema-ready", task.Precondition, func(ctx context.Context) error {
			<-ctx.Done()
			return nil
		})
	})
	return nil
})

type stack struct {
	Goroutines int
	Frames     []struct{ Function, Location string }
}

type report struct {
	Phase string
	Since time.Time
	Tasks []struct {
		ID, Kind, Layer, State, Error string
		Since                         time.Time
		Goroutines                    int
		Stacks                        []stack
	}
	Other *struct {
		Goroutines int
		Stacks     []stack
	}
}

func decode(t *testing.T, body string) report {
	t.Helper()
	var r report
	require.NoError(t, json.Unmarshal([]byte(body), &r), body)
	return r
}

// at returns how many goroutines are in a function.
func at(stacks []stack, function string) int {
	n := 0
	for _, s := range stacks {
		for _, f := range s.Frames {
			if f.Function == function {
				n += s.Goroutines
			}
		}
	}
	return n
}

const here = "github.com/wireframework/wireframework/layers/debug_test."

func TestTasksShowsWhereTheGoroutinesOfEachTaskAre(t *testing.T) {
	there := make(chan struct{})
	_, s := start(t, node(t, free, workers(there)))
	for range 3 {
		<-there
	}

	resp, body := get(t, s, "/debug/tasks?format=json")

	require.Equal(t, http.StatusOK, resp.StatusCode)
	assert.Equal(t, "application/json", resp.Header.Get("Content-Type"))
	r := decode(t, body)
	assert.Equal(t, "running", r.Phase)
	require.Len(t, r.Tasks, 3)
	ops, work := r.Tasks[0], r.Tasks[1]
	assert.Equal(t, "http-ops", ops.ID)
	assert.Equal(t, "daemon", ops.Kind)
	assert.Positive(t, at(ops.Stacks, "net/http.(*conn).serve"), "this request")
	assert.Equal(t, "workers", work.ID)
	assert.Equal(t, "task", work.Kind)
	assert.Equal(t, "work", work.Layer)
	assert.Equal(t, "running", work.State)
	assert.Empty(t, work.Error)
	assert.WithinDuration(t, time.Now(), work.Since, time.Minute)
	assert.Equal(t, 4, work.Goroutines)
	assert.Equal(t, 3, at(work.Stacks, here+"work"))
	assert.Equal(t, 1, at(work.Stacks, here+"await"))
	assert.Regexp(t, `/layers/debug/tasks_test\.go:\d+$`, locationOf(work.Stacks, here+"work"))
	require.NotNil(t, r.Other)
	assert.Positive(t, at(r.Other.Stacks, "testing.(*T).Run"), "this test")
	assert.Zero(t, at(r.Other.Stacks, here+"work"))
}

func locationOf(stacks []stack, function string) string {
	for _, s := range stacks {
		for _, f := range s.Frames {
			if f.Function == function {
				return f.Location
			}
		}
	}
	return ""
}

func TestTasksOfOneTask(t *testing.T) {
	there := make(chan struct{})
	_, s := start(t, node(t, free, workers(there)))
	for range 3 {
		<-there
	}

	_, body := get(t, s, "/debug/tasks?task=workers&format=json")
	missing, text := get(t, s, "/debug/tasks?task=worker")

	r := decode(t, body)
	require.Len(t, r.Tasks, 1)
	assert.Equal(t, "workers", r.Tasks[0].ID)
	assert.Nil(t, r.Other)
	assert.Equal(t, http.StatusNotFound, missing.StatusCode)
	assert.JSONEq(t, `{"error": "task \"worker\" does not exist, see /debug/tasks"}`, text)
}

func TestTasksAsText(t *testing.T) {
	there := make(chan struct{})
	_, s := start(t, node(t, free, workers(there)))
	for range 3 {
		<-there
	}

	resp, body := get(t, s, "/debug/tasks?task=workers")
	_, all := get(t, s, "/debug/tasks?format=text")

	assert.Equal(t, "text/plain; charset=utf-8", resp.Header.Get("Content-Type"))
	body = regexp.MustCompile(`for \S+(s|m)\b`).ReplaceAllString(body, "for TIME")
	assert.Regexp(t, `^service running for TIME

task "workers" \(layer "work"\) running for TIME, 4 goroutines
  3 goroutines
    `+regexp.QuoteMeta(here)+`work
      \S+/tasks_test.go:\d+
(    .*\n)+  1 goroutine
(    .*\n)+`, body)
	assert.Contains(t, body, here+"await")
	assert.Contains(t, all, "\n"+`daemon "http-ops" (layer "http-ops") running for `)
	assert.Regexp(t, `\nother \d+ goroutines\n`, all)
}

func TestTasksInTheFormatThatIsAskedFor(t *testing.T) {
	_, s := start(t, node(t, free))
	tests := []struct {
		accept, query string
		want          string
	}{
		{"", "", "text/plain; charset=utf-8"},
		{"text/html,*/*", "", "text/plain; charset=utf-8"},
		{"application/json", "", "application/json"},
		{"application/json", "?format=text", "text/plain; charset=utf-8"},
	}
	for _, tt := range tests {
		r := newRequest(t, http.MethodGet, s, "/debug/tasks"+tt.query)
		r.Header.Set("Accept", tt.accept)

		resp, _ := answer(t, r)

		assert.Equal(t, tt.want, resp.Header.Get("Content-Type"), "%+v", tt)
	}

	resp, body := get(t, s, "/debug/tasks?format=xml")

	assert.Equal(t, http.StatusBadRequest, resp.StatusCode)
	assert.JSONEq(t, `{"error": "format \"xml\" is not known (there are text and json)"}`, body)
}

// The page is of most use while a node does not get on.
func TestTasksWhileTheNodeStartsAndStops(t *testing.T) {
	failed := errors.New("disk full")
	leave := make(chan struct{})
	var s *httpserver.Server
	svc := servicetest.Build(t, node(t, free, waiting, wiring.NewLayer("work", func(r *wiring.Registry) error {
		r.ProvideTask(func() (failing, slow, gated task.Task) {
			return task.New("failing", task.Unconstrained, func(ctx context.Context) error { <-ctx.Done(); return failed }),
				task.New("slow", task.Unconstrained, func(context.Context) error { <-leave; return nil }),
				task.New("gated", task.Regular, nothing)
		})
		return nil
	})), servicetest.Populate(&s, "ops"))
	ended := make(chan error, 1)
	go func() { ended <- svc.Run(t.Context()) }()
	require.Eventually(t, func() bool { return allRun(svc.Status(), "http-ops", "schema-ready", "failing", "slow") }, time.Minute, time.Millisecond)

	_, body := get(t, s, "/debug/tasks?format=json")
	r := decode(t, body)
	assert.Equal(t, "waiting", r.Phase)
	assert.Equal(t, map[string]string{
		"http-ops": "running", "schema-ready": "running", "failing": "running", "slow": "running", "gated": "pending", "idle": "pending",
	}, states(r))

	svc.Stop(nil)
	require.Eventually(t, func() bool {
		_, body = get(t, s, "/debug/tasks?format=json")
		return states(decode(t, body))["failing"] == "failed"
	}, time.Minute, time.Millisecond)
	r = decode(t, body)
	assert.Equal(t, "stopping", r.Phase)
	assert.Equal(t, "stopping", states(r)["slow"])
	assert.Equal(t, "skipped", states(r)["gated"])
	assert.Contains(t, body, `"error":"task \"failing\" (layer \"work\"): disk full"`)
	_, text := get(t, s, "/debug/tasks")
	assert.Contains(t, text, "failed for ")
	assert.Contains(t, text, "\n  task \"failing\" (layer \"work\"): disk full\n")

	close(leave)
	require.ErrorIs(t, <-ended, failed)
}

// allRun reports whether all of these tasks have been started.
func allRun(status service.Status, ids ...task.ID) bool {
	for _, t := range status.Tasks {
		if t.State == service.StateRunning {
			ids = slices.DeleteFunc(ids, func(id task.ID) bool { return id == t.ID })
		}
	}
	return len(ids) == 0
}

func nothing(context.Context) error { return nil }

func states(r report) map[string]string {
	all := make(map[string]string)
	for _, t := range r.Tasks {
		all[t.ID] = t.State
	}
	return all
}

// The profile quotes labels.
func TestTasksOfAnyName(t *testing.T) {
	for _, id := range []task.ID{`a "quoted", name`, "two\nlines", "tab\there", `back\slash`, "}", `"task":"http-ops"`, "é\u2028"} {
		t.Run(string(id), func(t *testing.T) {
			_, s := start(t, node(t, free, wiring.NewLayer("odd", func(r *wiring.Registry) error {
				r.ProvideTask(func() task.Task { return task.New(id, task.Unconstrained, odd) })
				return nil
			})))

			var r report
			require.Eventually(t, func() bool {
				_, body := get(t, s, "/debug/tasks?format=json&task="+url.QueryEscape(string(id)))
				r = decode(t, body)
				return len(r.Tasks) == 1 && r.Tasks[0].Goroutines == 1
			}, time.Minute, time.Millisecond)
			assert.Equal(t, 1, at(r.Tasks[0].Stacks, here+"odd"))
		})
	}
}

func odd(ctx context.Context) error {
	<-ctx.Done()
	return nil
}

package dashboard_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type traceEvent struct {
	Name string
	Cat  string
	Ph   string
	TS   *float64
	Dur  *float64
	PID  *int
	TID  *int
	S    string
	Args map[string]any
}

// The format is that of "Trace Event Format": each event has a phase, a time in
// microseconds, a process and a thread; complete ones have a duration too.
func TestTraceIsInTheFormat(t *testing.T) {
	d := newDemo("127.0.0.1:0", t.Output())
	svc, s, ended := run(t, d.builder())
	close(d.schema)
	<-svc.Ready()
	d.lose <- errDiskFull
	require.Eventually(t, func() bool { return statusOf(t, s).states()["pruner"] == "done" }, time.Minute, time.Millisecond)
	status := statusOf(t, s)

	resp, body := get(t, s, "trace.json")

	close(d.leave)
	require.Error(t, <-ended)
	assert.Equal(t, http.StatusOK, resp.StatusCode)
	assert.Equal(t, `attachment; filename="trace.json"`, resp.Header.Get("Content-Disposition"))
	file := decode[struct {
		TraceEvents     []traceEvent
		DisplayTimeUnit string
	}](t, body)
	assert.Equal(t, "ms", file.DisplayTimeUnit)
	tracks := make(map[int]string)
	spans := make(map[string]traceEvent) // by track and name
	for _, e := range file.TraceEvents {
		require.NotNil(t, e.TS, e.Name)
		require.NotNil(t, e.PID, e.Name)
		require.NotNil(t, e.TID, e.Name)
		switch e.Ph {
		case "M":
			if e.Name == "thread_name" {
				tracks[*e.TID], _ = e.Args["name"].(string)
			}
		case "X":
			require.NotNil(t, e.Dur, e.Name)
			assert.GreaterOrEqual(t, *e.Dur, 0.0, e.Name)
			assert.InDelta(t, float64(time.Now().UnixMicro()), *e.TS, 1e8, "a time of this run, in microseconds")
			spans[tracks[*e.TID]+" "+e.Name] = e
		case "i":
			assert.Equal(t, "p", e.S)
		default:
			assert.Fail(t, "unknown phase", "%+v", e)
		}
	}
	end := func(e traceEvent) float64 { return *e.TS + *e.Dur }

	for _, phase := range []string{"wiring", "waiting", "running", "stopping"} {
		assert.Contains(t, spans, "node "+phase)
	}
	assert.InDelta(t, end(spans["node wiring"]), *spans["node waiting"].TS, 1)
	assert.InDelta(t, end(spans["node running"]), *spans["node stopping"].TS, 1)
	assert.Equal(t, status.Cause, spans["node stopping"].Args["cause"])
	assert.InDelta(t, status.GateOpened*1000, end(spans["node gate"]), 1)
	assert.GreaterOrEqual(t, *spans["constructors newPool"].Dur, 42_000.0)
	assert.Equal(t, "postgres", spans["constructors newPool"].Args["layer"])

	sealer := spans["sealer sealer"]
	assert.Equal(t, "failed", sealer.Args["state"])
	assert.Equal(t, errDiskFull.Error(), sealer.Args["error"])
	assert.Contains(t, spans, "ingest stopping")
	assert.InDelta(t, end(spans["ingest ingest"]), end(spans["ingest stopping"]), 1)
	assert.NotContains(t, spans, "sealer stopping", "it was gone by then")
}

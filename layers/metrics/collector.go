package metrics

import (
	"maps"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
)

var (
	phaseDesc = desc("phase",
		"Whether the service is in this phase (1) or not (0).", "phase")
	readyDesc = desc("ready",
		"Whether the gate is open and no stop has been asked for (1) or not (0); health checks do not count.")
	wiringDesc = desc("wiring_duration_seconds",
		"How long the constructors of the node took.")
	layerDesc = desc("layer_wiring_duration_seconds",
		"How long the constructors of the layer took.", "layer")
	constructorDesc = desc("constructor_duration_seconds",
		"How long the constructor took.", "layer", "constructor")
	gateDesc = desc("gate_wait_seconds",
		"How long the tasks have waited for the gate to open, or did wait.")
	pendingDesc = desc("preconditions_pending",
		"How many preconditions have not succeeded yet.")
	stopDesc = desc("stop_duration_seconds",
		"How long ago the stop was asked for; 0 before.")
	tasksDesc = desc("tasks",
		"How many tasks are in this state.", "layer", "kind", "state")
	abandonedDesc = desc("tasks_abandoned_total",
		"How many tasks did not stop in time and were abandoned.")
	stateDesc = desc("task_state",
		"The state that the task is in (1); there is no series for the others.", "task", "layer", "kind", "state")
	runDesc = desc("task_run_seconds",
		"How long the task has been running, or did run.", "task", "layer", "kind")
)

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("wireframework_"+name, help, labels, nil)
}

var (
	phases = []service.Phase{
		service.PhaseBuilt, service.PhaseWiring, service.PhaseWaiting,
		service.PhaseRunning, service.PhaseStopping, service.PhaseStopped,
	}
	states = []service.State{
		service.StatePending, service.StateRunning, service.StateStopping, service.StateDone,
		service.StateFailed, service.StateSkipped, service.StateAbandoned,
	}
)

// collector collects the figures of the service.
type collector struct {
	node     service.Handle
	recorder *recorder
}

func (c *collector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		phaseDesc, readyDesc, wiringDesc, layerDesc, constructorDesc, gateDesc,
		pendingDesc, stopDesc, tasksDesc, abandonedDesc, stateDesc, runDesc,
	} {
		ch <- d
	}
}

func (c *collector) Collect(ch chan<- prometheus.Metric) {
	s := c.node.Status()
	e := emitter(ch)
	e.phase(&s)
	c.recorder.collect(e, time.Now())
	e.counts(&s, c.recorder.limit)
	if len(s.Tasks) <= c.recorder.limit {
		e.tasks(&s, c.recorder.starts(), time.Now())
	}
}

// collect sends how long things took.
func (r *recorder) collect(e emitter, now time.Time) {
	r.mu.Lock()
	wiring, gate, stop := r.wiring, r.gate, r.stop
	layers, constructors := maps.Clone(r.layers), maps.Clone(r.constructors)
	r.mu.Unlock()
	e.gauge(wiringDesc, wiring.seconds(now))
	e.gauge(gateDesc, gate.seconds(now))
	e.gauge(stopDesc, stop.seconds(now))
	if len(layers) <= r.limit {
		for layer, took := range layers {
			e.gauge(layerDesc, took.Seconds(), layer)
		}
	}
	if len(constructors) <= r.limit {
		for c, took := range constructors {
			e.gauge(constructorDesc, took.Seconds(), c.layer, c.name)
		}
	}
}

// starts returns when tasks began to run.
func (r *recorder) starts() map[task.ID]time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return maps.Clone(r.started)
}

// emitter sends metrics to a scrape.
type emitter chan<- prometheus.Metric

func (e emitter) gauge(d *prometheus.Desc, v float64, labels ...string) {
	for i, text := range labels {
		labels[i] = strings.ToValidUTF8(text, "\uFFFD")
	}
	e <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
}

func (e emitter) phase(s *service.Status) {
	for _, p := range phases {
		e.gauge(phaseDesc, number(s.Phase == p), p.String())
	}
	e.gauge(readyDesc, number(s.Ready()))
	e.gauge(pendingDesc, float64(len(s.Pending)))
}

func number(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// cell is what tasks are counted by.
type cell struct {
	layer string
	kind  task.Kind
	state service.State
}

// counts sends how many tasks there are in each state, also in those without any. If
// there are more layers than the limit, it sends those of all layers together, under
// no name.
func (e emitter) counts(s *service.Status, limit int) {
	counts := count(s, func(t *service.TaskStatus) string { return t.Layer })
	if len(counts) > limit*len(states) {
		counts = count(s, func(*service.TaskStatus) string { return "" })
	}
	for c, n := range counts {
		e.gauge(tasksDesc, float64(n), c.layer, c.kind.String(), c.state.String())
	}
	abandoned := 0
	for c, n := range counts {
		if c.state == service.StateAbandoned {
			abandoned += n
		}
	}
	e <- prometheus.MustNewConstMetric(abandonedDesc, prometheus.CounterValue, float64(abandoned))
}

func count(s *service.Status, layer func(*service.TaskStatus) string) map[cell]int {
	counts := make(map[cell]int)
	for i := range s.Tasks {
		t := &s.Tasks[i]
		c := cell{layer: layer(t), kind: t.Kind, state: t.State}
		if _, known := counts[c]; !known {
			for _, state := range states {
				counts[cell{c.layer, c.kind, state}] += 0
			}
		}
		counts[c]++
	}
	return counts
}

// tasks sends the series of each task.
func (e emitter) tasks(s *service.Status, started map[task.ID]time.Time, now time.Time) {
	for i := range s.Tasks {
		t := &s.Tasks[i]
		id, kind := string(t.ID), t.Kind.String()
		e.gauge(stateDesc, 1, id, t.Layer, kind, t.State.String())
		begin, ok := started[t.ID]
		if !ok {
			continue // it has not run, or is about to
		}
		end := t.Since
		if t.State == service.StateRunning || t.State == service.StateStopping {
			end = now
		}
		e.gauge(runDesc, max(0, end.Sub(begin).Seconds()), id, t.Layer, kind)
	}
}

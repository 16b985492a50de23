// Package metrics is a layer that lets Prometheus scrape a node.
//
// # What it is
//
// The address /metrics on the server "ops" of the package httpserver, with the figures of
// the Go runtime, of the process, of the layers, and of the service itself:
//
//	wireframework_phase{phase}                                    1 for the phase the service is in, 0 for the others
//	wireframework_ready                                           1 while the gate is open and no stop has been asked for
//	wireframework_wiring_duration_seconds                         how long the constructors took
//	wireframework_layer_wiring_duration_seconds{layer}            those of one layer
//	wireframework_constructor_duration_seconds{layer,constructor} one of them
//	wireframework_gate_wait_seconds                               how long the tasks have waited for the gate
//	wireframework_preconditions_pending                           preconditions that have not succeeded
//	wireframework_stop_duration_seconds                           since the stop was asked for; 0 before
//	wireframework_tasks{layer,kind,state}                         how many tasks are in a state
//	wireframework_tasks_abandoned_total                           tasks that did not stop in time
//	wireframework_task_state{task,layer,kind,state}               1 for the state the task is in
//	wireframework_task_run_seconds{task,layer,kind}               how long a task has run, or did run
//
// The last two are series per task, one each: a state that a task is not in has no series.
// A node with more tasks than [Options] allow has none of them; wireframework_tasks
// is always complete, states without a task included. Times per constructor, and
// then per layer, are left out in the same way.
//
// # Usage
//
//	service.NewBuilder().AddLayer(
//		httpserver.Ops(httpserver.Options{}),
//		metrics.New(metrics.Options{}),
//		ledger,
//	)
//
// A layer adds what it measures as a member of the group "metrics", and needs nothing of
// this package for that:
//
//	r.Provide(newBlocks)                                    // func() *prometheus.CounterVec
//	r.Provide(asCollector, wiring.Group("metrics"))         // func(*prometheus.CounterVec) prometheus.Collector
//
// Or it asks for prometheus.Registerer, or *prometheus.Registry, and registers by itself;
// then the node needs this layer. The prometheus.Gatherer has everything, the members of
// the group included: it is for who pushes metrics, or looks at them in a test.
//
// # Lifecycle
//
// The figures of the service begin with its wiring, since an observer of a layer
// hears of what has happened before it was built. The server is a daemon: it answers while
// the node waits at the gate, and until the last of the other tasks has ended.
//
// # Concurrency
//
// Scrapes that come at once share one collection, so that slow collectors do not pile up.
// A scrape takes a snapshot of the service and makes no task wait.
//
// # Errors
//
// A collector that is there twice, or in conflict with another one, is a wiring error
// with its name and both layers. What goes wrong in a scrape is in the log, and counted as
// promhttp_metric_handler_errors_total; the rest is delivered nevertheless.
//
// # Testing
//
// A collector can be tried without a node, with the package testutil of client_golang. In a
// node, servicetest.Populate takes out the prometheus.Gatherer.
package metrics

// Package health is a layer that answers whether a node is alive and ready, in the
// manner of Kubernetes.
//
// # What it is
//
// Three addresses on the server "ops" of the package httpserver:
//
//   - /livez is 200 from the wiring until the last task has ended, also while the node
//     stops. It runs no checks: a database that is down is no reason to restart a node.
//   - /readyz is 200 while the gate is open, no stop has been asked for, and no check
//     fails. It is 503 from the first moment of a stop, the DrainDelay of the service
//     included.
//   - /healthz is both at once, for what knows one address only.
//
// The states of the tasks are part of every report; nobody registers them.
//
// # Usage
//
//	service.NewBuilder().AddLayer(
//		httpserver.Ops(httpserver.Options{}),
//		health.New(health.Options{}),
//		postgres, // provides a health.Check as a member of the group "health"
//	)
//
// A layer adds a check with
//
//	r.Provide(func(db *sql.DB) health.Check {
//		return health.Check{Name: "postgres", Check: db.PingContext}
//	}, wiring.Group("health"))
//
// A plain request is answered with "ok", or with the names of what fails.
// ?verbose lists everything, a line each, as kube-apiserver does; ?exclude=NAME leaves
// a part out and may be repeated. With ?format=json, or a header Accept that names
// application/json, the answer is a [Report].
//
// Error texts can tell an attacker about the insides of a node, and probes have no
// password. So they are in verbose and JSON answers only, and there only for clients on
// the same machine that have come without a proxy, unless [Options] say otherwise. The
// log always has them, once for each time a check begins to fail.
//
// # Lifecycle
//
// Checks run on demand, all at once. A result counts for the Cache time of its check;
// after that the next request waits for a new one, no longer than the Timeout. When the
// last task has ended a shutdown hook cancels the checks that still run, before what
// they use is closed.
//
// The checks are run by github.com/alexliesenfeld/health, one checker per check:
// it has timeouts, a cache and no dependencies, where hellofresh/health-go caches
// nothing and leaves a blocked goroutine behind for each check that is late.
//
// # Concurrency
//
// Requests that need the same result wait for one run of the check. A check that ignores
// the end of its context is not called again until it has returned, so it costs one
// goroutine and no more; it counts as failing meanwhile.
//
// # Errors
//
// A check without a name or a function, with a name that another one has, or with that
// of a part that is always there (gate, shutdown, tasks), is a wiring error with the
// layers it comes from. A panic in a check makes it fail. A check that outlives the node
// is an error of the shutdown hook "health-checks".
//
// # Testing
//
// A check is a function: call it. A node without the server "ops" gets one with
// servicetest.Supply(new(httpserver.Server), "ops").
package health

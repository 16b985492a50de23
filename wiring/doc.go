// Package wiring composes a graph of resources and tasks from layers, verifies it
// as a whole, and builds it on go.uber.org/dig.
//
// # What it is
//
// A [Layer] registers constructors, values, tasks and invokes with a [Registry].
// The registrations of all layers are one graph: a constructor needs resources by
// type, and by name or group where one type has several, and provides others. The
// order of layers never decides who provides what.
//
// # Usage
//
//	var Layer = wiring.NewLayer("storage", func(r *wiring.Registry) error {
//		r.Provide(openDB)                              // func(context.Context, Config) (*sql.DB, error)
//		r.Provide(newStore, wiring.As[ledger.Store]()) // func(*sql.DB) *sqlStore
//		r.ProvideTask(newPruner)                       // func(ledger.Store) task.Task
//		return nil
//	})
//
// A constructor that opens something asks for [*ShutdownHooks] and adds what closes
// it. [Bundle], [Choose] and [If] compose layers; [Name], [As], [Group] and
// [Default] say how a result is provided, and [From] by which name a parameter is
// asked for. A service takes the layers with its Builder.
//
// # Lifecycle
//
// Verification asks every layer to register and reads parameters and results by
// reflection, by dig's rules; it calls no constructor. The build then hands what is
// needed to one dig container and resolves tasks and invokes in registration order:
//
//	layers ──Wire──▶ registrations ──Verify──▶ Plan ──NewBuild──▶ Build ──Run──▶ tasks, hooks
//	                                  │                             │
//	                                  └─▶ all mistakes at once      └─▶ root failures, and what they block
//
// Around each constructor stands a wrapper that calls it at most once, keeps its
// outcome, and gives dig zero values after a failure. So one run finds every root
// failure, and what needs a failed constructor is blocked rather than failed. The
// container and the values it holds are dropped at the end.
//
// # Concurrency
//
// Constructors run one at a time, on one goroutine. A [Registry] and an [Assembly]
// belong to one goroutine; a [Plan] is immutable.
//
// # Errors
//
// Mistakes are found before anything runs, and reported all at once: as
// [*MissingError], [*DuplicateError], [*CycleError], [*RegistrationError] and
// [*LayerError]. While building there are [*ConstructorError] and
// [*DuplicateTaskError]. Each is found with errors.As in the error of Verify or of a
// build's Result; with %+v that error also prints where everything is defined and
// registered.
//
// # Testing
//
// A constructor is a function: call it. For a layer, or a part of a graph with
// fakes in it, see the package servicetest.
//
// The model of errors with source locations and guesses is that of dig and wire.
package wiring

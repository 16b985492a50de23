package wiring_test

import (
	"database/sql"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/resource"
	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

// as finds an error of type E in err, or fails the test.
func as[E error](t *testing.T, err error) E {
	t.Helper()
	found, ok := errors.AsType[E](err)
	require.True(t, ok, "no %T in: %v", found, err)
	return found
}

// problems returns the problems of a report one by one.
func problems(t *testing.T, err error) []error {
	t.Helper()
	report, ok := err.(interface{ Unwrap() []error })
	require.True(t, ok, "no report: %v", err)
	return report.Unwrap()
}

// named reads a source as "layer: function".
func named(sources ...wiring.Source) []string {
	names := make([]string, len(sources))
	for i, s := range sources {
		names[i] = s.Layer + ": " + s.Function
	}
	return names
}

func TestErrorsAsFindsWhatVerifyReports(t *testing.T) {
	errDSN := errors.New("DSN is empty")
	b := service.NewBuilder().AddLayer(
		layer("api", func(r *wiring.Registry) {
			r.ProvideTask(newServer)
			r.Provide(func() {})
		}),
		layer("storage", func(r *wiring.Registry) { r.Provide(newStore) }),
		layer("archive", func(r *wiring.Registry) { r.Provide(newStore) }),
		layer("compass", func(r *wiring.Registry) { r.Provide(newNorth); r.Provide(newEastOfNorth) }),
		wiring.NewLayer("config", func(*wiring.Registry) error { return errDSN }),
		wiring.NewLayer("broken", func(*wiring.Registry) error { panic(errNoHost) }),
	)

	_, err := b.Build()

	missing := as[*wiring.MissingError](t, err)
	assert.Equal(t, []string{"api: newServer"}, named(missing.Source))
	assert.Equal(t, resource.IDOf[*sql.DB](), missing.Resource)
	assert.Contains(t, missing.Hint, "config")

	registration := as[*wiring.RegistrationError](t, err)
	assert.Equal(t, "api", registration.Layer)
	assert.Equal(t, "provides nothing", registration.Reason)
	assert.NotEmpty(t, registration.Hint)

	duplicate := as[*wiring.DuplicateError](t, err)
	assert.Equal(t, "*sqlite.Store", duplicate.Resource.String())
	assert.Equal(t, []string{"storage: newStore", "archive: newStore"}, named(duplicate.Providers...))
	assert.False(t, duplicate.Default)

	cycle := as[*wiring.CycleError](t, err)
	assert.Equal(t, []string{"compass: newNorth", "compass: newEastOfNorth"}, named(cycle.Path...))
	assert.Equal(t, []resource.ID{resource.IDOf[*east](), resource.IDOf[*north]()}, cycle.Needs)

	failed := as[*wiring.LayerError](t, err)
	assert.Equal(t, "config", failed.Layer)
	assert.Equal(t, errDSN, failed.Err)
	require.ErrorIs(t, err, errDSN, "what Wire returned")

	panicked := as[*task.PanicError](t, err)
	assert.Equal(t, errNoHost, panicked.Value)
	assert.Contains(t, string(panicked.Stack), "error_types_test.go")
	assert.Contains(t, fmt.Sprintf("%+v", err), "error_types_test.go:", "the stack is in the long form")
	require.ErrorIs(t, err, errNoHost, "what Wire panicked with")
}

func TestErrorsAsFindsTheDefaults(t *testing.T) {
	defaults := func(name string) wiring.Layer {
		return layer(name, func(r *wiring.Registry) { r.Provide(newDB, wiring.Default()) })
	}

	_, err := assemble(worker, defaults("a"), defaults("b")).Verify()

	assert.True(t, as[*wiring.DuplicateError](t, err).Default)
}

func TestErrorsIsFindsErrNoTasks(t *testing.T) {
	_, err := assemble(database, layer("api", func(r *wiring.Registry) { r.Invoke(newServer) })).Verify()
	require.ErrorIs(t, err, wiring.ErrNoTasks, "next to other problems")

	a := assemble(worker, database)
	a.Only("database")
	_, err = a.Verify()
	require.ErrorIs(t, err, wiring.ErrNoTasks, "in a selection")

	_, err = service.NewBuilder().Build()
	assert.ErrorIs(t, err, service.ErrNoTasks, "of a builder")
}

func TestErrorsAsFindsWhatABuildReports(t *testing.T) {
	errRates := &rateError{code: 7}
	_, err := tryBuild(t, append(settle(newClient)[:4],
		layer("rates", func(r *wiring.Registry) { r.Provide(func() (*rates, error) { return nil, errRates }) }),
		layer("settlement", func(r *wiring.Registry) { r.Provide(newPanickyClient) }),
		layer("double", func(r *wiring.Registry) { r.ProvideTask(newClock) }),
	)...)

	var failures []*wiring.ConstructorError
	for _, e := range err.(interface{ Unwrap() []error }).Unwrap() {
		if failure, ok := errors.AsType[*wiring.ConstructorError](e); ok {
			failures = append(failures, failure)
		}
	}
	require.Len(t, failures, 2)
	assert.Equal(t, "rates", failures[0].Layer)
	assert.Equal(t, []string{"keeper: newKeeper"}, named(failures[0].Blocks...))
	assert.Equal(t, []string{"settlement: newPanickyClient"}, named(failures[1].Source))
	assert.Equal(t, []string{"fees: newPoller", "fetch: newFetcherOf", "keeper: newKeeper", "keeper: newSealer"}, named(failures[1].Blocks...))

	assert.Same(t, errRates, as[*rateError](t, err), "the error of the constructor itself")
	panicked := as[*task.PanicError](t, err)
	assert.Equal(t, "no route table", panicked.Value)
	assert.Contains(t, string(panicked.Stack), "newPanickyClient")

	double := as[*wiring.DuplicateTaskError](t, err)
	assert.Equal(t, task.ID("clock"), double.ID)
	assert.Equal(t, []string{"clock: newClock", "double: newClock"}, named(double.Providers...))
}

type rateError struct{ code int }

func (e *rateError) Error() string { return fmt.Sprintf("code %d", e.code) }

func TestErrorsIsFindsGoexit(t *testing.T) {
	_, err := tryBuild(t, settle(newLeavingClient)...)

	require.ErrorIs(t, err, task.ErrGoexit)
	assert.Contains(t, string(as[*task.PanicError](t, err).Stack), "newLeavingClient")
}

// A problem reads on one line, with its hint, when it is taken out of the report.
func TestErrorsAloneReadOnOneLine(t *testing.T) {
	_, err := assemble(
		layer("api", func(r *wiring.Registry) {
			r.ProvideTask(newAuditor)
			r.Provide(func() {})
		}),
		layer("storage", func(r *wiring.Registry) { r.Provide(newStore) }),
		layer("compass", func(r *wiring.Registry) {
			r.Provide(newNorth)
			r.Provide(newEastOfNorth)
			r.Provide(newOtherDB)
			r.Provide(newDB)
		}),
	).Verify()

	var text string
	for _, e := range err.(interface{ Unwrap() []error }).Unwrap() {
		text += e.Error() + "\n"
	}
	_, err = tryBuild(t, worker, layer("b", func(r *wiring.Registry) { r.ProvideTask(newWorker) }))
	text += as[*wiring.DuplicateTaskError](t, err).Error() + "\n"
	golden(t, "errors-alone.txt", scrub(text)+"\n")
}

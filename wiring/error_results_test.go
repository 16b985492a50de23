package wiring_test

import (
	"context"
	"database/sql"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
	"github.com/wireframework/wireframework/wiring/testdata/ledger"
	"github.com/wireframework/wireframework/wiring/testdata/sqlite"
)

type (
	taskWithoutTag struct {
		wiring.Out

		Task task.Task
	}
	tasksWithoutTag struct {
		wiring.Out

		Tasks []task.Task
	}
	noTaskInTasks struct {
		wiring.Out

		DB *sql.DB `group:"tasks"`
	}
	outMisspelt struct {
		wiring.Out

		DB *sql.DB `grop:"dbs"`
	}
	outOptional struct {
		wiring.Out

		DB *sql.DB `optional:"true"`
	}
	outUnexported struct {
		wiring.Out

		DB *sql.DB
		db *sql.DB
	}
	outError struct {
		wiring.Out

		DB  *sql.DB
		Err error
	}
	outPointer struct {
		*wiring.Out

		DB *sql.DB
	}
	outOfPointer struct {
		wiring.Out

		Inner *databases
	}
	outNamed struct {
		wiring.Out

		Inner databases `name:"other"`
	}
	outAlmostTasks struct {
		wiring.Out

		Task  task.Task   `group:"task"`
		Tasks []task.Task `group:"Tasks,flatten"`
	}
	outSoft struct {
		wiring.Out

		DBs []*sql.DB `group:"dbs,soft"`
	}
	outFlatten struct {
		wiring.Out

		DB *sql.DB `group:"dbs,flatten"`
	}
	outUnknownOption struct {
		wiring.Out

		DB *sql.DB `group:"dbs,sorted"`
	}
	outNamedGroup struct {
		wiring.Out

		DB *sql.DB `group:"dbs" name:"replica"`
	}
	outGroups struct {
		wiring.Out

		DB *sql.DB `group:"dbs"`
	}
	outCleanup struct {
		wiring.Out

		DB    *sql.DB
		Close func()
	}
)

func (o outUnexported) use() *sql.DB { return o.db }

// wrongError is an error that somebody returns instead of error.
type wrongError struct{}

func (*wrongError) Error() string { return "wrong" }

func TestMistakenResults(t *testing.T) {
	out := func(constructor any, opts ...wiring.Option) []wiring.Layer {
		return []wiring.Layer{worker, layer("storage", func(r *wiring.Registry) { r.Provide(constructor, opts...) })}
	}
	testMistakes(t, []mistake{
		{name: "a task in a result object without its group", layers: out(func() taskWithoutTag { return taskWithoutTag{} })},
		{name: "tasks in a result object without their group", layers: out(func() tasksWithoutTag { return tasksWithoutTag{} })},
		{name: "the only task has no group", layers: []wiring.Layer{layer("storage", func(r *wiring.Registry) {
			r.Provide(func() taskWithoutTag { return taskWithoutTag{} })
		})}},
		{name: "a resource in the group of tasks", layers: out(func() noTaskInTasks { return noTaskInTasks{} })},
		{name: "a misspelt tag in results", layers: out(func() outMisspelt { return outMisspelt{} })},
		{name: "an optional result", layers: out(func() outOptional { return outOptional{} })},
		{name: "an unexported field in results", layers: out(func() outUnexported { o := outUnexported{}; o.use(); return o })},
		{name: "an error in a result object", layers: out(func() outError { return outError{} })},
		{name: "an error that is not the last result", layers: out(func() (error, *sql.DB) { return nil, nil })}, //nolint:staticcheck // the mistake
		{name: "a type of error as the last result", layers: out(func() (*sql.DB, *wrongError) { return nil, nil })},
		{name: "a pointer to a result object", layers: out(func() *databases { return nil })},
		{name: "an embedded pointer to Out", layers: out(func() outPointer { return outPointer{} })},
		{name: "a pointer to a result object in a result object", layers: out(func() outOfPointer { return outOfPointer{} })},
		{name: "a result object with a name in a result object", layers: out(func() outNamed { return outNamed{} })},
		{name: "a result object with the option Name", layers: out(newDatabases, wiring.Name("x"))},
		{name: "a result object with the option Group", layers: out(newDatabases, wiring.Group("x"))},
		{name: "a parameter object as result", layers: out(func() plainIn { return plainIn{} })},
		{name: "an embedded pointer to In as result", layers: out(func() pointerIn { return pointerIn{} })},
		{name: "a task in a group that is almost that of the tasks", layers: out(func() outAlmostTasks { return outAlmostTasks{} })},
		{name: "a task in the option Group", layers: out(func() task.Task { return nil }, wiring.Group("task"))},
		{name: "two names", layers: out(newDB, wiring.Name("a"), wiring.Name("b"))},
		{name: "two groups", layers: out(newDB, wiring.Group("a"), wiring.Group("b"))},
		{name: "soft in results", layers: out(func() outSoft { return outSoft{} })},
		{name: "soft in the option Group", layers: out(newDB, wiring.Group("dbs,soft"))},
		{name: "flatten of what is no slice", layers: out(func() outFlatten { return outFlatten{} })},
		{name: "flatten of what is no slice in the option Group", layers: out(newDB, wiring.Group("dbs,flatten"))},
		{name: "flatten together with As", layers: out(func() []*sqlite.Store { return nil }, wiring.Group("x,flatten"), wiring.As[any]())},
		{name: "an unknown option of a group in results", layers: out(func() outUnknownOption { return outUnknownOption{} })},
		{name: "an unknown option in the option Group", layers: out(newDB, wiring.Group("dbs,sorted"))},
		{name: "a group without a name in the option Group", layers: out(newDB, wiring.Group(",flatten"))},
		{name: "a group with a name in results", layers: out(func() outNamedGroup { return outNamedGroup{} })},
		{name: "the options Name and Group together", layers: out(newDB, wiring.Name("a"), wiring.Group("b"))},
		{name: "the options Default and Group together", layers: out(newDB, wiring.Default(), wiring.Group("dbs"))},
		{name: "a backquote in a name", layers: out(newDB, wiring.Name("a`b"))},
		{name: "a backquote in a group", layers: out(newDB, wiring.Group("a`b"))},
		{name: "As with a type that is no interface", layers: out(newDB, wiring.As[sql.DB]())},
		{name: "As with a type that one of two results has", layers: out(func() (*sql.DB, *pool) { return nil, nil }, wiring.As[*pool]())},
		{name: "As with the type of a result object", layers: out(newDatabases, wiring.As[databases]())},
		{name: "As with the type of a result object of groups", layers: out(func() outGroups { return outGroups{} }, wiring.As[outGroups]())},
		{name: "As with the concrete type of an interface", layers: out(func() ledger.Store { return nil }, wiring.As[*sqlite.Store]())},
		{name: "As with an interface that is not implemented", layers: out(func() sqlite.ReadOnly { return sqlite.ReadOnly{} }, wiring.As[ledger.Store]())},
		{name: "As with a method of another signature", layers: out(func() sqlite.Legacy { return sqlite.Legacy{} }, wiring.As[ledger.Store]())},
		{name: "As with a method of the pointer", layers: out(func() sqlite.Store { return sqlite.Store{} }, wiring.As[ledger.Store]())},
		{name: "nobody misses what As claims", layers: append(out(func() sqlite.ReadOnly { return sqlite.ReadOnly{} }, wiring.As[ledger.Store]()),
			layer("audit", func(r *wiring.Registry) { r.ProvideTask(newAuditor) }))},
		{name: "a naked func as result", layers: out(func() (*sql.DB, func()) { return nil, nil })},
		{name: "a naked func in a result object", layers: out(func() outCleanup { return outCleanup{} })},
		{name: "shutdown hooks as result", layers: out(func() *wiring.ShutdownHooks { return nil })},
		{name: "a constructor without results", layers: out(func() {})},
		{name: "a constructor that returns nothing but an error", layers: out(func() error { return nil })},
	})
}

func TestMistakenValues(t *testing.T) {
	value := func(v any, opts ...wiring.Option) []wiring.Layer {
		return []wiring.Layer{worker, layer("config", func(r *wiring.Registry) { r.Supply(v, opts...) })}
	}
	testMistakes(t, []mistake{
		{name: "nil as value", layers: value(nil)},
		{name: "an error as value", layers: value(errors.New("no"))},
		{name: "a naked func as value", layers: value(func() {})},
		{name: "a result object as value", layers: value(databases{})},
		{name: "a pointer to a result object as value", layers: value(&databases{})},
		{name: "a value as what it is not", layers: value(pool{}, wiring.As[*pool]())},
		{name: "a value in the group of tasks that is no task", layers: value(new(sql.DB), wiring.Group("tasks"))},
	})
}

func TestMistakenFunctions(t *testing.T) {
	var none func() *sql.DB
	wired := func(wire func(*wiring.Registry)) []wiring.Layer {
		return []wiring.Layer{worker, layer("api", wire)}
	}
	testMistakes(t, []mistake{
		{name: "nil as constructor", layers: wired(func(r *wiring.Registry) { r.Provide(nil) })},
		{name: "a nil function as constructor", layers: wired(func(r *wiring.Registry) { r.Provide(none) })},
		{name: "nil as constructor of tasks", layers: wired(func(r *wiring.Registry) { r.ProvideTask(nil) })},
		{name: "nil as invoke", layers: wired(func(r *wiring.Registry) { r.Invoke(nil) })},
		{name: "a value as constructor", layers: wired(func(r *wiring.Registry) { r.Provide(new(sql.DB)) })},
		{name: "a task as constructor of tasks", layers: wired(func(r *wiring.Registry) { r.ProvideTask(idle("x")) })},
		{name: "a value as invoke", layers: wired(func(r *wiring.Registry) { r.Invoke(42) })},
		{name: "an invoke that returns a value", layers: wired(func(r *wiring.Registry) { r.Invoke(func() *sql.DB { return nil }) })},
		{name: "an invoke that returns an error first", layers: wired(func(r *wiring.Registry) {
			r.Invoke(func() (error, int) { return nil, 0 }) //nolint:staticcheck // the mistake
		})},
	})
}

type (
	pointerTask   struct{}
	unnamedTask   struct{}
	oldTask       struct{ pointerTask }
	failingTask   struct{ task.Task }
	taskInterface interface{ Run(context.Context) error }
	idInterface   interface{ ID() string }
	kindTask      struct{ pointerTask }
	runTask       struct{ pointerTask }
	manyTask      struct{ pointerTask }
	noneTask      struct{ pointerTask }
)

func (*pointerTask) ID() task.ID               { return "pointer" }
func (*pointerTask) Kind() task.Kind           { return task.Oneshot }
func (*pointerTask) Run(context.Context) error { return nil }
func (unnamedTask) Kind() task.Kind            { return task.Oneshot }
func (unnamedTask) Run(context.Context) error  { return nil }
func (*oldTask) Run()                          {}
func (*kindTask) Kind() int                    { return 0 }
func (*runTask) Run(*sql.DB) error             { return nil }
func (*manyTask) Run(...context.Context) error { return nil }
func (*noneTask) Run(context.Context)          {}
func (failingTask) Error() string              { return "" }

func TestMistakenTasks(t *testing.T) {
	tasks := func(constructor any) []wiring.Layer {
		return []wiring.Layer{layer("api", func(r *wiring.Registry) { r.ProvideTask(constructor) })}
	}
	testMistakes(t, []mistake{
		{name: "a task whose pointer is one", layers: tasks(func() pointerTask { return pointerTask{} })},
		{name: "a task that lacks a method", layers: tasks(func() unnamedTask { return unnamedTask{} })},
		{name: "a task with a method of another signature", layers: tasks(func() *oldTask { return nil })},
		{name: "a task with a method of another parameter", layers: tasks(func() *runTask { return nil })},
		{name: "a task with a method of another result", layers: tasks(func() *kindTask { return nil })},
		{name: "a task with a method without result", layers: tasks(func() *noneTask { return nil })},
		{name: "a task with a variadic method", layers: tasks(func() *manyTask { return nil })},
		{name: "an interface with a method of another signature", layers: tasks(func() idInterface { return nil })},
		{name: "an interface that lacks methods of a task", layers: tasks(func() taskInterface { return nil })},
		{name: "a task that is an error too", layers: tasks(func() failingTask { return failingTask{} })},
		{name: "a task and something else", layers: tasks(func() (task.Task, *sql.DB, error) { return nil, nil, nil })},
		{name: "a result object from a constructor of tasks", layers: tasks(newDatabases)},
		{name: "a constructor of tasks without results", layers: tasks(func() {})},
	})
}

func TestTheOutOfAResultObjectHasNoTags(t *testing.T) {
	type out struct {
		wiring.Out `name:"replica"`

		DB *sql.DB
	}
	_, err := assemble(worker, layer("storage", func(r *wiring.Registry) { r.Provide(func() out { return out{} }) })).Verify()

	assert.Equal(t, `has wiring_test.out, whose field Out has the unknown tag "name"`, as[*wiring.RegistrationError](t, err).Reason)
}

// Nobody knows what a mistaken group was meant to be.
func TestALayerWithAMistakenGroupMightProvideWhatIsMissing(t *testing.T) {
	api := layer("api", func(r *wiring.Registry) { r.ProvideTask(newServer) })
	tests := []struct {
		name        string
		constructor any
		opts        []wiring.Option
	}{
		{"an unknown option", newStore, []wiring.Option{wiring.Group("stores,sorted")}},
		{"no name", newStore, []wiring.Option{wiring.Group(",flatten")}},
		{"soft", newStore, []wiring.Option{wiring.Group("stores,soft")}},
		{"flatten of what is no slice", newStore, []wiring.Option{wiring.Group("stores,flatten")}},
		{"flatten together with As", func() []*sqlite.Store { return nil }, []wiring.Option{wiring.Group("stores,flatten"), wiring.As[any]()}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := assemble(api, layer("storage", func(r *wiring.Registry) { r.Provide(tt.constructor, tt.opts...) })).Verify()

			assert.Len(t, problems(t, err), 2)
			as[*wiring.RegistrationError](t, err)
			assert.Equal(t, `layer "storage" might, but could not say so`, as[*wiring.MissingError](t, err).Hint)
		})
	}
}

package wiring_test

import (
	"context"
	"database/sql"
	"fmt"
	"path"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
	"github.com/wireframework/wireframework/wiring/testdata/sqlite"
	store "github.com/wireframework/wireframework/wiring/testdata/store.v2"
)

// here returns the line that calls it.
func here(lines int) string {
	_, file, line, _ := runtime.Caller(1)
	return fmt.Sprintf("%s:%d", path.Base(file), line+lines)
}

type factory struct{}

func (factory) newTask(*sql.DB) task.Task         { return nil }
func (*factory) newPointerTask(*sql.DB) task.Task { return nil }

var factoryLine = here(-3)

func newGeneric[T any](T) task.Task { return nil }

var genericLine = here(-2)

// sourceOf registers what asks for a resource that is not there, and returns how
// the error names it.
func sourceOf(t *testing.T, wire func(*wiring.Registry)) wiring.Source {
	t.Helper()
	_, err := assemble(layer("api", wire)).Verify()
	return as[*wiring.MissingError](t, err).Source
}

func TestSourceNamesConstructorAndPlace(t *testing.T) {
	const pkg = "github.com/wireframework/wireframework/wiring_test"
	closure := func(*sql.DB) task.Task { return nil }
	closureLine := here(-1)
	f := &factory{}
	tests := []struct {
		name     string
		function any
		want     string
		line     string
	}{
		{"a function", newServer, "newServer", ""},
		{"a closure", closure, "TestSourceNamesConstructorAndPlace.func1", closureLine},
		{"a method expression", factory.newTask, "factory.newTask", factoryLine},
		{"a generic function", newGeneric[*sql.DB], "newGeneric[...]", genericLine},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			source := sourceOf(t, func(r *wiring.Registry) { r.ProvideTask(tt.function) })

			assert.Equal(t, "api", source.Layer)
			assert.Equal(t, tt.want, source.Function)
			assert.Equal(t, pkg, source.Package)
			if tt.line != "" {
				assert.Equal(t, "wiring/"+tt.line, source.Location)
			}
			assert.Equal(t, fmt.Sprintf(`layer "api": %s (%s)`, source.Function, source.Location), source.String())
		})
	}

	t.Run("a method value", func(t *testing.T) {
		var registered string
		source := sourceOf(t, func(r *wiring.Registry) { r.ProvideTask(f.newPointerTask); registered = here(0) })

		assert.Equal(t, "factory.newPointerTask", source.Function)
		assert.Equal(t, pkg+"/"+registered, source.Registered)
		assert.Contains(t, source.Location, "source_test.go:")
	})
}

func TestSourceOfAPackageWithADot(t *testing.T) {
	source := sourceOf(t, func(r *wiring.Registry) { r.Invoke(store.New) })

	assert.Equal(t, "github.com/wireframework/wireframework/wiring/testdata/store.v2", source.Package)
	assert.Equal(t, "New", source.Function)
	assert.Contains(t, source.Location, "store.v2/store.go:")
}

func TestSourceNamesTheRegistration(t *testing.T) {
	var want []string
	_, err := assemble(worker,
		layer("a", func(r *wiring.Registry) { r.Provide(newDB); want = append(want, here(0)) }),
		layer("b", func(r *wiring.Registry) { r.Supply(new(sql.DB)); want = append(want, here(0)) }),
	).Verify()

	duplicate := as[*wiring.DuplicateError](t, err)
	require.Len(t, duplicate.Providers, 2)
	constructor, value := duplicate.Providers[0], duplicate.Providers[1]
	assert.Equal(t, path.Base(want[0]), path.Base(constructor.Registered))
	assert.Equal(t, "newDB", constructor.Function)
	assert.Contains(t, constructor.Location, "fixture_test.go", "a constructor is found where it is defined")
	assert.Equal(t, path.Base(want[1]), path.Base(value.Registered))
	assert.Equal(t, "wiring/"+want[1], value.Location, "a value is found where it is registered")
	assert.Empty(t, value.Function)
}

func TestSourceOfABlockedConstructor(t *testing.T) {
	_, err := tryBuild(t,
		layer("api", func(r *wiring.Registry) { r.ProvideTask(func(*sqlite.Store) task.Task { return nil }) }),
		layer("storage", func(r *wiring.Registry) {
			r.Provide(func(context.Context) (*sqlite.Store, error) { return nil, errNoHost })
		}),
	)

	failure := as[*wiring.ConstructorError](t, err)
	require.Len(t, failure.Blocks, 1)
	assert.Contains(t, failure.Blocks[0].Location, "source_test.go")
	assert.NotEqual(t, failure.Location, failure.Blocks[0].Location)
}

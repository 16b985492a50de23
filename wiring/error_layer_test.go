package wiring_test

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"go.uber.org/multierr"

	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/wiring"
)

// dsnLayer is a layer in the manner of packages that export a struct.
type dsnLayer struct {
	DSN     string
	Retries int
	label   string
}

func (l dsnLayer) Name() string { return "storage" }

func (l dsnLayer) Wire(r *wiring.Registry) error {
	r.Provide(newDB)
	return nil
}

// otherLayer has the name of a dsnLayer.
type otherLayer struct{}

func (*otherLayer) Name() string                  { return "storage" }
func (*otherLayer) Wire(r *wiring.Registry) error { r.Provide(newOtherDB); return nil }

// sizeLayer is a layer that is no struct.
type sizeLayer int

func (sizeLayer) Name() string                { return "storage" }
func (sizeLayer) Wire(*wiring.Registry) error { return nil }

func newStorage(dsn string) wiring.Layer {
	return wiring.NewLayer("storage", func(r *wiring.Registry) error { r.Supply(dsn); return nil })
}

func TestMistakenLayers(t *testing.T) {
	options := map[string]wiring.Layer{"sqlite": newStorage("file"), "postgres": database, "none": nil}
	testMistakes(t, []mistake{
		{
			name:   "no layers at all",
			layers: nil,
		},
		{
			name:   "no task at all",
			layers: []wiring.Layer{database, layer("init", func(r *wiring.Registry) { r.Invoke(noop) })},
		},
		{
			name: "a layer returns an error",
			layers: []wiring.Layer{worker, wiring.NewLayer("storage", func(*wiring.Registry) error {
				return fmt.Errorf("config: %w", errors.New("DSN is empty"))
			})},
		},
		{
			name: "a layer returns several lines",
			layers: []wiring.Layer{worker, wiring.NewLayer("storage", func(*wiring.Registry) error {
				return errors.New("config:\nDSN is empty\nretries are negative")
			})},
		},
		{
			name:   "a layer panics",
			layers: []wiring.Layer{worker, wiring.NewLayer("storage", func(*wiring.Registry) error { panic("no config") })},
		},
		{
			name:   "a layer is nil",
			layers: []wiring.Layer{worker, nil, wiring.Bundle("parts", database, nil)},
		},
		{
			name:   "a layer is a nil pointer",
			layers: []wiring.Layer{worker, (*otherLayer)(nil)},
		},
		{
			name:   "a layer has no name",
			layers: []wiring.Layer{worker, layer("", func(*wiring.Registry) {}), wiring.Bundle("parts", layer("", registerNothing))},
		},
		{
			name:   "two layers of one name from functions",
			layers: []wiring.Layer{worker, newStorage("a"), layer("storage", func(*wiring.Registry) {})},
		},
		{
			name:   "two layers of one name from one function",
			layers: []wiring.Layer{worker, newStorage("a"), newStorage("b")},
		},
		{
			name: "two layers of one name with other fields",
			layers: []wiring.Layer{worker, dsnLayer{DSN: "postgres://user:secret@db", Retries: 1, label: "a"},
				dsnLayer{DSN: "postgres://user:other@db", Retries: 1, label: "b"}},
		},
		{
			name:   "two layers of one name of other types",
			layers: []wiring.Layer{worker, dsnLayer{DSN: "postgres://user:secret@db"}, &otherLayer{}},
		},
		{
			name:   "two pointers to layers of one name with other fields",
			layers: []wiring.Layer{worker, &dsnLayer{Retries: 1}, &dsnLayer{Retries: 2}},
		},
		{
			name:   "two layers of one name that are no structs",
			layers: []wiring.Layer{worker, sizeLayer(1), sizeLayer(2)},
		},
		{
			name:   "a setting has an unknown value",
			layers: []wiring.Layer{worker, wiring.Choose("storage", "oracle", options)},
		},
		{
			name:   "a setting has a misspelt value",
			layers: []wiring.Layer{worker, wiring.Choose("storage", "sqlit", options)},
		},
		{
			name:   "a setting chooses a nil layer",
			layers: []wiring.Layer{worker, wiring.Choose("storage", "none", options)},
		},
		{
			name:   "replacing an unknown layer",
			layers: []wiring.Layer{worker, wiring.Bundle("parts", database, tasked("clock"))},
			edit: func(a *wiring.Assembly) {
				a.Fallback(tasked("service"))
				a.Add(tasked("late"))
				a.Replace("metrics", database)
			},
		},
		{
			name:   "replacing a misspelt layer",
			layers: []wiring.Layer{worker, wiring.Bundle("parts", database)},
			edit:   func(a *wiring.Assembly) { a.Replace("databsae", database) },
		},
		{
			name:   "replacing a layer with nil",
			layers: []wiring.Layer{worker, database},
			edit:   func(a *wiring.Assembly) { a.Replace("database", nil) },
		},
		{
			name:   "removing an unknown layer",
			layers: []wiring.Layer{worker},
			edit:   func(a *wiring.Assembly) { a.Remove("metrics") },
		},
		{
			name: "removing from nothing",
			edit: func(a *wiring.Assembly) {
				a.Remove("metrics")
				a.Add(worker)
			},
		},
		{
			name:   "problems of another package",
			layers: []wiring.Layer{worker},
			edit: func(a *wiring.Assembly) {
				a.Fail(nil)
				a.Fail(errors.New("StopTimeout is negative"))
				a.Fail(errors.Join(errors.New("one"), errors.New("two")))
				a.Fail(multierr.Combine(errors.New("DrainDelay is negative"), errors.New("HookTimeout is negative")))
			},
		},
		{
			name: "several problems at once are in registration order",
			layers: []wiring.Layer{
				layer("api", func(r *wiring.Registry) {
					r.ProvideTask(newServer)
					r.Provide(newNarcissus)
					r.Provide(func() {})
				}),
				layer("config", func(r *wiring.Registry) { r.Supply(dsnLayer{}) }),
				wiring.NewLayer("storage", func(r *wiring.Registry) error {
					r.ProvideTask(newAuditor)
					return errors.New("DSN is empty")
				}),
				layer("test-config", func(r *wiring.Registry) {
					r.Supply(dsnLayer{})
					r.ProvideTask(newExporter)
				}),
			},
			edit: func(a *wiring.Assembly) { a.Remove("metrics") },
		},
	})
}

func noop()                            {}
func registerNothing(*wiring.Registry) {}

func TestVerifyReportsTheSameEveryTime(t *testing.T) {
	a := assemble(newStorage("a"), newStorage("b"), layer("api", func(r *wiring.Registry) { r.ProvideTask(newServer) }))
	a.Remove("metrics")
	_, first := a.Verify()
	_, second := a.Verify()

	assert.Error(t, first)
	assert.Equal(t, first.Error(), second.Error())
}

func TestFailWithNilIsNoProblem(t *testing.T) {
	a := assemble(worker)
	a.Fail(nil)
	_, err := a.Verify()

	assert.NoError(t, err)
}

func TestErrorsDoNotShowTheFieldsOfLayers(t *testing.T) {
	m := mistake{layers: []wiring.Layer{worker, dsnLayer{DSN: "secret"}, dsnLayer{DSN: "other secret"}}}

	err := m.verify()

	assert.ErrorContains(t, err, "DSN")
	assert.False(t, strings.Contains(fmt.Sprintf("%+v", err), "secret"), "%+v", err)
}

func TestLayersOfOneNameAreToldApartByWhereTheyWereAdded(t *testing.T) {
	b := service.NewBuilder().AddLayer(worker, tasked("clock"))
	_, _, line, _ := runtime.Caller(0)
	b.AddLayer(&dsnLayer{Retries: 1})
	b.AddLayer(wiring.Bundle("all", wiring.Bundle("parts", &dsnLayer{Retries: 2})))
	b.ReplaceLayer("clock", &dsnLayer{Retries: 3}) // in the place of the clock
	_, err := b.Clone().Build()

	at := func(back int) string { return fmt.Sprintf("wiring/error_layer_test.go:%d", line+back) }
	both := "two different layers have this name, both *wiring_test.dsnLayer, which differ in Retries; added at "
	assert.ErrorContains(t, err, both+at(3)+" and at "+at(1)+" (")
	assert.ErrorContains(t, err, both+at(3)+" and at "+at(2)+` in bundle "parts" (`)
}

func TestAPartOfANameIsNoSlip(t *testing.T) {
	for _, part := range []string{"data", "base"} {
		a := assemble(database)
		a.Remove(part)
		_, err := a.Verify()

		assert.ErrorContains(t, err, fmt.Sprintf(`RemoveLayer(%q): no layer has this name (there is only "database")`, part))
	}
}

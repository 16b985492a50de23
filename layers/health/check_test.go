package health_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/layers/health"
	"github.com/wireframework/wireframework/layers/httpserver"
	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/service/servicetest"
	"github.com/wireframework/wireframework/wiring"
)

// wire runs a node that fails while it is wired, and returns the text of the error.
func wire(t *testing.T, layers ...wiring.Layer) string {
	t.Helper()
	var routes []httpserver.Route
	svc := servicetest.Build(t, service.NewBuilder().AddLayer(append(layers, health.New(health.Options{}))...),
		servicetest.Supply(new(httpserver.Server), "ops"),
		servicetest.PopulateGroup(&routes, "http-routes"),
	)
	err := svc.Run(t.Context())
	var failed *wiring.ConstructorError
	require.ErrorAs(t, err, &failed)
	assert.Equal(t, "health", failed.Layer)
	return failed.Err.Error()
}

func TestTwoChecksWithOneNameAreAnErrorThatNamesBothLayers(t *testing.T) {
	got := wire(t,
		checking("postgres", health.Check{Name: "disk", Check: passes}, health.Check{Name: "database", Check: passes}),
		checking("ledger", health.Check{Name: "database", Check: passes}),
	)

	assert.Equal(t, `check "database" is there twice: of layer "postgres" and of layer "ledger" (give each a name of its own)`, got)
}

func TestMistakesAreFoundInChecksOfUnknownLayers(t *testing.T) {
	several := wiring.NewLayer("several", func(r *wiring.Registry) error {
		r.Supply([]health.Check{{Name: "a", Check: passes}, {Name: "a", Check: passes}, {Name: "b"}}, wiring.Group("health,flatten"))
		return nil
	})

	got := wire(t, several)

	assert.Equal(t, `check "a" is there twice (give each a name of its own)
check "b" has no function Check`, got)
}

func TestEachMistakeInACheckIsReported(t *testing.T) {
	got := wire(t, checking("wrong",
		health.Check{Check: passes},
		health.Check{Name: "two words", Check: passes},
		health.Check{Name: "gate", Check: passes},
		health.Check{Name: "nothing"},
		health.Check{Name: "hasty", Check: passes, Timeout: -time.Second},
	))

	assert.Equal(t, `check "" of layer "wrong" has no name
check "two words" of layer "wrong" has a name that is no word (use letters, digits, and the characters - _ . and /)
check "gate" of layer "wrong" has the name of a part that is always there (give it another)
check "nothing" of layer "wrong" has no function Check
check "hasty" of layer "wrong" has the Timeout -1s (give a positive duration)`, got)
}

func TestOptionsAreVerified(t *testing.T) {
	_, err := service.NewBuilder().AddLayer(
		health.New(health.Options{Timeout: -1, Details: "some", MaxTasks: -1}),
		working(),
	).Build()

	var failed *wiring.LayerError
	require.ErrorAs(t, err, &failed)
	assert.Equal(t, `option Timeout -1ns is negative (give a duration, or 0 for the default)
option Details is "some" (use one of loopback, always, never)
option MaxTasks -1 is negative (give a number, or 0 for the default)`, failed.Err.Error())
}

func TestANodeWithoutTheServerOpsDoesNotVerify(t *testing.T) {
	_, err := service.NewBuilder().AddLayer(health.New(health.Options{}), working()).Build()

	var missing *wiring.MissingError
	require.ErrorAs(t, err, &missing)
	assert.Contains(t, err.Error(), `*httpserver.Server "ops"`)
}

var errRefused = errors.New("connection refused")

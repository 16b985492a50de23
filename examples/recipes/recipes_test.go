package recipes

import (
	"context"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/service/servicetest"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

func TestEveryDeploymentVerifies(t *testing.T) {
	servicetest.Verify(t, node(Config{Storage: "file", Listen: ":80", Migrate: true}))
	servicetest.Verify(t, staging(Config{Storage: "memory"}))
}

func TestAnUnknownStorageIsAnErrorThatListsTheKnown(t *testing.T) {
	_, err := node(Config{Storage: "filr"}).Build()
	assert.ErrorContains(t, err, `unknown storage "filr" (did you mean "file"? known: "file", "memory")`)
}

func TestAPIServesWhatTheStoreHas(t *testing.T) {
	var server *Server
	n := servicetest.Start(t, staging(Config{Storage: "memory"}),
		servicetest.Only("api"),
		servicetest.Override(&Store{Kind: "fake"}),
		servicetest.Populate(&server),
	)
	assert.Equal(t, "fake", get(t, server))
	require.NoError(t, n.Stop())
}

func get(t *testing.T, s *Server) string {
	t.Helper()
	resp, err := http.Get("http://" + s.listener.Addr().String())
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return string(body)
}

// A node without the migrator waits until some other node has migrated.
func TestANodeWaitsForTheSchemaThatAnotherSetsUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var schema Schema
		entered := false
		worker := wiring.NewLayer("api", func(r *wiring.Registry) error {
			r.ProvideTask(func() task.Task {
				return task.New("worker", task.Oneshot, func(context.Context) error { entered = true; return nil })
			})
			return nil
		})
		svc, err := service.NewBuilder().AddLayer(schemaCheck, worker, wiring.NewLayer("schema", func(r *wiring.Registry) error {
			r.Supply(&schema)
			return nil
		})).Build()
		require.NoError(t, err)
		done := make(chan error, 1)
		go func() { done <- svc.Run(t.Context()) }()

		time.Sleep(90 * time.Second)
		assert.False(t, entered)
		assert.Equal(t, []task.ID{"schema-current"}, svc.Status().Pending)

		require.NoError(t, schema.migrate(t.Context()))
		require.NoError(t, <-done)
		assert.True(t, entered)
	})
}

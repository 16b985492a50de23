package recipes

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/service/servicetest"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring/layertest"
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

func TestTheAPILayerAlone(t *testing.T) {
	layertest.Run(t, api("127.0.0.1:0"), servicetest.Supply(&Store{Kind: "fake"}))
}

func TestTheNodeWaitsForItsSchemaForHours(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // time passes when every goroutine waits
		var schema *Schema
		svc := servicetest.Build(t, node(Config{Storage: "memory"}),
			servicetest.Only("schema-check"),
			servicetest.Populate(&schema),
		)
		done := make(chan error, 1)
		go func() { done <- svc.Run(t.Context()) }()

		time.Sleep(3 * time.Hour)
		assert.Equal(t, []task.ID{"schema-current"}, svc.Status().Pending)

		require.NoError(t, schema.migrate(t.Context())) // as the migrator on another node does
		require.NoError(t, <-done)
	})
}

func TestPeersLayerAlone(t *testing.T) {
	file := filepath.Join(t.TempDir(), "peers")
	require.NoError(t, os.WriteFile(file, []byte("alpha\nbeta\n"), 0o600))
	layertest.Run(t, Peers(PeersOptions{File: file}))
}

func TestPeersAreReadAgain(t *testing.T) {
	file := filepath.Join(t.TempDir(), "peers")
	require.NoError(t, os.WriteFile(file, []byte("alpha\n"), 0o600))
	synctest.Test(t, func(t *testing.T) {
		var list *PeerList
		servicetest.Start(t, service.NewBuilder().AddLayer(Peers(PeersOptions{File: file})), servicetest.Populate(&list))
		synctest.Wait() // for the first tick, at the start
		names, changed := list.Names()
		assert.Equal(t, []string{"alpha"}, names)

		require.NoError(t, os.WriteFile(file, []byte("alpha\nbeta\n"), 0o600))
		<-changed

		names, _ = list.Names()
		assert.Equal(t, []string{"alpha", "beta"}, names)
	})
}

func TestPeersLayerSaysWhatIsWrong(t *testing.T) {
	_, err := service.NewBuilder().AddLayer(Peers(PeersOptions{})).Build()
	require.ErrorContains(t, err, `layer "peers": option File is empty (name the file of the peers)`)

	svc, err := service.NewBuilder().AddLayer(Peers(PeersOptions{File: "nowhere"})).Build()
	require.NoError(t, err)
	require.ErrorIs(t, svc.Run(t.Context()), os.ErrNotExist)
}

package layertest_test

import (
	"fmt"
	"testing"

	"github.com/wireframework/wireframework/internal/testkit"
	"github.com/wireframework/wireframework/service/servicetest"
	"github.com/wireframework/wireframework/wiring/layertest"
)

// inTest calls f with a test, and prints what it fails with.
func inTest(f func(t testing.TB)) {
	for _, text := range testkit.Record(nil, f).Failures {
		fmt.Println(text)
	}
}

// The layer "storage" needs a configuration, and is there for stores, caches and
// health checks.
func ExampleRun() {
	inTest(func(t testing.TB) {
		var store Store
		layertest.Run(t, storage,
			servicetest.Supply(Config{Path: "/tmp"}),
			servicetest.Populate(&store, "disk"),
			servicetest.Populate(new(*Cache)),
			servicetest.PopulateGroup(new([]Check), "health"),
		)
		fmt.Println("failed:", t.Failed())
	})
	// Output: failed: false
}

// What nobody supplies, or populates, is told.
func ExampleRun_failure() {
	inTest(func(t testing.TB) {
		layertest.Run(t, ingest, servicetest.Supply[Store](&memory{}), servicetest.Supply(Config{}))
	})
	// Output:
	// the graph does not verify
	// wiring: Supply of layertest_test.Config: nothing that is built needs it (no constructor asks for it; leave it out, or check its type and name)
}

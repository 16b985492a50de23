package lease_test

import (
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/wireframework/wireframework/layers/postgres/pgtest"
)

func TestMain(m *testing.M) {
	if url := os.Getenv("LEASE_TEST_HOLDER"); url != "" {
		hold(url)
		return
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		pgtest.StopShared()
		os.Exit(code)
	}))
}

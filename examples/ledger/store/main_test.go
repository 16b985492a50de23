//go:build unix

package store_test

import (
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/wireframework/wireframework/layers/postgres/pgtest"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		pgtest.StopShared()
		os.Exit(code)
	}))
}

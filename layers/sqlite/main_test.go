package sqlite_test

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if path := os.Getenv("SQLITE_TEST_WRITER"); path != "" {
		write(path)
		return
	}
	goleak.VerifyTestMain(m)
}

package etcdtest_test

import (
	"testing"

	"github.com/wireframework/wireframework/layers/etcd/etcdtest"
)

// A test talks to an etcd of its own.
func Example() {
	_ = func(t *testing.T) {
		client := etcdtest.Start(t).Client(t)
		if _, err := client.Put(t.Context(), "/key", "value"); err != nil {
			t.Fatal(err)
		}
	}
	// Output:
}

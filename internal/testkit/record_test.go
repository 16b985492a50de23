package testkit_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/wireframework/wireframework/internal/testkit"
)

func TestRecordNotesWhatATestReports(t *testing.T) {
	var order []string
	ended := false

	r := testkit.Record(t, func(t testing.TB) {
		t.Cleanup(func() {
			order = append(order, "first")
			assert.Error(t, t.Context().Err(), "the context ends before the clean-ups")
		})
		t.Cleanup(func() {
			order = append(order, "second")
			t.Cleanup(func() { order = append(order, "added late") })
			t.Fatal("in a clean-up")
		})
		t.Helper()
		t.Log("a", "line")
		t.Logf("%d lines", 2)
		_, _ = fmt.Fprintln(t.Output(), "output")
		t.Error("one", "two")
		t.Errorf("%d", 3)
		func() {
			defer func() { ended = recover() == nil }()
			t.Fatalf("the %s", "end")
		}()
		t.Error("goes on")
	})

	assert.True(t, ended)
	assert.True(t, r.Failed)
	assert.Equal(t, []string{"onetwo", "3", "the end", "in a clean-up"}, r.Failures)
	assert.Equal(t, "a line\n2 lines\noutput\n", r.Text)
	assert.Equal(t, []string{"second", "added late", "first"}, order)
}

func TestRecordNotesASilentFailure(t *testing.T) {
	assert.False(t, testkit.Record(t, func(testing.TB) {}).Failed)
	assert.True(t, testkit.Record(t, testing.TB.Fail).Failed)
	assert.True(t, testkit.Record(t, testing.TB.FailNow).Failed)
}

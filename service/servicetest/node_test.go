package servicetest_test

import (
	"bytes"
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/internal/testkit"
	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/service/servicetest"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

func TestStartReturnsWhenTheNodeIsReady(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		n := servicetest.Start(t, nodeOf(
			newTask("schema-ready", task.Precondition, func(context.Context) error {
				time.Sleep(30 * time.Second)
				return nil
			}),
			newTask("sealer", task.Regular, untilStop),
		))

		assert.Equal(t, 30*time.Second, time.Since(start))
		assert.Equal(t, service.PhaseRunning, n.Service().Status().Phase)

		require.NoError(t, n.Stop())
		assert.Equal(t, 30*time.Second, time.Since(start), "the stop takes no time of the test")
		assert.Equal(t, service.PhaseStopped, n.Service().Status().Phase)
		assert.NoError(t, n.Stop(), "a second time")
		assert.NoError(t, n.Wait())
	})
}

func TestANodeRunsOnTheRealClockToo(t *testing.T) {
	t.Parallel()
	var store Store
	n := servicetest.Start(t, node(), servicetest.Populate(&store))

	assert.Equal(t, 7, store.Blocks())
	assert.True(t, store.(*disk).open)
	require.NoError(t, n.Stop())
	assert.False(t, store.(*disk).open)
}

func TestTheEndOfTheTestStopsTheNode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n *servicetest.Node
		var before service.Phase
		r := testkit.Record(t, func(t testing.TB) {
			n = servicetest.Start(t, node())
			t.Cleanup(func() {
				synctest.Wait()
				before = n.Service().Status().Phase
			})
		})

		assert.Empty(t, r.Failures)
		assert.Equal(t, service.PhaseRunning, before, "it runs during the clean-ups of the test")
		assert.Equal(t, service.PhaseStopped, n.Service().Status().Phase)
	})
}

func TestANodeThatIsDoneWasReady(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := servicetest.Start(t, nodeOf(newTask("migrate", task.Oneshot, func(context.Context) error { return nil })))

		assert.NoError(t, n.Wait())
		assert.NoError(t, n.Stop())
	})
}

func TestWaitReturnsWhenTheNodeStopsByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		n := servicetest.Start(t, nodeOf(
			newTask("sealer", task.Regular, untilStop),
			newTask("import", task.Regular, func(context.Context) error {
				time.Sleep(time.Hour)
				return errBoom
			}),
		))

		assert.ErrorIs(t, n.Wait(), errBoom)
		assert.Equal(t, time.Hour, time.Since(start))
	})
}

func TestStopReturnsTheErrorOfTheNode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := testkit.Record(t, func(tb testing.TB) {
			n := servicetest.Start(tb, nodeOf(newTask("sealer", task.Regular, func(ctx context.Context) error {
				<-ctx.Done()
				return errBoom
			})))
			synctest.Wait() // or the stop comes before its first instruction

			err := n.Stop()

			assert.ErrorIs(t, err, errBoom)
			assert.Equal(t, err, n.Stop())
			assert.Equal(t, err, n.Wait())
		})

		assert.Empty(t, r.Failures, "what the test has been told does not fail it")
	})
}

func TestSeveralNodesRunFromOneBuilder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := node()
		first, second := new(Store), new(Store)

		one := servicetest.Start(t, b, servicetest.Populate(first))
		two := servicetest.Start(t, b, servicetest.Populate(second), servicetest.Override(Config{Path: "/tmp/second"}))
		require.NoError(t, one.Stop())

		assert.Equal(t, service.PhaseRunning, two.Service().Status().Phase)
		assert.Equal(t, "/var/lib/ledger", (*first).(*disk).path)
		assert.Equal(t, "/tmp/second", (*second).(*disk).path)
		require.NoError(t, two.Stop())

		svc, err := b.Build()
		require.NoError(t, err, "the builder is as it was")
		assert.NotContains(t, labels(svc), "servicetest")
	})
}

func labels(svc *service.Service) []string {
	var labels []string
	for _, c := range svc.Graph().Constructors {
		labels = append(labels, c.Layer)
	}
	return labels
}

func TestParallelTestsDoNotDisturbEachOther(t *testing.T) {
	b := node() // shared by all
	for range 20 {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			var store Store
			n := servicetest.Start(t, b, servicetest.Populate(&store))
			assert.Equal(t, 7, store.Blocks())
			require.NoError(t, n.Stop())
		})
	}
	for range 20 {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				n := servicetest.Start(t, b)
				time.Sleep(time.Hour)
				require.NoError(t, n.Stop())
			})
		})
	}
}

func TestTheLogOfTheNodeGoesToTheTest(t *testing.T) {
	talks := newTask("talker", task.Oneshot, func(ctx context.Context) error {
		task.Logger(ctx).Info("hello")
		return nil
	})
	r := testkit.Record(t, func(t testing.TB) {
		_ = servicetest.Start(t, nodeOf(talks)).Wait()
	})
	assert.Contains(t, r.Text, "msg=hello task=talker layer=work")

	var own bytes.Buffer
	r = testkit.Record(t, func(t testing.TB) {
		b := service.NewBuilder(service.Logger(slog.New(slog.NewTextHandler(&own, nil)))).AddLayer(layerOf("work", talks))
		_ = servicetest.Start(t, b).Wait()
	})
	assert.Empty(t, r.Text)
	assert.Contains(t, own.String(), "msg=hello task=talker layer=work")
}

func TestTheLogOfALayerIsBroughtBackToTheTest(t *testing.T) {
	talks := newTask("talker", task.Oneshot, func(ctx context.Context) error {
		task.Logger(ctx).Info("hello")
		return nil
	})
	var own bytes.Buffer
	b := nodeOf(talks).AddLayer(wiring.NewLayer("logging", func(r *wiring.Registry) error {
		r.Provide(func() *slog.Logger { return slog.New(slog.NewTextHandler(&own, nil)) })
		return nil
	}))
	r := testkit.Record(t, func(t testing.TB) {
		_ = servicetest.Start(t, b).Wait()
	})
	assert.NotContains(t, r.Text, "hello")
	assert.Contains(t, own.String(), "msg=hello task=talker layer=work")

	own.Reset()
	r = testkit.Record(t, func(t testing.TB) {
		_ = servicetest.Start(t, b, servicetest.Override(slog.New(slog.NewTextHandler(t.Output(), nil)))).Wait()
	})
	assert.Contains(t, r.Text, "msg=hello task=talker layer=work")
	assert.Empty(t, own.String())
}

func TestOnlyKeepsWhatANodeOfOneshotsCloses(t *testing.T) {
	b := func() *service.Builder {
		return service.NewBuilder().AddLayer(config(), storage()).
			AddLayer(layerOf("work", newTask("migrate", task.Oneshot, func(context.Context) error { return nil })))
	}
	var store Store
	n := servicetest.Start(t, b(), servicetest.Populate(&store))
	require.NoError(t, n.Wait(), "it ends by itself")
	assert.False(t, store.(*disk).open)

	n = servicetest.Start(t, b(), servicetest.Only(), servicetest.Populate(&store))
	assert.True(t, store.(*disk).open)
	require.NoError(t, n.Stop())
	assert.False(t, store.(*disk).open)
}

func TestVerifyBuildsNothing(t *testing.T) {
	built := false
	b := nodeOf(func() task.Task {
		built = true
		return nil
	})

	r := testkit.Record(t, func(t testing.TB) { servicetest.Verify(t, b) })

	assert.Empty(t, r.Failures)
	assert.False(t, built)
}

func TestVerifyLogsWarnings(t *testing.T) {
	b := service.NewBuilder().AddLayer(config(), layerOf("work", newTask("work", task.Regular, untilStop)))
	r := testkit.Record(t, func(t testing.TB) { servicetest.Verify(t, b) })

	assert.Empty(t, r.Failures)
	golden(t, "warnings", r.Text)
}

package servicetest_test

import (
	"context"
	"io"
	"strings"
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

// tasksOf returns the tasks of a node.
func tasksOf(n *servicetest.Node) []task.ID {
	var ids []task.ID
	for _, s := range n.Service().Status().Tasks {
		ids = append(ids, s.ID)
	}
	return ids
}

// built returns the constructors that a node has called.
func built(n *servicetest.Node) []string {
	var calls []string
	for _, line := range n.Trace() {
		if call, ok := strings.CutSuffix(line, " is called"); ok && !strings.HasPrefix(call, "hook") {
			calls = append(calls, call)
		}
	}
	return calls
}

func TestOverrideTakesThePlaceOfAResource(t *testing.T) {
	fake := &memory{blocks: 3}
	var sealer *Sealer
	n := servicetest.Start(t, node(),
		servicetest.Override[Store](fake),
		servicetest.Populate(&sealer),
	)

	assert.Same(t, fake, sealer.store)
	assert.NotContains(t, built(n), `openDisk (layer "storage")`, "what it stands for is not built")
}

func TestOverrideDoesNotBuildWhatOnlyTheOriginalNeeded(t *testing.T) {
	type pool struct{}
	type dialer struct{}
	b := service.NewBuilder().AddLayer(
		wiring.NewLayer("net", func(r *wiring.Registry) error {
			r.Provide(func() dialer { panic("dials") })
			return nil
		}),
		wiring.NewLayer("pool", func(r *wiring.Registry) error {
			r.Provide(func(dialer) pool { panic("opens a pool") })
			r.ProvideTask(func(pool) task.Task { return task.New("sealer", task.Regular, untilStop) })
			return nil
		}),
	)

	n := servicetest.Start(t, b, servicetest.Override(pool{}))

	assert.Equal(t, []task.ID{"sealer"}, tasksOf(n))
}

func TestOverrideOfOneResultKeepsTheOthers(t *testing.T) {
	type both struct {
		wiring.Out
		Reader io.Reader
		Writer io.Writer `name:"out"`
	}
	b := service.NewBuilder().AddLayer(wiring.NewLayer("pipe", func(r *wiring.Registry) error {
		r.Provide(func() both {
			in, out := io.Pipe()
			return both{Reader: in, Writer: out}
		})
		return nil
	}))
	var in io.Reader
	var out io.Writer

	servicetest.Start(t, b,
		servicetest.Override[io.Writer](io.Discard, "out"),
		servicetest.Populate(&in),
		servicetest.Populate(&out, "out"),
	)

	assert.IsType(t, &io.PipeReader{}, in)
	assert.Equal(t, io.Discard, out)
}

func TestOverrideMayBeNil(t *testing.T) {
	var sealer *Sealer
	servicetest.Start(t, node(), servicetest.Override[Store](nil), servicetest.Populate(&sealer))

	assert.Nil(t, sealer.store)
}

func TestOverrideOfAValueAndOfADefault(t *testing.T) {
	b := service.NewBuilder().AddLayer(wiring.NewLayer("config", func(r *wiring.Registry) error {
		r.Supply(1)
		r.Supply("default", wiring.Default())
		r.Provide(func() time.Duration { panic("default") }, wiring.Default())
		return nil
	}))
	var number int
	var text string
	var limit time.Duration

	servicetest.Start(t, b,
		servicetest.Override(2), servicetest.Override("other"), servicetest.Override(time.Second),
		servicetest.Populate(&number), servicetest.Populate(&text), servicetest.Populate(&limit),
	)

	assert.Equal(t, 2, number)
	assert.Equal(t, "other", text)
	assert.Equal(t, time.Second, limit)
}

func TestSupplyAddsWhatNoLayerProvides(t *testing.T) {
	fake := &memory{blocks: 3}
	var sealer *Sealer
	n := servicetest.Start(t, service.NewBuilder().AddLayer(ingest()),
		servicetest.Supply[Store](fake),
		servicetest.Populate(&sealer),
	)

	assert.Same(t, fake, sealer.store)
	assert.Equal(t, []task.ID{"sealer"}, tasksOf(n))
}

func TestSupplyKnowsNames(t *testing.T) {
	type named struct {
		wiring.In
		Main    Store
		Replica Store `name:"replica"`
	}
	var got named
	b := service.NewBuilder().AddLayer(wiring.NewLayer("api", func(r *wiring.Registry) error {
		r.ProvideTask(func(n named) task.Task {
			got = n
			return task.New("api-server", task.Regular, untilStop)
		})
		return nil
	}))

	servicetest.Start(t, b, servicetest.Supply[Store](&memory{blocks: 1}), servicetest.Supply[Store](&memory{blocks: 2}, "replica"))

	assert.Equal(t, 1, got.Main.Blocks())
	assert.Equal(t, 2, got.Replica.Blocks())
}

func TestADefaultGivesWayToASupply(t *testing.T) {
	b := service.NewBuilder().AddLayer(wiring.NewLayer("config", func(r *wiring.Registry) error {
		r.Supply("default", wiring.Default())
		return nil
	}))
	var text string

	servicetest.Start(t, b, servicetest.Supply("other"), servicetest.Populate(&text))

	assert.Equal(t, "other", text)
}

func TestPopulateAloneWiresANodeThatStaysUntilTheStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var store Store
		n := servicetest.Start(t, node(), servicetest.Only(), servicetest.Populate(&store))
		time.Sleep(time.Hour)

		assert.Empty(t, tasksOf(n))
		assert.Equal(t, []string{`openDisk (layer "storage")`}, built(n))
		assert.Equal(t, service.PhaseRunning, n.Service().Status().Phase)
		assert.NotEmpty(t, n.Service().Graph().Layers)
		assert.True(t, store.(*disk).open)

		require.NoError(t, n.Stop())
		assert.False(t, store.(*disk).open, "the hooks have run")
	})
}

func TestPopulateGroupTakesAllMembersInOrder(t *testing.T) {
	var checks []Check
	servicetest.Start(t, node(), servicetest.Only(), servicetest.PopulateGroup(&checks, "health"))

	assert.Equal(t, []Check{"disk", "sealer"}, checks)
}

func TestPopulateGroupWithoutMembersIsEmpty(t *testing.T) {
	checks := []Check{"old"}
	servicetest.Start(t, node(), servicetest.PopulateGroup(&checks, "unknown"))

	assert.Empty(t, checks)
}

func TestOnlyRunsTheTasksOfTheNamedLayers(t *testing.T) {
	tests := []struct {
		name  string
		only  []string
		tasks []task.ID
		built []string // but for tasks
	}{
		{
			name:  "one layer, with what it needs of others",
			only:  []string{"ingest"},
			tasks: []task.ID{"sealer"},
			built: []string{`openDisk (layer "storage")`, `ingest.func1.1 (layer "ingest")`},
		},
		{
			name:  "a bundle",
			only:  []string{"core"},
			tasks: []task.ID{"schema-ready", "sealer"},
			built: []string{`openDisk (layer "storage")`, `ingest.func1.1 (layer "ingest")`},
		},
		{
			name:  "members of a group are needed by those who ask for it",
			only:  []string{"api"},
			tasks: []task.ID{"api-server"},
			built: []string{`openDisk (layer "storage")`, `storage.func1.1 (layer "storage")`, `ingest.func1.2 (layer "ingest")`},
		},
		{
			name:  "two layers",
			only:  []string{"api", "storage"},
			tasks: []task.ID{"schema-ready", "api-server"},
			built: []string{`openDisk (layer "storage")`, `storage.func1.1 (layer "storage")`, `ingest.func1.2 (layer "ingest")`},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n := servicetest.Start(t, node(), servicetest.Only(tt.only...))

			assert.Equal(t, tt.tasks, tasksOf(n))
			var calls []string
			for _, call := range built(n) {
				if !strings.Contains(call, "func1.3") && !strings.HasPrefix(call, "api") && !strings.HasPrefix(call, "storage.func1.2") {
					calls = append(calls, call)
				}
			}
			assert.Equal(t, tt.built, calls)
		})
	}
}

func TestOnlyLeavesOutTheInvokesOfOtherLayers(t *testing.T) {
	b := node().AddLayer(wiring.NewLayer("metrics", func(r *wiring.Registry) error {
		r.Invoke(func(Store) { panic("invoked") })
		return nil
	}))

	servicetest.Start(t, b, servicetest.Only("ingest"))
}

func TestOnlyOfAnIncompleteGraph(t *testing.T) {
	b := service.NewBuilder().AddLayer(ingest(), layerOf("alone", newTask("alone", task.Regular, untilStop)))

	n := servicetest.Start(t, b, servicetest.Only("alone"))

	assert.Equal(t, []task.ID{"alone"}, tasksOf(n), "what is missing elsewhere does not matter")
}

func TestOptionsMayBeUsedAgain(t *testing.T) {
	var store Store
	opts := []servicetest.Option{servicetest.Only("ingest"), servicetest.Populate(&store), nil}

	require.NoError(t, servicetest.Start(t, node(), opts...).Stop())
	first := store
	require.NoError(t, servicetest.Start(t, node(), opts...).Stop())

	assert.NotSame(t, first, store)
}

func TestTimeoutBoundsTheWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := newTask("schema-ready", task.Precondition, func(context.Context) error {
			time.Sleep(time.Hour)
			return nil
		})

		servicetest.Start(t, nodeOf(slow), servicetest.Timeout(2*time.Hour))
	})
}

func TestGoroutinesThatMayStay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		defer close(release)
		n := servicetest.Start(t, nodeOf(newTask("sealer", task.Oneshot, func(context.Context) error {
			go reap(release)
			return nil
		})), servicetest.IgnoreGoroutines("servicetest_test.reap"))

		require.NoError(t, n.Wait())
	})
}

func reap(release chan struct{}) { <-release }

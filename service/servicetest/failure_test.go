package servicetest_test

import (
	"context"
	"slices"
	"strings"
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

// hang stands for all that waits for a world that never answers.
func hang(world chan struct{}) { <-world }

// failLater fails when all others have settled, so that what becomes of them is sure.
func failLater(context.Context) error {
	time.Sleep(time.Second)
	return errBoom
}

// Each case is a test that fails; what it says is in testdata/failures.
func TestFailures(t *testing.T) {
	tests := []struct {
		name string
		test func(t testing.TB, world chan struct{}) // the world ends after the test
	}{
		{
			name: "verify with mistakes",
			test: func(t testing.TB, _ chan struct{}) {
				servicetest.Verify(t, node().RemoveLayer("config").AddLayer(layerOf("api")))
			},
		},
		{
			name: "start with mistakes",
			test: func(t testing.TB, _ chan struct{}) {
				servicetest.Start(t, service.NewBuilder().AddLayer(ingest(), api()))
			},
		},
		{
			name: "an override of what nobody provides",
			test: func(t testing.TB, _ chan struct{}) {
				servicetest.Start(t, node(),
					servicetest.Override(&memory{}),
					servicetest.Override[Store](&memory{}, "replica"),
					servicetest.Override(42),
				)
			},
		},
		{
			name: "an override that nothing needs",
			test: func(t testing.TB, _ chan struct{}) {
				servicetest.Start(t, node().AddLayer(layerOf("alone", newTask("alone", task.Regular, untilStop))),
					servicetest.Only("alone"),
					servicetest.Override[Store](&memory{}),
				)
			},
		},
		{
			name: "a supply of what a layer provides",
			test: func(t testing.TB, _ chan struct{}) {
				servicetest.Start(t, node(), servicetest.Supply[Store](&memory{}))
			},
		},
		{
			name: "a supply that nothing needs",
			test: func(t testing.TB, _ chan struct{}) {
				servicetest.Start(t, node(), servicetest.Supply(&memory{}))
			},
		},
		{
			name: "a supply twice",
			test: func(t testing.TB, _ chan struct{}) {
				twice := slices.Repeat([]servicetest.Option{servicetest.Supply[Store](&memory{})}, 2)
				servicetest.Start(t, service.NewBuilder().AddLayer(ingest()), twice...)
			},
		},
		{
			name: "a populate of what nobody provides",
			test: func(t testing.TB, _ chan struct{}) {
				servicetest.Start(t, node(), servicetest.Populate(new(*memory)))
			},
		},
		{
			name: "only an unknown layer",
			test: func(t testing.TB, _ chan struct{}) {
				servicetest.Start(t, node(), servicetest.Only("ingets"))
			},
		},
		{
			name: "only layers without tasks",
			test: func(t testing.TB, _ chan struct{}) {
				servicetest.Start(t, node(), servicetest.Only("config"))
			},
		},
		{
			name: "a constructor that fails",
			test: func(t testing.TB, _ chan struct{}) {
				servicetest.Start(t, node().ReplaceLayer("storage", wiring.NewLayer("storage", func(r *wiring.Registry) error {
					r.Provide(failToOpen)
					return nil
				})))
			},
		},
		{
			name: "a constructor that hangs",
			test: func(t testing.TB, world chan struct{}) {
				servicetest.Start(t, node().ReplaceLayer("storage", wiring.NewLayer("storage", func(r *wiring.Registry) error {
					r.Provide(func() Store {
						hang(world)
						return nil
					})
					return nil
				})), servicetest.Timeout(5*time.Second))
			},
		},
		{
			name: "a precondition that fails",
			test: func(t testing.TB, _ chan struct{}) {
				servicetest.Start(t, node().AddLayer(layerOf("chain",
					newTask("migrate", task.Precondition, failLater))))
			},
		},
		{
			name: "a precondition and a hook that fail",
			test: func(t testing.TB, _ chan struct{}) {
				b := node().AddLayer(wiring.NewLayer("chain", func(r *wiring.Registry) error {
					r.ProvideTask(func(hooks *wiring.ShutdownHooks) task.Task {
						hooks.Add("close chain", func(context.Context) error { return errBoom })
						return task.New("migrate", task.Precondition, failLater)
					})
					return nil
				}))
				servicetest.Start(t, b)
			},
		},
		{
			name: "preconditions that hang",
			test: func(t testing.TB, world chan struct{}) {
				servicetest.Start(t, node().AddLayer(layerOf("chain",
					newTask("peers-connected", task.Precondition, func(ctx context.Context) error {
						<-ctx.Done()
						return nil
					}),
					newTask("migrate", task.Precondition, func(ctx context.Context) error {
						go func() {
							<-ctx.Done()
							close(world)
						}()
						hang(world)
						return nil
					}),
				)))
			},
		},
		{
			name: "a task that ends before the gate opens",
			test: func(t testing.TB, _ chan struct{}) {
				servicetest.Start(t, node().AddLayer(layerOf("chain",
					newTask("peers-connected", task.Precondition, untilStop),
					newTask("listener", task.Unconstrained, func(context.Context) error {
						time.Sleep(time.Second)
						return nil
					}),
				)))
			},
		},
		{
			name: "a task that fails after the start",
			test: func(t testing.TB, _ chan struct{}) {
				servicetest.Start(t, nodeOf(
					newTask("sealer", task.Regular, failLater),
					newTask("pruner", task.Regular, func(ctx context.Context) error {
						<-ctx.Done()
						return errBoom
					}),
				))
				time.Sleep(time.Minute)
			},
		},
		{
			name: "a task that does not stop",
			test: func(t testing.TB, world chan struct{}) {
				n := servicetest.Start(t, nodeOf(newTask("sealer", task.Regular, func(context.Context) error {
					go hang(world)
					hang(world)
					return nil
				})))
				synctest.Wait()
				_ = n.Stop()
			},
		},
		{
			name: "a task that does not stop at the end of the test",
			test: func(t testing.TB, world chan struct{}) {
				servicetest.Start(t, nodeOf(
					newTask("sealer", task.Regular, func(context.Context) error {
						hang(world)
						return nil
					}),
					newTask("pruner", task.Regular, failLater),
				))
				time.Sleep(time.Minute)
			},
		},
		{
			name: "a hook that does not stop",
			test: func(t testing.TB, world chan struct{}) {
				b := service.NewBuilder().AddLayer(wiring.NewLayer("pool", func(r *wiring.Registry) error {
					r.ProvideTask(func(hooks *wiring.ShutdownHooks) task.Task {
						hooks.Add("close pool", func(context.Context) error {
							hang(world)
							return nil
						})
						return task.New("sealer", task.Regular, untilStop)
					})
					return nil
				}))
				_ = servicetest.Start(t, b).Stop()
			},
		},
		{
			name: "goroutines that are left",
			test: func(t testing.TB, world chan struct{}) {
				b := service.NewBuilder().AddLayer(wiring.NewLayer("pool", func(r *wiring.Registry) error {
					r.ProvideTask(func(hooks *wiring.ShutdownHooks) task.Task {
						go hang(world)
						hooks.Add("close pool", func(context.Context) error {
							go hang(world)
							return nil
						})
						return task.New("sealer", task.Regular, func(ctx context.Context) error {
							go hang(world)
							go hang(world)
							return untilStop(ctx)
						})
					})
					return nil
				}))
				n := servicetest.Start(t, b)
				synctest.Wait()
				_ = n.Stop()
				_ = n.Stop() // says it once
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				world := make(chan struct{})
				r := testkit.Record(t, func(t testing.TB) { tt.test(t, world) })
				if tt.name != "preconditions that hang" {
					close(world)
				}

				assert.True(t, r.Failed)
				golden(t, "failures/"+strings.ReplaceAll(tt.name, " ", "-"), strings.Join(r.Failures, "\n\n"))
			})
		})
	}
}

func failToOpen(Config) (Store, error) { return nil, errBoom }

func TestAPanicIsShownWithItsStack(t *testing.T) {
	tests := map[string]*service.Builder{
		`task "sealer" (layer "work"): panic: disk full`: nodeOf(newTask("sealer", task.Precondition, func(context.Context) error {
			panic(errBoom)
		})),
		"panic: disk full": nodeOf(func() task.Task { panic(errBoom) }),
	}
	for text, b := range tests {
		synctest.Test(t, func(t *testing.T) {
			r := testkit.Record(t, func(t testing.TB) { servicetest.Start(t, b) })

			require.Len(t, r.Failures, 1)
			assert.Contains(t, r.Failures[0], text)
			assert.Contains(t, r.Failures[0], "servicetest_test.TestAPanicIsShownWithItsStack.func")
		})
	}
}

func TestAnObserverThatEndsItsGoroutineDoesNotHangTheTest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := testkit.Record(t, func(tb testing.TB) {
			b := service.NewBuilder(service.Observe(func(ev service.Event) {
				if _, ok := ev.(service.GateOpened); ok {
					tb.FailNow()
				}
			}))
			servicetest.Start(tb, b.AddLayer(layerOf("work", newTask("sealer", task.Regular, untilStop))))
		})

		require.NotEmpty(t, r.Failures)
		assert.Contains(t, r.Failures[0], "the run has not returned: an observer has ended its goroutine")
	})
}

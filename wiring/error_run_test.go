package wiring_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

type (
	client  struct{}
	limiter struct{}
	sealer  struct{}
	rates   struct{}
)

var errNoHost = errors.New("lookup rpc.example: no such host")

func newClient(context.Context) (*client, error) { return nil, errNoHost }
func newPanickyClient() *client                  { panic("no route table") }
func newLeavingClient() *client                  { goexit(); return nil }
func newRates() (*rates, error)                  { return nil, errors.New("rates: connection refused") }
func newPoller(*client) task.Task                { return idle("poller") }
func newFetcherOf(*client) []task.Task           { return []task.Task{idle("fetcher")} }
func newSealer(*client) (*sealer, error)         { return &sealer{}, nil }
func newKeeper(*sealer, *rates) task.Task        { return idle("keeper") }
func newLimiter(*client) *limiter                { return nil }
func newGateway(*limiter) task.Task              { return idle("gateway") }
func newClock() task.Task                        { return idle("clock") }

// settle is a node in which everything but the clock needs a client.
func settle(constructor any) []wiring.Layer {
	return []wiring.Layer{
		layer("clock", func(r *wiring.Registry) { r.ProvideTask(newClock) }),
		layer("fees", func(r *wiring.Registry) { r.ProvideTask(newPoller) }),
		layer("fetch", func(r *wiring.Registry) { r.ProvideTask(newFetcherOf) }),
		layer("keeper", func(r *wiring.Registry) {
			r.ProvideTask(newKeeper)
			r.Provide(newSealer)
		}),
		layer("rates", func(r *wiring.Registry) { r.Provide(func() *rates { return &rates{} }) }),
		layer("api", func(r *wiring.Registry) {
			r.ProvideTask(newGateway)
			r.Provide(newLimiter)
		}),
		layer("settlement", func(r *wiring.Registry) { r.Provide(constructor) }),
	}
}

func TestRootFailures(t *testing.T) {
	only := func(name string, constructor any) []wiring.Layer {
		return []wiring.Layer{layer(name, func(r *wiring.Registry) { r.ProvideTask(constructor) })}
	}
	tests := []struct {
		name   string
		layers []wiring.Layer
		edit   func(*wiring.Assembly)
	}{
		{
			name:   "one constructor fails under many",
			layers: settle(newClient),
		},
		{
			name:   "one constructor panics under many",
			layers: settle(newPanickyClient),
		},
		{
			name:   "one constructor exits its goroutine under many",
			layers: settle(newLeavingClient),
		},
		{
			name: "two independent constructors fail",
			layers: []wiring.Layer{
				layer("fees", func(r *wiring.Registry) { r.ProvideTask(newPoller) }),
				layer("keeper", func(r *wiring.Registry) {
					r.ProvideTask(newKeeper)
					r.Provide(newSealer)
				}),
				layer("rates", func(r *wiring.Registry) { r.Provide(newRates) }),
				layer("settlement", func(r *wiring.Registry) { r.Provide(newClient) }),
			},
		},
		{
			name: "one constructor fails under one",
			layers: []wiring.Layer{
				layer("fees", func(r *wiring.Registry) { r.ProvideTask(newPoller) }),
				layer("settlement", func(r *wiring.Registry) { r.Provide(newClient) }),
			},
		},
		{
			name: "one constructor fails under twelve",
			layers: []wiring.Layer{
				layer("fees", func(r *wiring.Registry) {
					for range 7 {
						r.ProvideTask(newPoller)
					}
				}),
				layer("rates", func(r *wiring.Registry) {
					for range 5 {
						r.ProvideTask(newPoller)
					}
				}),
				layer("settlement", func(r *wiring.Registry) { r.Provide(newClient) }),
			},
		},
		{
			name: "a constructor of tasks fails",
			layers: only("fees", func() (task.Task, error) {
				return nil, fmt.Errorf("fees: %w", errNoHost)
			}),
		},
		{
			name: "an invoke fails",
			layers: []wiring.Layer{worker, layer("migrate", func(r *wiring.Registry) {
				r.Invoke(func(context.Context) error { return errors.New("schema 7 is newer than 6") })
			})},
		},
		{
			name: "an error of several lines",
			layers: []wiring.Layer{worker, layer("migrate", func(r *wiring.Registry) {
				r.Invoke(func() error { return errors.Join(errors.New("one"), errors.New("two")) })
			})},
		},
		{
			name:   "what the service and the test want is blocked too",
			layers: append(settle(newClient), database),
			edit: func(a *wiring.Assembly) {
				var c *client
				populate(a, &c)
				a.Only("fees")
			},
		},
		{name: "a nil task", layers: only("fees", func() task.Task { return nil })},
		{name: "a typed nil task", layers: only("fees", func() task.Task { return (*pointerTask)(nil) })},
		{name: "a nil pointer to a task", layers: only("fees", func() *pointerTask { return nil })},
		{name: "a nil task among others", layers: only("fees", func() []task.Task { return []task.Task{idle("a"), nil} })},
		{name: "a task without an ID", layers: only("fees", func() task.Task { return idle("") })},
		{name: "a task of an unknown kind", layers: only("fees", func() task.Task { return task.WithKind(idle("poller"), 17) })},
		{name: "a task that panics when asked for its ID", layers: only("fees", func() task.Task { return panickyTask{} })},
		{
			name: "two tasks of two layers have one ID",
			layers: []wiring.Layer{
				layer("fees", func(r *wiring.Registry) { r.ProvideTask(newClock) }),
				layer("time", func(r *wiring.Registry) { r.ProvideTask(func() task.Task { return idle("clock") }) }),
			},
		},
		{
			name:   "three tasks of one constructor have one ID",
			layers: only("fees", func() []task.Task { return []task.Task{idle("a"), idle("b"), idle("a"), idle("a")} }),
		},
		{
			name: "everything at once",
			layers: append(settle(newClient), worker,
				layer("double", func(r *wiring.Registry) { r.ProvideTask(newWorker) }),
				layer("nil", func(r *wiring.Registry) { r.ProvideTask(func() task.Task { return nil }) })),
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := assemble(tt.layers...)
			if tt.edit != nil {
				tt.edit(a)
			}
			b := newBuild(t, a)
			start(t, b)

			tasks, err := b.Result()

			assert.Empty(t, tasks)
			goldenError(t, err)
		})
	}
}

type panickyTask struct{ task.Task }

func (panickyTask) ID() task.ID { panic("no ID yet") }

// What is no task has no ID that another one could have too.
func TestNilTasksAreNoDuplicates(t *testing.T) {
	_, err := tryBuild(t, layer("fees", func(r *wiring.Registry) {
		r.ProvideTask(func() []task.Task { return []task.Task{nil, nil} })
		r.ProvideTask(func() (task.Task, *pointerTask) { return nil, nil })
	}))

	all := problems(t, err)
	assert.Len(t, all, 4)
	for _, p := range all {
		assert.ErrorContains(t, p, "returned a nil task")
	}
}

func TestWhatIsBlockedInTwoWaysIsNamedOnce(t *testing.T) {
	_, err := tryBuild(t,
		layer("api", func(r *wiring.Registry) {
			r.ProvideTask(newGuard)
			r.Provide(newLimiter)
			r.Provide(newSealer)
		}),
		layer("settlement", func(r *wiring.Registry) { r.Provide(newClient) }),
	)

	assert.Equal(t, []string{"api: newGuard", "api: newLimiter", "api: newSealer"}, named(as[*wiring.ConstructorError](t, err).Blocks...))
}

func newGuard(*limiter, *sealer) task.Task { return idle("guard") }

package layertest_test

import (
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/internal/testkit"
	"github.com/wireframework/wireframework/service/servicetest"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
	"github.com/wireframework/wireframework/wiring/layertest"
)

var update = flag.Bool("update", false, "rewrite golden files")

type (
	Config struct{ Path string }
	Store  interface{ Blocks() int }
	Cache  struct{}
	Check  string
	disk   struct{ path string }
	memory struct{ blocks int }
)

func (d *disk) Blocks() int   { return len(d.path) }
func (m *memory) Blocks() int { return m.blocks }

func untilStop(ctx context.Context) error {
	<-ctx.Done()
	return nil
}

func openDisk(c Config, hooks *wiring.ShutdownHooks) *disk {
	done := make(chan struct{})
	go hang(done)
	hooks.Add("close disk", func(context.Context) error {
		close(done)
		return nil
	})
	return &disk{path: c.Path}
}

func newCheck() Check { return "disk" }

func newCache() *Cache { return &Cache{} }

// hang stands for all that waits for a world that never answers.
func hang(world chan struct{}) { <-world }

func sealer(name string, run func(context.Context) error) wiring.Layer {
	return wiring.NewLayer(name, func(r *wiring.Registry) error {
		r.ProvideTask(func() task.Task { return task.New("sealer", task.Regular, run) })
		return nil
	})
}

var storage = wiring.NewLayer("storage", func(r *wiring.Registry) error {
	r.Provide(openDisk, wiring.As[Store](), wiring.Name("disk"))
	r.Provide(newCheck, wiring.Group("health"))
	r.Provide(newCache)
	return nil
})

var ingest = wiring.NewLayer("ingest", func(r *wiring.Registry) error {
	r.ProvideTask(func(Store) task.Task { return task.New("sealer", task.Regular, untilStop) })
	r.ProvideTask(func() task.Task {
		return task.New("migrate", task.Precondition, func(context.Context) error { return nil })
	})
	return nil
})

func TestGoodLayersPass(t *testing.T) {
	tests := []struct {
		name  string
		layer wiring.Layer
		opts  []servicetest.Option
	}{
		{
			name:  "a layer of resources",
			layer: storage,
			opts: []servicetest.Option{
				servicetest.Supply(Config{Path: "/tmp"}),
				servicetest.Populate(new(Store), "disk"),
				servicetest.Populate(new(*Cache)),
				servicetest.PopulateGroup(new([]Check), "health"),
			},
		},
		{
			name:  "a layer of tasks",
			layer: ingest,
			opts:  []servicetest.Option{servicetest.Supply[Store](&memory{})},
		},
		{
			name:  "a bundle",
			layer: wiring.Bundle("core", sealer("ingest", untilStop), wiring.If(false, ingest)),
		},
		{
			name: "a layer of oneshots",
			layer: wiring.NewLayer("setup", func(r *wiring.Registry) error {
				r.ProvideTask(func() task.Task {
					return task.New("migrate", task.Oneshot, func(context.Context) error { return nil })
				})
				return nil
			}),
		},
		{
			name: "a default that is left out",
			layer: wiring.NewLayer("config", func(r *wiring.Registry) error {
				r.Provide(func() Config { panic("reads files") }, wiring.Default())
				return nil
			}),
			opts: []servicetest.Option{servicetest.Override(Config{}), servicetest.Populate(new(Config))},
		},
		{
			name:  "a layer of nothing",
			layer: wiring.NewLayer("nothing", func(*wiring.Registry) error { return nil }),
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			layertest.Run(t, tt.layer, tt.opts...)
			synctest.Test(t, func(t *testing.T) { layertest.Run(t, tt.layer, tt.opts...) })
		})
	}
}

// Each case is a layer that fails; what is said about it is in testdata.
func TestABadLayerFailsWithASentence(t *testing.T) {
	boom := errors.New("disk full")
	tests := []struct {
		name  string
		layer func(world chan struct{}) wiring.Layer // the world ends after the test
		opts  []servicetest.Option
	}{
		{
			name:  "no layer",
			layer: func(chan struct{}) wiring.Layer { return nil },
		},
		{
			name:  "no name",
			layer: func(chan struct{}) wiring.Layer { return sealer("", untilStop) },
		},
		{
			name:  "a name with capitals",
			layer: func(chan struct{}) wiring.Layer { return sealer("Ingest Layer", untilStop) },
		},
		{
			name:  "missing supplies",
			layer: func(chan struct{}) wiring.Layer { return ingest },
		},
		{
			name:  "a supply that nothing needs",
			layer: func(chan struct{}) wiring.Layer { return ingest },
			opts:  []servicetest.Option{servicetest.Supply[Store](&memory{}), servicetest.Supply(Config{})},
		},
		{
			name:  "constructors that nothing asks for",
			layer: func(chan struct{}) wiring.Layer { return storage },
			opts:  []servicetest.Option{servicetest.PopulateGroup(new([]Check), "signals")},
		},
		{
			name: "a value that nothing asks for",
			layer: func(chan struct{}) wiring.Layer {
				return wiring.NewLayer("config", func(r *wiring.Registry) error {
					r.Supply(Config{})
					return nil
				})
			},
		},
		{
			name: "registrations that change",
			layer: func(chan struct{}) wiring.Layer {
				wired := 0
				return wiring.NewLayer("config", func(r *wiring.Registry) error {
					if wired++; wired%2 == 1 {
						r.Provide(newCache, wiring.Default())
					} else {
						r.Provide(openDisk)
					}
					return nil
				})
			},
			opts: []servicetest.Option{},
		},
		{
			name: "registrations in another order",
			layer: func(chan struct{}) wiring.Layer {
				wired := 0
				return wiring.NewLayer("config", func(r *wiring.Registry) error {
					checks := []func(){
						func() { r.Provide(newCache) },
						func() { r.Provide(newCheck) },
					}
					wired++
					checks[wired%2]()
					checks[1-wired%2]()
					return nil
				})
			},
			opts: []servicetest.Option{servicetest.Populate(new(*Cache)), servicetest.Populate(new(Check))},
		},
		{
			name: "a connection in Wire",
			layer: func(world chan struct{}) wiring.Layer {
				return wiring.NewLayer("storage", func(r *wiring.Registry) error {
					go hang(world)
					r.Supply(&Cache{})
					return nil
				})
			},
			opts: []servicetest.Option{servicetest.Populate(new(*Cache))},
		},
		{
			name: "an error of Wire",
			layer: func(chan struct{}) wiring.Layer {
				return wiring.NewLayer("storage", func(*wiring.Registry) error { return errors.New("no path") })
			},
		},
		{
			name: "a constructor that fails",
			layer: func(chan struct{}) wiring.Layer {
				return wiring.NewLayer("storage", func(r *wiring.Registry) error {
					r.Provide(failToOpen)
					return nil
				})
			},
			opts: []servicetest.Option{servicetest.Populate(new(Store))},
		},
		{
			name: "a hook that fails",
			layer: func(chan struct{}) wiring.Layer {
				return wiring.NewLayer("storage", func(r *wiring.Registry) error {
					r.Invoke(func(hooks *wiring.ShutdownHooks) {
						hooks.Add("close disk", func(context.Context) error { return boom })
					})
					return nil
				})
			},
		},
		{
			name: "a task that fails after a while",
			layer: func(chan struct{}) wiring.Layer {
				return sealer("ingest", func(ctx context.Context) error {
					select {
					case <-ctx.Done():
						return nil
					case <-time.After(time.Second):
						return boom
					}
				})
			},
		},
		{
			name: "a task that does not stop",
			layer: func(world chan struct{}) wiring.Layer {
				return sealer("ingest", func(context.Context) error {
					time.Sleep(time.Second)
					hang(world)
					return nil
				})
			},
		},
		{
			name: "a constructor that works once",
			layer: func(chan struct{}) wiring.Layer {
				opened := false
				return wiring.NewLayer("storage", func(r *wiring.Registry) error {
					r.Invoke(func() error {
						if opened {
							return errors.New("disk is locked")
						}
						opened = true
						return nil
					})
					return nil
				})
			},
		},
		{
			name: "a goroutine that is left",
			layer: func(world chan struct{}) wiring.Layer {
				return wiring.NewLayer("storage", func(r *wiring.Registry) error {
					r.Invoke(func() { go hang(world) })
					return nil
				})
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				world := make(chan struct{})
				layer := tt.layer(world)
				r := testkit.Record(t, func(t testing.TB) { layertest.Run(t, layer, tt.opts...) })
				close(world)

				assert.True(t, r.Failed)
				golden(t, strings.ReplaceAll(tt.name, " ", "-"), strings.Join(r.Failures, "\n\n"))
			})
		})
	}
}

func failToOpen() (Store, error) { return nil, errors.New("disk full") }

// golden compares a text with a file under testdata, but for what depends on the
// place of a line.
func golden(t *testing.T, name, got string) {
	t.Helper()
	got = regexp.MustCompile(`(\t+)/\S*/`).ReplaceAllString(got, "$1")
	got = regexp.MustCompile(`\.go:\d+`).ReplaceAllString(got, ".go:N")
	got = strings.TrimRight(got, "\n") + "\n"
	file := filepath.Join("testdata", name+".golden")
	if *update {
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(t, os.WriteFile(file, []byte(got), 0o644))
		return
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err, "run the test with -update to write the file")
	assert.Equal(t, string(want), got)
}

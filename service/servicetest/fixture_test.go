package servicetest_test

import (
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

var update = flag.Bool("update", false, "rewrite golden files")

var errBoom = errors.New("disk full")

// The node of these tests: a store, a sealer that writes to it, and an API that
// reads from it once there is a schema.
type (
	Config struct{ Path string }
	Store  interface{ Blocks() int }
	disk   struct {
		path   string
		blocks int
		open   bool
	}
	memory struct{ blocks int }
	Sealer struct{ store Store }
	Check  string
)

func (d *disk) Blocks() int   { return d.blocks }
func (m *memory) Blocks() int { return m.blocks }

func untilStop(ctx context.Context) error {
	<-ctx.Done()
	return nil
}

// newTask is not inlined, which would give its function literal other names.
//
//go:noinline
func newTask(id task.ID, kind task.Kind, run func(context.Context) error) func() task.Task {
	return func() task.Task { return task.New(id, kind, run) }
}

func openDisk(c Config, hooks *wiring.ShutdownHooks) *disk {
	d := &disk{path: c.Path, blocks: 7, open: true}
	hooks.Add("close disk", func(context.Context) error {
		d.open = false
		return nil
	})
	return d
}

func config() wiring.Layer {
	return wiring.NewLayer("config", func(r *wiring.Registry) error {
		r.Supply(Config{Path: "/var/lib/ledger"})
		return nil
	})
}

func storage() wiring.Layer {
	return wiring.NewLayer("storage", func(r *wiring.Registry) error {
		r.Provide(openDisk, wiring.As[Store]())
		r.Provide(func() Check { return "disk" }, wiring.Group("health"))
		r.ProvideTask(func(Store) task.Task {
			return task.Poll("schema-ready", time.Second, func(context.Context) (bool, error) { return true, nil })
		})
		return nil
	})
}

func ingest() wiring.Layer {
	return wiring.NewLayer("ingest", func(r *wiring.Registry) error {
		r.Provide(func(s Store) *Sealer { return &Sealer{store: s} })
		r.Provide(func() Check { return "sealer" }, wiring.Group("health"))
		r.ProvideTask(func(*Sealer) task.Task { return task.New("sealer", task.Regular, untilStop) })
		return nil
	})
}

func api() wiring.Layer {
	type in struct {
		wiring.In
		Store  Store
		Checks []Check `group:"health"`
	}
	return wiring.NewLayer("api", func(r *wiring.Registry) error {
		r.ProvideTask(func(in) task.Task { return task.New("api-server", task.Daemon, untilStop) })
		return nil
	})
}

func node() *service.Builder {
	return service.NewBuilder().AddLayer(config(), wiring.Bundle("core", storage(), ingest()), api())
}

// layerOf returns a layer of tasks.
func layerOf(name string, tasks ...func() task.Task) wiring.Layer {
	return wiring.NewLayer(name, func(r *wiring.Registry) error {
		for _, t := range tasks {
			r.ProvideTask(t)
		}
		return nil
	})
}

func nodeOf(tasks ...func() task.Task) *service.Builder {
	return service.NewBuilder().AddLayer(layerOf("work", tasks...))
}

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

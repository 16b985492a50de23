package cli

import (
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestVersion(t *testing.T) {
	build := func(main string, settings ...debug.BuildSetting) func() (*debug.BuildInfo, bool) {
		settings = append(settings, debug.BuildSetting{Key: "GOOS", Value: "linux"}, debug.BuildSetting{Key: "GOARCH", Value: "arm64"})
		return func() (*debug.BuildInfo, bool) {
			return &debug.BuildInfo{GoVersion: "go1.26", Main: debug.Module{Version: main}, Settings: settings}, true
		}
	}
	revision := debug.BuildSetting{Key: "vcs.revision", Value: "4b02911"}
	at := debug.BuildSetting{Key: "vcs.time", Value: "2026-01-02T03:04:05Z"}

	assert.Equal(t, "node v1.2.3 go1.26 linux/arm64", version("node", build("v1.2.3")))
	assert.Equal(t, "node (devel) 4b02911 2026-01-02T03:04:05Z go1.26 linux/arm64", version("node", build("(devel)", revision, at)))
	assert.Equal(t, "node 4b02911 (modified) 2026-01-02T03:04:05Z go1.26 linux/arm64",
		version("node", build("", revision, at, debug.BuildSetting{Key: "vcs.modified", Value: "true"})))
	assert.Equal(t, "node (built without module information)",
		version("node", func() (*debug.BuildInfo, bool) { return nil, false }))
}

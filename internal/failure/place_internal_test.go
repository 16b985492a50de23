package failure

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestTheUserIsFoundInEveryBuild(t *testing.T) {
	const own = "github.com/wireframework/wireframework/"
	tests := []struct {
		function, file string
		root, module   string // what the binary tells
		ours           bool
	}{
		{"net.(*netFD).Read", "/go/src/net/fd.go:1", "/go/src/", "node", true},
		{"main.work", "/home/node/main.go:1", "/go/src/", "node", false},
		{"node/work.New.func1", "/home/node/work/work.go:1", "/go/src/", "node", false},
		{"net.(*netFD).Read", "net/fd.go:1", "", "node", true},
		{"net/http.(*Server).Serve", "net/http/server.go:1", "", "node", true},
		{"main.work", "./main.go:1", "", "node", false},
		{"node/work.New.func1", "node/work/work.go:1", "", "node", false},
		{"node.New", "node/node.go:1", "", "node", false},
		{"nodes.New", "nodes/node.go:1", "", "node", true},
		{"example.com/node/work.New", "example.com/node/work/work.go:1", "", "", false},
		{own + "internal/supervise.(*record).run", "x.go:1", "", "node", true},
		{own + "task.(*funcTask).Run", "x.go:1", "/go/src/", "node", true},
		{own + "task.(*funcTask).Run", "x.go:1", "", own[:len(own)-1], true},
		{own + "layers/httpserver.(*Server).serve", "x.go:1", "", "node", false},
	}
	for _, tt := range tests {
		assert.Equal(t, tt.ours, isOurs(tt.function, tt.file, tt.root, tt.module), tt.function)
	}
}

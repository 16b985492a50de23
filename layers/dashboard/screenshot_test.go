package dashboard_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// The pictures in docs are those of this test:
//
//	DASHBOARD_SCREENSHOTS=../../docs go test -run TestScreenshots
func TestScreenshots(t *testing.T) {
	dir := os.Getenv("DASHBOARD_SCREENSHOTS")
	if dir == "" {
		t.Skip("takes pictures if DASHBOARD_SCREENSHOTS is a directory")
	}
	d := newDemo("127.0.0.1:0", t.Output())
	_, s, ended := run(t, d.builder())
	b := browse(t, address(s), 1360, 850)
	b.text("#phase", "waiting")
	time.Sleep(2 * time.Second) // so that there is something to see of the wait
	close(d.schema)
	b.text("#phase", "running")
	time.Sleep(2 * time.Second) // and of the work
	b.waitFor("document.querySelectorAll('#graph .node').length > 20")
	b.click("#graph .node text", "ingest")
	b.shoot(dir, "dashboard-graph.png")

	d.lose <- errDiskFull
	b.text("#phase", "stopping")
	time.Sleep(2 * time.Second) // and of the stop
	b.open("timeline")
	b.shoot(dir, "dashboard-timeline.png")
	b.scheme("dark")
	b.open("tasks")
	b.click("#tasks .name", "sealer")
	b.shoot(dir, "dashboard-tasks.png")
	close(d.leave)
	require.ErrorIs(t, <-ended, errDiskFull)
}

func (b *browser) shoot(dir, name string) {
	b.t.Helper()
	time.Sleep(300 * time.Millisecond) // what follows an event is drawn by then
	png, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	require.NoError(b.t, err)
	require.NoError(b.t, os.WriteFile(filepath.Join(dir, name), png, 0o644))
}

package dashboard_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/layers/dashboard"
	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/wiring"
)

// brokenGraph is the graph of a node whose pool could not be built. Such a node has no
// page, so that of another one has to show it.
func brokenGraph(t *testing.T) *wiring.Graph {
	t.Helper()
	svc, err := service.NewBuilder(service.Logger(logTo(t))).AddLayer(wiring.NewLayer("storage", func(r *wiring.Registry) error {
		r.Provide(func() (*pool, error) { return nil, errors.New("connection refused") })
		r.Provide(newStore, wiring.As[store]())
		r.Provide(newQueue)
		r.ProvideTask(newPruner)
		return nil
	})).Build()
	require.NoError(t, err)
	require.Error(t, svc.Run(t.Context()))
	return svc.Graph()
}

func TestThePageMarksWhatIsBroken(t *testing.T) {
	chromium(t)
	_, s := start(t, node(t, dashboard.Options{}, free, working("work", many(1)...)))
	target, err := url.Parse("http://" + s.Addr().String())
	require.NoError(t, err)
	graph := brokenGraph(t)
	proxy := &httputil.ReverseProxy{FlushInterval: -1, Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }}
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/dashboard/graph.json" {
			assert.NoError(t, json.NewEncoder(w).Encode(graph))
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(front.Close)
	b := browse(t, front.URL+"/dashboard/", 1200, 800)

	b.waitFor("document.querySelectorAll('#graph .node').length > 3")
	for _, mark := range []string{"failed", "blocked", "unused"} {
		b.text("#graph .node."+mark+" .tag", mark)
	}
	b.click("#graph .node.failed text", "*dashboard_test.pool")
	b.text("#graph .panel .error", "connection refused")
	b.waitFor("document.querySelector('#graph .node.blocked').dataset.role === 'users'")
	b.quiet()
}

// place is where an element is on the screen.
type place struct{ X, Y float64 }

func (b *browser) placeOf(node string) place {
	b.t.Helper()
	b.waitFor(nodeWith(node))
	return eval[place](b, "(({ x, y, width, height }) => ({ X: x + width / 2, Y: y + height / 2 }))("+nodeWith(node)+".getBoundingClientRect())")
}

func nodeWith(text string) string {
	return "[...document.querySelectorAll('#graph .node')].find((e) => e.textContent.includes(" + quote(text) + "))"
}

func TestThePageWorksByMouse(t *testing.T) {
	chromium(t)
	d := newDemo("127.0.0.1:0", t.Output())
	close(d.schema)
	close(d.leave)
	_, s := start(t, d.builder())
	b := browse(t, address(s), 1200, 800)
	at := b.placeOf("sealer")

	b.run(chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, at.X, at.Y))
	b.waitFor(nodeWith("sealer") + ".dataset.role === 'self'")
	b.waitFor(nodeWith("newQueue") + ".dataset.role === 'needs'")
	b.waitFor(nodeWith("newClient") + ".dataset.role === ''")
	b.run(chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, 5, 5))
	b.waitFor("!document.querySelector('#graph .focused')")

	b.run(chromedp.MouseClickXY(at.X, at.Y))
	b.text("#graph .panel", "demo.newSealer")
	queue := b.placeOf("newQueue")
	b.run(chromedp.MouseClickXY(queue.X, queue.Y))
	b.text("#graph .panel", "dashboard_test.queue")
	b.waitFor(nodeWith("sealer") + ".dataset.role === 'users'")

	b.run(chromedp.DragAndDropXY(queue.X, queue.Y, queue.X+60, queue.Y+40, 5))
	moved := b.placeOf("newQueue")
	assert.InDelta(t, queue.X+60, moved.X, 8)
	assert.InDelta(t, queue.Y+40, moved.Y, 8)
	b.text("#graph .panel", "dashboard_test.queue") // a drag selects nothing else

	b.click("#graph .chip", "Around selection")
	b.waitFor("document.querySelectorAll('#graph .node').length < 10")
	b.waitFor(nodeWith("sealer"))
	b.click("#graph .chip", "Layers")
	b.waitFor("document.querySelectorAll('#graph .node.layer').length === 10")
	b.click("#graph .node.layer text", "ledger")
	b.waitFor(nodeWith("postgres") + ".dataset.role === 'needs'")
	b.click("#graph .panel .name", "sealer")
	b.waitFor("location.hash === '#tasks'")
	b.waitFor(row + "'sealer').classList.contains('open')")
	b.quiet()
}

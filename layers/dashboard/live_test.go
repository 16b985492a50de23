package dashboard_test

import (
	"net"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/layers/dashboard"
)

func (b *browser) quiet() {
	b.t.Helper()
	assert.Empty(b.t, b.said(), "the console stays empty")
}

// click clicks on what is found by its text.
func (b *browser) click(selector, text string) {
	b.t.Helper()
	find := "[...document.querySelectorAll(" + quote(selector) + ")].find((e) => e.textContent.includes(" + quote(text) + "))"
	b.waitFor(find)
	b.do(find + ".dispatchEvent(new MouseEvent('click', { bubbles: true }))")
}

// listen returns the address of a port, which is free again.
func listen(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	return l.Addr().String()
}

const row = "[...document.querySelectorAll('#tasks tbody tr')].find((r) => r.querySelector('.name').textContent === "

// One page, which is never loaded again, follows a node through its life and into the
// next one.
func TestThePageFollowsTheLifeOfANode(t *testing.T) {
	chromium(t)
	port := listen(t)
	d := newDemo(port, t.Output())
	_, s, ended := run(t, d.builder())
	b := browse(t, address(s), 1200, 800)
	b.do("window.marker = 'the same page'")

	b.text("#phase", "waiting")
	b.text("#notice", "The gate is shut: waiting for schema-current.")
	b.waitFor("document.querySelectorAll('#graph .node').length > 20")
	b.open("tasks")
	b.waitFor(row + "'sealer').textContent.includes('pending')")
	b.open("timeline")
	b.text("#timeline", "holds the gate shut")

	close(d.schema)
	b.text("#phase", "running")
	b.waitFor("document.getElementById('notice').hidden")
	b.open("tasks")
	b.waitFor(row + "'sealer').textContent.includes('running')")

	d.lose <- errDiskFull
	b.text("#phase", "stopping")
	b.text("#notice", `Stopping: task "sealer" (layer "ledger"): write block 7: no space left on device`)
	b.waitFor(row + "'sealer').textContent.includes('failed')")
	b.waitFor(row + "'ingest').textContent.includes('stopping')")
	assert.Equal(t, "sealer", eval[string](b, "document.querySelector('#tasks tbody .name').textContent"), "the failure comes first")
	b.open("graph")
	b.waitFor("document.querySelector('#graph .node[data-state=failed]')?.textContent.includes('✕ sealer')")

	b.quiet()
	close(d.leave)
	require.Error(t, <-ended)
	b.text("#phase", "stopped")
	b.text("#link", "waiting for the node to return")

	again := newDemo(port, t.Output())
	close(again.schema)
	close(again.leave)
	run(t, again.builder(working("another-layer", many(1)...)))
	b.text("#phase", "running")
	b.waitFor("document.getElementById('link').textContent === 'live'")
	b.text("#graph", "another-layer")
	assert.True(t, eval[bool](b, "!document.querySelector('#graph .node[data-state=failed]')"))
	b.open("tasks")
	b.waitFor(row + "'sealer').textContent.includes('running')")
	b.text("#tasks", "worker-0000")
	assert.Equal(t, "the same page", eval[string](b, "window.marker"))
	b.quiet()
}

func TestThePageFetchesStacks(t *testing.T) {
	chromium(t)
	_, s := start(t, node(t, dashboard.Options{}, free, working("work", many(2)...)))
	b := browse(t, address(s)+"#tasks", 1200, 800)
	b.waitFor(row + "'worker-0001')?.querySelector('.goroutines').textContent === '1'")

	b.click("#tasks .name", "worker-0001")
	b.click("#tasks tr.open .fetch", "Fetch stacks")

	b.text("#tasks tr.open .stacks", "1 goroutine")
	b.text("#tasks tr.open .stacks", "dashboard_test.until")
	b.quiet()
}

func TestThePageAsksForTheToken(t *testing.T) {
	chromium(t)
	server := free
	server.Token = "s3cr3t"
	_, s := start(t, node(t, dashboard.Options{}, server, working("work", many(2)...)))
	b := browse(t, address(s), 1200, 800)

	b.waitFor("!document.getElementById('login').hidden")
	b.waitFor("document.activeElement.id === 'token'")
	b.key("wrong\r")
	b.waitFor("document.getElementById('token').value === '' && !document.getElementById('login').hidden")
	b.key("s3cr3t\r")
	b.text("#phase", "running")
	b.waitFor("document.querySelectorAll('#graph .node').length > 5")
	b.do("location.reload()")
	b.text("#phase", "running")
	for _, line := range b.said() {
		assert.Contains(t, line, "401", "what the browser itself notes of an answer")
	}
}

// names that are made to break out of where they are shown.
var hostile = []string{`<img src=x onerror="window.broken=1">`, `</script><script>window.broken=1</script>`, `"quoted" & 'single'`, "two\nlines", `\N\G`, "\u202eright to left"}

func TestThePageShowsTextAsText(t *testing.T) {
	chromium(t)
	_, s := start(t, hostileNode(t))
	b := browse(t, address(s), 1200, 800)

	b.waitFor("document.querySelectorAll('#graph .node').length > 5")
	for _, name := range hostile {
		b.waitFor("[...document.querySelectorAll('#graph .node text')].some((e) => e.textContent.includes(" + quote(strings.Fields(name)[0]) + "))")
	}
	b.open("tasks")
	for _, name := range hostile {
		b.waitFor(row + quote(name) + ")")
		b.click("#tasks .name", name)
		b.waitFor(row + quote(name) + ").classList.contains('open')")
	}
	b.open("timeline")
	b.text("#timeline", hostile[0])
	assert.True(t, eval[bool](b, "window.broken === undefined && !document.querySelector('main img, main script')"))
	b.quiet()
}

func TestThePageHasRoomForThousandsOfTasks(t *testing.T) {
	chromium(t)
	n, s := start(t, node(t, dashboard.Options{}, free, thousands()...))
	b := browse(t, address(s), 1200, 800)

	b.waitFor("document.querySelectorAll('#graph .node').length > 40")
	b.text("#task-count", "2\u202f001")
	assert.True(t, eval[bool](b, "document.querySelector('[data-mode=whole]').disabled"), "the graph is folded to layers")
	assert.Less(t, eval[int](b, "document.querySelectorAll('#graph .node').length"), 100)
	b.do("document.querySelector('#graph input').focus()")
	b.key("worker-1234")
	b.text("#graph .panel", "1 found")
	b.key("\r")
	b.waitFor("document.querySelector('#graph .node[data-role=self]')?.textContent.includes('worker-1234')")

	b.open("tasks")
	b.waitFor("document.querySelectorAll('#tasks tbody tr').length === 200")
	b.text("#tasks .more", "Show more (1\u202f801 not shown)")
	b.do("document.querySelector('#tasks input').focus()")
	b.key("worker-1234")
	b.waitFor("document.querySelectorAll('#tasks tbody tr').length === 1")

	b.open("timeline")
	b.waitFor("document.querySelectorAll('#timeline .bars li').length > 200")
	assert.LessOrEqual(t, eval[int](b, "document.querySelectorAll('#timeline .bars li').length"), 400)
	require.NoError(t, n.Stop())
	b.text("#phase", "stopped")
	b.quiet()
}

func TestThePageWorksByKeyboard(t *testing.T) {
	chromium(t)
	d := newDemo("127.0.0.1:0", t.Output())
	close(d.schema)
	close(d.leave)
	_, s := start(t, d.builder())
	b := browse(t, address(s), 1200, 800)
	b.waitFor("document.querySelectorAll('#graph .node').length > 20")

	b.key("/")
	b.waitFor("document.activeElement.type === 'search'")
	b.do("document.activeElement.value = ''") // a driven browser types the / all the same
	b.key("sealer\r")
	b.waitFor("document.querySelector('#graph .node[data-role=self]')?.textContent.includes('sealer')")
	b.text("#graph .panel", "demo.newSealer")
	assert.Positive(t, eval[int](b, "document.querySelectorAll('#graph .node[data-role=needs]').length"))
	b.key(kb.Escape)
	b.waitFor("!document.querySelector('#graph .focused')")

	b.do("document.querySelector('#graph .picture').focus()")
	b.key(kb.ArrowRight)
	b.waitFor("document.activeElement.closest('.node')?.dataset.role === 'self'")
	first := eval[string](b, "document.activeElement.dataset.id")
	b.key(kb.ArrowRight)
	b.waitFor("document.activeElement.dataset.id !== " + quote(first))
	b.key("\r")
	b.waitFor("document.activeElement.classList.contains('panel')")

	b.do("document.getElementById('tab-graph').focus()")
	b.key(kb.ArrowRight)
	b.waitFor("document.activeElement.id === 'tab-tasks' && !document.getElementById('tasks').hidden")
	b.do("document.querySelector('#tasks .name').focus()")
	b.key("\r")
	b.waitFor("document.activeElement.getAttribute('aria-expanded') === 'true'")
	b.quiet()
}

func TestThePageFitsAPhone(t *testing.T) {
	chromium(t)
	d := newDemo("127.0.0.1:0", t.Output())
	close(d.schema)
	close(d.leave)
	_, s := start(t, d.builder())
	b := browse(t, address(s), 400, 800)
	b.text("#phase", "running")
	for _, scheme := range []string{"light", "dark"} {
		b.scheme(scheme)
		for tab, part := range map[string]string{"graph": "#graph .node", "tasks": "#tasks .name", "timeline": "#timeline .bar"} {
			b.open(tab)
			b.waitFor("document.querySelectorAll(" + quote(part) + ").length > 9")
			assert.LessOrEqual(t, eval[int](b, "document.documentElement.scrollWidth"), 400, tab)
			assert.LessOrEqual(t, eval[int](b, "document.getElementById("+quote(tab)+").scrollWidth"), 400, tab)
			low := eval[[]string](b, lowContrast)
			assert.Empty(t, low, "text that can hardly be read, %s, %s", tab, scheme)
		}
	}
	b.quiet()
}

package dashboard_test

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// browser is a Chromium with one page.
type browser struct {
	t   *testing.T
	ctx context.Context

	mu      sync.Mutex // protects following fields
	console []string   // what anything has said there
}

// chromium finds the browser, or ends the test.
func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("WIREFRAMEWORK_REQUIRE_SERVERS") == "1" {
		t.Fatal("no Chromium is installed, and WIREFRAMEWORK_REQUIRE_SERVERS is set (on Debian: apt-get install chromium)")
	}
	t.Skip("needs Chromium, which is not installed (on Debian: apt-get install chromium)")
	return ""
}

// browse opens an address in a window of that size.
func browse(t *testing.T, address string, width, height int) *browser {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(chromium(t)), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.WindowSize(width, height),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("lang", "en"))
	allocator, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, cancelPage := chromedp.NewContext(allocator)
	t.Cleanup(func() {
		_ = chromedp.Cancel(ctx) // waits for the browser, unlike cancelPage
		cancelPage()
		cancel()
	})
	b := &browser{t: t, ctx: ctx}
	require.NoError(t, chromedp.Listen(ctx, b.listen)) // starts the browser, which lives as long as ctx
	b.run(chromedp.EmulateViewport(int64(width), int64(height)), chromedp.Navigate(address))
	return b
}

func (b *browser) listen(event any) {
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled:
		text, _ := json.Marshal(e.Args)
		b.note(string(e.Type) + " " + string(text))
	case *runtime.EventExceptionThrown:
		text, _ := json.Marshal(e.ExceptionDetails)
		b.note("exception " + string(text))
	case *log.EventEntryAdded:
		b.note(string(e.Entry.Source) + " " + e.Entry.Text + " " + e.Entry.URL)
	}
}

func (b *browser) note(line string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.console = append(b.console, line)
}

// said returns what is in the console, without the notes of the browser itself that
// nobody has answered: it writes one for each request while a node is away.
func (b *browser) said() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var lines []string
	for _, line := range b.console {
		if !strings.HasPrefix(line, "network ") || !strings.Contains(line, "net::ERR_") {
			lines = append(lines, line)
		}
	}
	return lines
}

// run does something in the page.
func (b *browser) run(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, time.Minute)
	defer cancel()
	require.NoError(b.t, chromedp.Do(ctx, steps...))
}

// eval returns the value of an expression in the page.
func eval[T any](b *browser, expression string) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, time.Minute)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression))
	require.NoError(b.t, err, expression)
	return value
}

// do evaluates an expression for what it does.
func (b *browser) do(expression string) {
	b.t.Helper()
	b.run(chromedp.Evaluate[chromedp.Void](expression))
}

// waitFor waits until an expression is true in the page.
func (b *browser) waitFor(expression string) {
	b.t.Helper()
	if !eventually(func() bool { return eval[bool](b, "Boolean("+expression+")") }) {
		b.t.Logf("the page says:\n%s", eval[string](b, "document.body.innerText"))
		require.Fail(b.t, "does not come true: "+expression, "console: %q", b.said())
	}
}

func eventually(ok func() bool) bool {
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if ok() {
			return true
		}
	}
	return false
}

// text waits until an element has that text in it.
func (b *browser) text(selector, want string) {
	b.t.Helper()
	b.waitFor("document.querySelector(" + quote(selector) + ")?.textContent.includes(" + quote(want) + ")")
}

func quote(s string) string {
	text, _ := json.Marshal(s)
	return string(text)
}

// open goes to a tab.
func (b *browser) open(tab string) {
	b.t.Helper()
	b.do("location.hash = " + quote(tab))
	b.waitFor("!document.getElementById(" + quote(tab) + ").hidden")
}

// scheme switches between light and dark.
func (b *browser) scheme(name string) {
	b.t.Helper()
	_, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}},
	})
	require.NoError(b.t, err)
}

// key presses a key where the focus is.
func (b *browser) key(keys string) {
	b.t.Helper()
	b.run(chromedp.KeyEvent(keys))
}

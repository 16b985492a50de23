package health

import (
	"encoding/json"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/wireframework/wireframework/service"
)

// endpoint answers at one address.
type endpoint struct {
	name    string
	live    bool // reports whether the node is alive
	ready   bool // reports whether the node is ready
	node    service.Handle
	checks  *checks
	options Options
}

// view is what one request gets to see.
type view struct {
	status  service.Status
	parts   []part
	details bool     // the client may see error texts
	unknown []string // what the client has excluded and is not there
}

func (v *view) ok() bool {
	for _, p := range v.parts {
		if p.counts() {
			return false
		}
	}
	return true
}

func (e *endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		header.Set("Allow", "GET, HEAD")
		http.Error(w, "only GET and HEAD are answered here", http.StatusMethodNotAllowed)
		return
	}
	v := e.look(r)
	status := http.StatusOK
	if !v.ok() {
		status = http.StatusServiceUnavailable
	}
	if wantsJSON(r) {
		body, _ := json.Marshal(v.report(e.options.MaxTasks)) // holds nothing that cannot be marshalled
		header.Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = w.Write(append(body, '\n')) // the only error is a client that has gone
		return
	}
	header.Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(e.text(v, r.URL.Query().Has("verbose"))))
}

// look finds out what the request asks for. The checks run first, so that the state of
// the service is that of the moment of the answer.
func (e *endpoint) look(r *http.Request) *view {
	v := &view{details: e.options.shows(r)}
	skip := make(map[string]bool)
	for _, name := range r.URL.Query()["exclude"] {
		skip[name] = true
	}
	var checked []part
	if e.ready {
		checked = e.checks.run(r.Context(), skip)
	}
	v.status = e.node.Status()
	if e.live {
		v.parts = append(v.parts, tasksPart(&v.status))
	}
	if e.ready {
		v.parts = append(v.parts, gatePart(&v.status, e.opened()), shutdownPart(&v.status))
	}
	for i, p := range v.parts {
		v.parts[i].excluded = skip[p.name]
	}
	v.parts = append(v.parts, checked...)
	for _, p := range v.parts {
		delete(skip, p.name)
	}
	v.unknown = slices.Sorted(maps.Keys(skip))
	return v
}

// opened reports whether the gate has opened.
func (e *endpoint) opened() bool {
	select {
	case <-e.node.Ready():
		return true
	default:
		return false
	}
}

// text is the answer as kube-apiserver gives it.
func (e *endpoint) text(v *view, verbose bool) string {
	if v.ok() && !verbose {
		return "ok"
	}
	var b strings.Builder
	for _, p := range v.parts {
		if verbose || p.counts() {
			b.WriteString(p.line(verbose, v.details) + "\n")
		}
	}
	if verbose && len(v.unknown) > 0 {
		fmt.Fprintf(&b, "warn: some health checks cannot be excluded: no matches for %s\n", quoted(v.unknown))
	}
	if v.ok() {
		return b.String() + e.name + " check passed\n"
	}
	return b.String() + e.name + " check failed\n"
}

// line shows the part, and in a verbose answer what is known of a failure.
func (p part) line(verbose, details bool) string {
	switch {
	case p.excluded:
		return "[+]" + p.name + " excluded: ok"
	case !p.failed:
		return "[+]" + p.name + " ok"
	}
	line := "[-]" + p.name + " failed"
	if p.optional {
		line += " (optional)"
	}
	if verbose {
		line += ": " + p.reason(details)
	}
	return line
}

func quoted(names []string) string {
	text := make([]string, len(names))
	for i, name := range names {
		text[i] = strconv.Quote(name)
	}
	return oneLine(strings.Join(text, ", "))
}

// wantsJSON reports whether the client asks for JSON.
func wantsJSON(r *http.Request) bool {
	if format := r.URL.Query().Get("format"); format != "" {
		return format == "json"
	}
	for _, header := range r.Header.Values("Accept") {
		for accepted := range strings.SplitSeq(header, ",") {
			kind, params, err := mime.ParseMediaType(accepted)
			if err == nil && kind == "application/json" {
				q, err := strconv.ParseFloat(params["q"], 64)
				return err != nil || q > 0
			}
		}
	}
	return false
}

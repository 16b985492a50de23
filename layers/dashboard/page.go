package dashboard

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"path"
	"slices"
	"strings"
	"time"
)

//go:embed web
var web embed.FS

// policy lets the page have what this server sends it, and nothing else: no script or
// style within the document, no other host, no frame around it, and no text that is
// parsed as a document. Graphviz is WebAssembly, hence 'wasm-unsafe-eval', which allows
// to compile that and is no 'unsafe-eval'. The one policy of trusted types makes the
// address of the worker.
const policy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'; " +
	"img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
	"require-trusted-types-for 'script'; trusted-types dashboard"

// page is the files of the page. They say nothing about the node.
type page struct {
	hosts []string // in lower case
	files map[string]file
}

type file struct {
	kind    string // the media type
	tag     string // the entity tag
	content []byte
}

func newPage(hosts []string) *page {
	p := &page{hosts: []string{"localhost"}, files: make(map[string]file)}
	for _, host := range hosts {
		p.hosts = append(p.hosts, canonical(host))
	}
	_ = fs.WalkDir(web, "web", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := web.ReadFile(name)
		sum := sha256.Sum256(content)
		p.files[strings.TrimPrefix(name, "web/")] = file{kindOf(name), `"` + hex.EncodeToString(sum[:8]) + `"`, content}
		return err
	}) // an embedded file system does not fail
	p.files[""] = p.files["index.html"]
	return p
}

// kinds are those of the files there are. What package mime knows depends on the
// machine.
var kinds = map[string]string{
	".html": "text/html; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".svg":  "image/svg+xml",
}

func kindOf(name string) string {
	if kind, ok := kinds[path.Ext(name)]; ok {
		return kind
	}
	return mime.FormatMediaType("text/plain", map[string]string{"charset": "utf-8"})
}

func (p *page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !p.knows(r.Host) {
		writeError(w, http.StatusMisdirectedRequest, "this host name is not one of the dashboard (add it to the option Hosts of the dashboard and of the server)")
		return
	}
	f, ok := p.files[strings.TrimPrefix(r.URL.Path, "/dashboard/")]
	if !ok {
		writeError(w, http.StatusNotFound, "the dashboard has no such page, see /dashboard/")
		return
	}
	header := w.Header()
	secure(header)
	header.Set("Content-Security-Policy", policy)
	header.Set("Content-Type", f.kind)
	header.Set("Cache-Control", "no-cache") // ask each time, by the tag
	header.Set("ETag", f.tag)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(f.content))
}

// knows reports whether the host of a request is one that nobody else can make point
// here, as the server does for private routes.
func (p *page) knows(hostport string) bool {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = strings.TrimSuffix(strings.TrimPrefix(hostport, "["), "]")
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	return slices.Contains(p.hosts, canonical(host))
}

func canonical(host string) string { return strings.ToLower(strings.TrimSuffix(host, ".")) }

// secure sets what every answer has.
func secure(header http.Header) {
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("X-Frame-Options", "DENY")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cross-Origin-Opener-Policy", "same-origin")
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
}

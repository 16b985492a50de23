package dashboard

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/wireframework/wireframework/service"
)

// maxQuery bounds the query of a request.
const maxQuery = 2048

// sameOrigin answers the page, and programs, but no other site in a browser: it could
// read nothing, but it could take the places of readers.
func sameOrigin(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch site := r.Header.Get("Sec-Fetch-Site"); {
		case site != "" && site != "same-origin" && site != "none":
			writeError(w, http.StatusForbidden, "the dashboard answers no other site")
		case len(r.URL.RawQuery) > maxQuery:
			writeError(w, http.StatusRequestURITooLong, fmt.Sprintf("the query has more than %d bytes", maxQuery))
		default:
			secure(w.Header())
			w.Header().Set("Cache-Control", "no-store")
			h.ServeHTTP(w, r)
		}
	})
}

func writeError(w http.ResponseWriter, status int, text string) {
	secure(w.Header())
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"error": text}) // the only error is a client that has gone
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // the only error is a client that has gone
}

func graphJSON(node service.Handle) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, node.Graph()) }
}

func graphDOT(node service.Handle) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/vnd.graphviz; charset=utf-8")
		_ = node.Graph().WriteDOT(w) // the only error is a client that has gone
	}
}

// statusPage is the whole state at once.
type statusPage struct {
	journal *journal
	census  *census
}

func (p *statusPage) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	goroutines, err := p.census.counts(r.Context())
	if err != nil {
		return // the client has gone
	}
	whole, _ := p.journal.since(0)
	writeJSON(w, struct {
		state
		Goroutines map[string]int `json:"goroutines"` // by task; those of no task are under ""
	}{whole, goroutines})
}

// millis is a time as browsers count it: in milliseconds since 1970, with a fraction.
type millis float64

func millisOf(t time.Time) millis { return millis(t.UnixMicro()) / 1000 }

package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

const timeFormat = "2006-01-02T15:04:05.000000Z07:00"

// answer is a handler that returns the status and what to encode as JSON.
type answer func(r *http.Request) (status int, body any)

func (f answer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	status, body := f(r)
	header := w.Header()
	header.Set("Content-Type", "application/json")
	header.Set("X-Content-Type-Options", "nosniff")
	if status == http.StatusServiceUnavailable {
		header.Set("Retry-After", "1")
	}
	w.WriteHeader(status)
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false) // this is no page
	_ = encoder.Encode(body)     // the only error is a client that has gone
}

// problem is the body of an answer that is an error.
type problem struct {
	Error  string `json:"error"`
	status int    // where the problem decides
}

func problemf(format string, args ...any) *problem {
	return &problem{Error: fmt.Sprintf(format, args...)}
}

func notFound(r *http.Request) (int, any) {
	return http.StatusNotFound, problemf("path %s does not exist", quote(r.URL.Path))
}

// otherMethod answers to methods that a path does not have.
func otherMethod(allow string) http.Handler {
	refusal := answer(func(r *http.Request) (int, any) {
		return http.StatusMethodNotAllowed, problemf("method %s is not allowed here (allowed: %s)", quote(r.Method), allow)
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Allow", allow)
		refusal.ServeHTTP(w, r)
	})
}

// quote shows what a client has sent, and not all of it if it is long.
func quote(s string) string {
	const limit = 80
	if len(s) > limit {
		return fmt.Sprintf("%q...", strings.ToValidUTF8(s[:limit], ""))
	}
	return fmt.Sprintf("%q", s)
}

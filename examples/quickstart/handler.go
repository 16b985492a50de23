package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
)

// api is what the server answers.
type api struct {
	store Store
	node  service.Handle
}

// maxBody is the greatest size of the body of a request in bytes.
const maxBody = 1 << 20

func (a *api) handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /{$}", answer(index))
	mux.Handle("GET /ready", answer(a.ready))
	mux.Handle("GET /counts", a.whenReady(a.counts))
	mux.Handle("GET /lines/{number}", a.whenReady(a.line))
	mux.Handle("POST /lines", a.whenReady(a.addLines))
	mux.Handle("GET /words", a.whenReady(a.words))
	mux.Handle("GET /words/{word}", a.whenReady(a.word))
	return http.MaxBytesHandler(jsonErrors(mux), maxBody)
}

// answer is a handler that returns the status and what to encode as JSON.
type answer func(r *http.Request) (status int, body any)

func (f answer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	status, body := f(r)
	writeJSON(w, status, body)
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false) // this is no page, and a line with & in it should look like it
	_ = encoder.Encode(body)     // the only error is a client that has gone
}

// problem is the body of an answer that is an error.
type problem struct {
	Error string `json:"error"`
}

func problemf(format string, args ...any) problem {
	return problem{Error: fmt.Sprintf(format, args...)}
}

// whenReady answers nothing before the node is ready, because the store may not be. It
// does not look at the status, which is "not ready" again when the node stops: until
// the server is gone, a request gets its answer.
func (a *api) whenReady(f answer) answer {
	return func(r *http.Request) (int, any) {
		select {
		case <-a.node.Ready():
			return f(r)
		default:
			return http.StatusServiceUnavailable, problemf("not ready yet, see /ready")
		}
	}
}

func index(*http.Request) (int, any) {
	return http.StatusOK, map[string][]string{"paths": {
		"GET /ready", "GET /counts", "GET /lines/{number}", "POST /lines", "GET /words?prefix=&limit=", "GET /words/{word}",
	}}
}

// readiness is for load balancers, which look at the status code, and for people, who
// want to know what the node waits for.
type readiness struct {
	Ready   bool                      `json:"ready"`
	Phase   service.Phase             `json:"phase"`
	Pending []task.ID                 `json:"pending,omitempty"` // preconditions
	Tasks   map[task.ID]service.State `json:"tasks"`
}

func (a *api) ready(*http.Request) (int, any) {
	s := a.node.Status()
	body := readiness{Ready: s.Ready(), Phase: s.Phase, Pending: s.Pending, Tasks: make(map[task.ID]service.State)}
	for _, t := range s.Tasks {
		body.Tasks[t.ID] = t.State
	}
	if !s.Ready() {
		return http.StatusServiceUnavailable, body
	}
	return http.StatusOK, body
}

func (a *api) counts(*http.Request) (int, any) {
	return http.StatusOK, a.store.Counts()
}

// numbered is a line of the store.
type numbered struct {
	Number int    `json:"number"`
	Text   string `json:"text"`
}

func (a *api) line(r *http.Request) (int, any) {
	number, err := strconv.Atoi(r.PathValue("number"))
	if err != nil || number < 1 {
		return http.StatusBadRequest, problemf("line number %q is not a whole number from 1 up", r.PathValue("number"))
	}
	text, ok := a.store.Line(number)
	if !ok {
		return http.StatusNotFound, problemf("line %d does not exist, there are %d", number, a.store.Counts().Lines)
	}
	return http.StatusOK, numbered{Number: number, Text: text}
}

// added says what became of the lines of a request.
type added struct {
	Added int `json:"added"`
	Last  int `json:"last"` // number of the last one
}

func (a *api) addLines(r *http.Request) (int, any) {
	text, err := io.ReadAll(r.Body)
	lines := linesOf(text)
	switch _, tooLong := errors.AsType[*http.MaxBytesError](err); {
	case tooLong:
		return http.StatusRequestEntityTooLarge, problemf("the body has more than %d bytes", maxBody)
	case err != nil:
		return http.StatusBadRequest, problemf("the body is incomplete: %v", err)
	case len(lines) == 0:
		return http.StatusBadRequest, problemf("the body has no lines")
	}
	result := added{Added: len(lines)}
	for _, line := range lines {
		if result.Last, err = a.store.Add(line); err != nil {
			return http.StatusInternalServerError, problemf("%v", err)
		}
	}
	return http.StatusCreated, result
}

func (a *api) word(r *http.Request) (int, any) {
	word, ok := a.store.Word(r.PathValue("word"))
	if !ok {
		return http.StatusNotFound, problemf("the word %q does not occur", r.PathValue("word"))
	}
	return http.StatusOK, word
}

const (
	defaultLimit = 20
	maxLimit     = 1000
)

// wordList is the words that begin with a prefix.
type wordList struct {
	Prefix string      `json:"prefix"`
	Words  []WordCount `json:"words"`
}

func (a *api) words(r *http.Request) (int, any) {
	query := r.URL.Query()
	limit := defaultLimit
	if query.Has("limit") {
		var err error
		if limit, err = strconv.Atoi(query.Get("limit")); err != nil || limit < 1 || limit > maxLimit {
			return http.StatusBadRequest, problemf("limit %q is not a number from 1 to %d", query.Get("limit"), maxLimit)
		}
	}
	prefix := query.Get("prefix")
	return http.StatusOK, wordList{Prefix: prefix, Words: a.store.Words(prefix, limit)}
}

// jsonErrors makes JSON of the answers that the mux gives itself: for a path that
// does not exist, and for a method that a path does not have.
func jsonErrors(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, pattern := mux.Handler(r); pattern == "" {
			w = &errorWriter{ResponseWriter: w, request: r.Method + " " + r.URL.Path}
		}
		mux.ServeHTTP(w, r)
	})
}

// errorWriter puts JSON in the place of the body.
type errorWriter struct {
	http.ResponseWriter
	request string
}

func (w *errorWriter) WriteHeader(status int) {
	w.Header().Del("Content-Length")
	writeJSON(w.ResponseWriter, status, problemf("%s: %s", w.request, strings.ToLower(http.StatusText(status))))
}

func (w *errorWriter) Write(p []byte) (int, error) { return len(p), nil }

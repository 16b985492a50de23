package debug

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
)

// tasksPage is the page /debug/tasks.
type tasksPage struct{ node service.Handle }

func (p *tasksPage) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	write, problem := writer(r)
	if problem != "" {
		writeError(w, http.StatusBadRequest, problem)
		return
	}
	report := newReport(p.node.Status(), stacksByTask(), time.Now())
	if query := r.URL.Query(); query.Has("task") {
		id := task.ID(query.Get("task"))
		if !report.keep(id) {
			writeError(w, http.StatusNotFound, fmt.Sprintf("task %q does not exist, see /debug/tasks", id))
			return
		}
	}
	w.Header().Set("X-Content-Type-Options", "nosniff")
	write(w, report)
}

// writer returns how to write the report in the format that a request asks for.
func writer(r *http.Request) (write func(http.ResponseWriter, *report), problem string) {
	switch format := r.URL.Query().Get("format"); {
	case format == "json", format == "" && strings.Contains(r.Header.Get("Accept"), "application/json"):
		return writeJSON, ""
	case format == "text", format == "":
		return writeText, ""
	default:
		return nil, fmt.Sprintf("format %q is not known (there are text and json)", format)
	}
}

func writeError(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"error": text}) // the only error is a client that has gone
}

func writeJSON(w http.ResponseWriter, r *report) {
	w.Header().Set("Content-Type", "application/json")
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(r) // the only error is a client that has gone
}

func writeText(w http.ResponseWriter, r *report) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	var text strings.Builder
	fmt.Fprintf(&text, "service %v for %v\n", r.Phase, r.age(r.Since))
	for _, t := range r.Tasks {
		fmt.Fprintf(&text, "\n%s %q (layer %q) %v for %v, %s\n", t.Kind, t.ID, t.Layer, t.State, r.age(t.Since), goroutines(t.Goroutines))
		if t.Error != "" {
			fmt.Fprintf(&text, "  %s\n", strings.ReplaceAll(t.Error, "\n", "\n  "))
		}
		writeStacks(&text, t.Stacks)
	}
	if r.Other != nil {
		fmt.Fprintf(&text, "\nother %s\n", goroutines(r.Other.Goroutines))
		writeStacks(&text, r.Other.Stacks)
	}
	_, _ = io.WriteString(w, text.String()) // the only error is a client that has gone
}

func (r *report) age(since time.Time) time.Duration {
	return r.now.Sub(since).Round(time.Millisecond)
}

func writeStacks(text *strings.Builder, stacks []stack) {
	for _, s := range stacks {
		fmt.Fprintf(text, "  %s\n", goroutines(s.Goroutines))
		for _, f := range s.Frames {
			fmt.Fprintf(text, "    %s\n      %s\n", f.Function, f.Location)
		}
	}
}

func goroutines(n int) string {
	if n == 1 {
		return "1 goroutine"
	}
	return fmt.Sprintf("%d goroutines", n)
}

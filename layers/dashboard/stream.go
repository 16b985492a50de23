package dashboard

import (
	"encoding/json"
	"io"
	"net/http"
	"sync"
	"time"
)

// hurry is the time for the last update, at the stop.
const hurry = 500 * time.Millisecond

// stream writes server-sent events. A write takes the timeout at most, and after the
// stop of the server hardly any time, so that a slow reader does not hold up the drain.
type stream struct {
	w       io.Writer
	control *http.ResponseController
	timeout time.Duration

	mu       sync.Mutex // protects following fields
	stopping bool
}

func newStream(w http.ResponseWriter, timeout time.Duration) *stream {
	return &stream{w: w, control: http.NewResponseController(w), timeout: timeout}
}

// hurryAfter shortens the deadline of a write when stopping is closed. The function that
// it returns ends the watch.
func (s *stream) hurryAfter(stopping <-chan struct{}) (end func()) {
	done := make(chan struct{})
	var watch sync.WaitGroup
	watch.Go(func() {
		select {
		case <-stopping:
			s.mu.Lock()
			defer s.mu.Unlock()
			s.stopping = true
			_ = s.control.SetWriteDeadline(time.Now().Add(hurry))
		case <-done:
		}
	})
	return func() {
		close(done)
		watch.Wait()
	}
}

// send writes an event.
func (s *stream) send(event string, data any) error {
	text, err := json.Marshal(data) // has no line breaks
	if err != nil {
		return err
	}
	return s.write("event: " + event + "\ndata: " + string(text) + "\n\n")
}

// beat writes what readers ignore.
func (s *stream) beat() error { return s.write(":\n\n") }

func (s *stream) write(text string) error {
	s.extend()
	if _, err := io.WriteString(s.w, text); err != nil {
		return err
	}
	return s.control.Flush()
}

func (s *stream) extend() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.stopping {
		_ = s.control.SetWriteDeadline(time.Now().Add(s.timeout))
	}
}

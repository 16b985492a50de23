package dashboard

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"time"

	"github.com/wireframework/wireframework/layers/httpserver"
)

const (
	pause   = 100 * time.Millisecond // between two updates of a reader
	pulse   = 3 * time.Second        // between two counts of goroutines, which also show that the node lives
	waiting = 5 * time.Second        // before a reader that was refused should ask again
)

// events is the stream of what changes, as server-sent events: "state" with a [state],
// "goroutines" with the number of each task, and "end" when the server stops. A reader
// that is slow gets fewer of them; one that takes nothing is cut off.
type events struct {
	journal *journal
	census  *census
	timeout time.Duration
	places  chan struct{} // holds one for each reader
}

func newEvents(j *journal, c *census, o Options) *events {
	return &events{journal: j, census: c, timeout: o.ReaderTimeout, places: make(chan struct{}, o.MaxReaders)}
}

func (e *events) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	select {
	case e.places <- struct{}{}:
		defer func() { <-e.places }()
	default:
		w.Header().Set("Retry-After", strconv.Itoa(int(waiting.Seconds())))
		writeError(w, http.StatusServiceUnavailable, fmt.Sprintf("%d pages follow this node already (see the option MaxReaders)", cap(e.places)))
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	s := newStream(w, e.timeout)
	stopping := httpserver.Stopping(r.Context())
	defer s.hurryAfter(stopping)()
	_ = e.follow(r.Context(), s, stopping) // the only error is a client that has gone, or is too slow
}

// follow sends what changes until the server stops or the client has gone.
func (e *events) follow(ctx context.Context, s *stream, stopping <-chan struct{}) error {
	ticker := time.NewTicker(pulse)
	defer ticker.Stop()
	now, changed := e.journal.since(0)
	if err := s.send("state", now); err != nil {
		return err
	}
	counts, err := e.sendCounts(ctx, s, nil)
	for err == nil {
		select {
		case <-changed:
			rest(ctx, stopping) // what happens together is one update
			now, changed = e.journal.since(now.Version)
			err = s.send("state", now)
		case <-ticker.C:
			counts, err = e.sendCounts(ctx, s, counts)
		case <-stopping:
			now, _ = e.journal.since(now.Version)
			_ = s.send("state", now) // if it fails, so does the next
			return s.send("end", struct{}{})
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return err
}

// rest waits for a moment, and not longer than the server goes on.
func rest(ctx context.Context, stopping <-chan struct{}) {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-stopping:
	case <-ctx.Done():
	}
}

// sendCounts sends the numbers of goroutines if they differ from the last ones, and else
// a sign of life.
func (e *events) sendCounts(ctx context.Context, s *stream, last map[string]int) (map[string]int, error) {
	counts, err := e.census.counts(ctx)
	switch {
	case err != nil:
		return last, err
	case maps.Equal(counts, last):
		return last, s.beat()
	default:
		return counts, s.send("goroutines", counts)
	}
}

package otel

import "time"

// calls tells when constructors were called. Events have durations but no times, and
// those of the constructors that the observer itself needs are told to it later, all at
// once: these follow one another from the beginning of the wiring.
type calls struct {
	running bool
	started time.Time // when the start of the one that runs was heard of
	last    time.Time // the end of the one before
}

func (c *calls) start() { c.running, c.started = true, time.Now() }

// finish returns the start and the end of the constructor that has returned.
func (c *calls) finish(d time.Duration) (from, to time.Time) {
	now := time.Now()
	from = now.Add(-d)
	if from.Before(c.started) && c.last.Add(d).Before(now) { // told later
		from = c.last
	}
	c.running, c.last = false, from.Add(d)
	return from, c.last
}

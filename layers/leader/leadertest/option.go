package leadertest

import (
	"testing"
	"time"
)

// Option changes what [Run] checks, and how.
type Option func(*config)

type config struct {
	patience time.Duration
	hold     time.Duration
	virtual  bool
	depose   func(t testing.TB)
}

func newConfig(opts []Option) config {
	c := config{patience: 30 * time.Second, hold: shortHold}
	for _, o := range opts {
		if o != nil {
			o(&c)
		}
	}
	return c
}

// Patience sets how long what has to happen may take. The default is 30 seconds.
func Patience(d time.Duration) Option {
	return func(c *config) { c.patience = d }
}

// Hold sets how long a term has to last while somebody else waits for it, in those checks
// that are about that. More than the lease shows that it is renewed. The default is half
// a second.
func Hold(d time.Duration) Option {
	return func(c *config) { c.hold = d }
}

// Virtual runs each check in a bubble of [testing/synctest], for electors without a
// server.
func Virtual() Option {
	return func(c *config) { c.virtual = true }
}

// Depose adds the checks of a loss. The function takes the leadership away from whoever
// has it in the election that the function given to [Run] has made last, without the
// help of the elector: it removes what the server keeps of the term, say.
func Depose(depose func(t testing.TB)) Option {
	return func(c *config) { c.depose = depose }
}

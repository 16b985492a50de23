package tasktest

import "time"

// Option changes what [Run] checks, and how.
type Option func(*config)

type config struct {
	mayEnd      bool
	drains      bool
	realTime    bool
	runFor      time.Duration // negative if it is not set
	stopTimeout time.Duration
	cleanup     func()
}

func newConfig(opts []Option) config {
	c := config{
		runFor:      -1,
		stopTimeout: 20 * time.Second,
		cleanup:     func() {},
	}
	for _, o := range opts {
		if o != nil {
			o(&c)
		}
	}
	return c
}

// MayEnd says that the task may return nil before the stop although it is of a kind
// whose return stops the service: Regular, Unconstrained or Daemon.
func MayEnd() Option {
	return func(c *config) { c.mayEnd = true }
}

// Drains adds a check for tasks that do something after the stop. The context of
// [task.Drain] ends together with the stop, and the task must return within the tenth
// of a second that a service then grants it; the error of that context is a clean
// return. The check is worth most if the instances have work to finish that takes
// long, such as a request in flight.
func Drains() Option {
	return func(c *config) { c.drains = true }
}

// RunFor sets how long a task runs before it is stopped after a while. The default is
// a minute of virtual time, and 50 milliseconds on a real clock.
func RunFor(d time.Duration) Option {
	return func(c *config) { c.runFor = d }
}

// StopTimeout sets how long the task has to return once it is told to stop. The
// default is 20 seconds, as in a service. The timeout of [task.WithStopTimeout]
// counts before it.
func StopTimeout(d time.Duration) Option {
	return func(c *config) { c.stopTimeout = d }
}

// Cleanup calls f each time an instance of the task has ended, before goroutines are
// counted: to end what the function given to [Run] has started for it.
func Cleanup(f func()) Option {
	return func(c *config) { c.cleanup = f }
}

// RealTime runs the checks on the real clock, outside bubbles of [testing/synctest],
// for tasks that wait for something there, such as a socket or another process.
func RealTime() Option {
	return func(c *config) { c.realTime = true }
}

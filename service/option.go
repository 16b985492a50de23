package service

import (
	"fmt"
	"log/slog"
	"time"
)

// Option configures a service. Durations must not be negative; Build reports one
// that is.
type Option func(*config)

type config struct {
	stopTimeout         time.Duration
	hookTimeout         time.Duration
	shutdownTimeout     time.Duration
	preconditionTimeout time.Duration
	drainDelay          time.Duration
	logger              *slog.Logger
	observers           []Observer
	problems            []error
}

func newConfig(opts []Option) config {
	c := config{
		stopTimeout:     20 * time.Second,
		hookTimeout:     5 * time.Second,
		shutdownTimeout: 30 * time.Second,
	}
	for _, o := range opts {
		if o != nil {
			o(&c)
		}
	}
	if c.logger == nil {
		c.logger = slog.Default()
	}
	return c
}

// StopTimeout sets how long each task has to return, from the moment it is told to
// stop. The default is 20 seconds; zero leaves no time. [task.WithStopTimeout] sets
// it for one task.
func StopTimeout(d time.Duration) Option {
	return duration("StopTimeout", d, func(c *config) { c.stopTimeout = d })
}

// HookTimeout sets how long each shutdown hook may take. The default is 5 seconds.
func HookTimeout(d time.Duration) Option {
	return duration("HookTimeout", d, func(c *config) { c.hookTimeout = d })
}

// ShutdownTimeout bounds the whole stop, from the request to the end of Run: what
// still runs then is given up and named. The default is 30 seconds. Hooks that are
// left when the time is over are still called, but get hardly any.
func ShutdownTimeout(d time.Duration) Option {
	return duration("ShutdownTimeout", d, func(c *config) { c.shutdownTimeout = d })
}

// PreconditionTimeout sets how long the preconditions may take altogether, from
// the moment the tasks start. Then the service fails with [ErrPreconditionTimeout]
// for each that has not succeeded. The default, zero, is no timeout.
func PreconditionTimeout(d time.Duration) Option {
	return duration("PreconditionTimeout", d, func(c *config) { c.preconditionTimeout = d })
}

// DrainDelay sets how long tasks go on after the stop request, while the service
// already reports that it is not ready: the time that load balancers need to notice.
// It applies to a service that was ready and is stopped, whatever the cause; not to one
// whose tasks have all returned. Daemons go on for as long at least. It is part
// of the ShutdownTimeout, which cuts it short a moment before its end. The default is
// zero.
func DrainDelay(d time.Duration) Option {
	return duration("DrainDelay", d, func(c *config) { c.drainDelay = d })
}

func duration(name string, d time.Duration, set Option) Option {
	if d >= 0 {
		return set
	}
	return func(c *config) {
		c.problems = append(c.problems, fmt.Errorf("option %s is negative: %v", name, d))
	}
}

// Logger sets the logger of the service and of its tasks, and the *slog.Logger that
// constructors receive. A layer that provides a *slog.Logger of its own replaces it
// once the service is wired. The default is [slog.Default].
func Logger(l *slog.Logger) Option {
	return func(c *config) { c.logger = l }
}

// Observe adds an observer. It may be given several times.
func Observe(o Observer) Option {
	return func(c *config) {
		if o != nil {
			c.observers = append(c.observers, o)
		}
	}
}

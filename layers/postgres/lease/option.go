package lease

import (
	"errors"
	"fmt"
	"os"
	"time"
)

const (
	defaultElection = "leader"
	defaultLease    = 10 * time.Second
	shortestLease   = 100 * time.Millisecond
	longestRetry    = time.Second
)

// Options says which election it is, and how long a lease lasts.
type Options struct {
	// Election is the name of the election. Those who use one database and give the same
	// name are the candidates. Optional; defaults to "leader".
	Election string `help:"Name of the election." default:"leader" placeholder:"NAME"`

	// Lease is how long a term lasts that is not renewed, and so how long nobody leads
	// after a leader has died. All candidates should have the same. Optional; defaults to
	// 10 s.
	Lease time.Duration `help:"How long a leader that does not answer stays the leader." default:"10s" placeholder:"DURATION"`

	// Retry is how often a candidate looks whether the term of another one is over.
	// Optional; defaults to a fifth of the lease, and at most 1 s.
	Retry time.Duration `kong:"-"`

	// Holder is shown in the table beside the token, for operators. Optional; defaults to
	// the name of the host and the number of the process.
	Holder string `kong:"-"`

	// Name tells this elector from others of the same node: the resource has it, and the
	// layer is called "postgres-leader-NAME". Optional; defaults to none.
	Name string `kong:"-"`

	// Database is the Name of the pool that the election uses. Optional; defaults to the
	// pool without a name.
	Database string `kong:"-"`
}

func (o Options) withDefaults() Options {
	if o.Election == "" {
		o.Election = defaultElection
	}
	if o.Lease == 0 {
		o.Lease = defaultLease
	}
	if o.Retry == 0 {
		o.Retry = min(o.Lease/5, longestRetry)
	}
	if o.Holder == "" {
		host, _ := os.Hostname() // for operators alone
		o.Holder = fmt.Sprintf("%s/%d", host, os.Getpid())
	}
	return o
}

// check reports all that is wrong with the options, defaults included.
func (o Options) check() error {
	var problems []error
	problem := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	if o.Lease < shortestLease {
		problem("Lease %v is too short (give %v or more, or 0 for %v)", o.Lease, shortestLease, defaultLease)
	}
	if o.Retry < 0 || o.Retry > o.Lease && o.Lease >= shortestLease {
		problem("Retry %v is not between 0 and the Lease of %v (leave it out for a fifth of that)", o.Retry, o.Lease)
	}
	return errors.Join(problems...)
}

// patience is how long one answer of the server may take.
func (o Options) patience() time.Duration { return o.Lease / 3 }

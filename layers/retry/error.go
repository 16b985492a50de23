package retry

import (
	"fmt"

	"github.com/cenkalti/backoff/v5"
)

// Error is what a task returns that has been given up.
type Error struct {
	Attempts int   // that have failed in a row
	Err      error // of the last one
}

// Error describes the last error.
func (e *Error) Error() string {
	if e.Attempts == 1 {
		return fmt.Sprintf("%v (after 1 attempt)", e.Err)
	}
	return fmt.Sprintf("%v (after %d attempts)", e.Err, e.Attempts)
}

// Unwrap returns the last error.
func (e *Error) Unwrap() error { return e.Err }

// Permanent marks an error that another attempt will not mend: the task is not run
// again. It is backoff.Permanent; of nil it is nil.
func Permanent(err error) error { return backoff.Permanent(err) }

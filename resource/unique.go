package resource

import (
	"errors"
	"sync"
)

// ErrTaken is returned by [Unique.Take] for a value that has been taken already.
var ErrTaken = errors.New("unique resource is already taken")

// Unique is a resource with one consumer. Every constructor may ask for the
// *Unique; the first that takes the value has it alone. Create one with
// [NewUnique]; the zero value is already taken.
type Unique[T any] struct {
	mu    sync.Mutex // protects following fields
	value T
	here  bool
}

// NewUnique returns a Unique that holds v.
func NewUnique[T any](v T) *Unique[T] {
	return &Unique[T]{value: v, here: true}
}

// Take returns the value the first time it is called, and [ErrTaken] ever after.
// It does not block and is safe for concurrent use: of several callers exactly
// one gets the value.
func (u *Unique[T]) Take() (T, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	var none T
	if !u.here {
		return none, ErrTaken
	}
	v := u.value
	u.value, u.here = none, false
	return v, nil
}

package resource

import "sync"

// Watch is a resource that changes: one or more writers set the latest value and
// any number of readers follow it. Readers that are slow miss values in between
// but never the last one. The zero value holds the zero value of T and is ready
// to use; a Watch must not be copied.
//
//	for {
//		v, changed := w.Get()
//		use(v)
//		select {
//		case <-ctx.Done():
//			return nil
//		case <-changed:
//		}
//	}
type Watch[T any] struct {
	mu      sync.Mutex // protects following fields
	value   T
	changed chan struct{} // closed by the next Set; nil until a reader asks
}

// NewWatch returns a Watch that holds v.
func NewWatch[T any](v T) *Watch[T] {
	return &Watch[T]{value: v}
}

// Set replaces the value and wakes every reader that waits, even if v equals the
// value before. It does not block and is safe for concurrent use.
func (w *Watch[T]) Set(v T) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.value = v
	if w.changed != nil {
		close(w.changed)
		w.changed = nil
	}
}

// Get returns the latest value and a channel that is closed by the first Set
// after this call: level-triggered, so that a change between Get and the wait is
// never missed. It does not block and is safe for concurrent use.
func (w *Watch[T]) Get() (v T, changed <-chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.changed == nil {
		w.changed = make(chan struct{})
	}
	return w.value, w.changed
}

package supervise

import "sync/atomic"

// inbox takes the records of tasks that have ended. Putting one in never blocks, and
// costs the same while 100 000 others do so. Only the loop takes them out.
type inbox struct {
	newest atomic.Pointer[record] // what was put in, linked to what was put in before
	filled chan struct{}          // tells the loop that there is something; has room for one

	oldest *record // what has been turned round already; the loop's
}

func newInbox() inbox { return inbox{filled: make(chan struct{}, 1)} }

func (b *inbox) put(r *record) {
	for {
		before := b.newest.Load()
		r.next = before
		if !b.newest.CompareAndSwap(before, r) {
			continue
		}
		if before == nil {
			select {
			case b.filled <- struct{}{}:
			default: // the loop knows
			}
		}
		return
	}
}

// take returns the record that was put in first, or nil.
func (b *inbox) take() *record {
	if b.oldest == nil {
		for r := b.newest.Swap(nil); r != nil; {
			before := r.next
			r.next, b.oldest = b.oldest, r
			r = before
		}
	}
	r := b.oldest
	if r != nil {
		b.oldest = r.next
	}
	return r
}

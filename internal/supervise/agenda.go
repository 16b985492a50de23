package supervise

import (
	"container/heap"
	"time"
)

// agenda is what the loop has to do at a later time, on one timer for all of it.
// Only the loop uses it.
type agenda struct {
	items items
	count int // of all items ever
	timer *time.Timer
}

type item struct {
	when time.Time
	nr   int // of two for the same moment, the one that was planned first comes first
	do   func()
}

func newAgenda() *agenda {
	a := &agenda{timer: time.NewTimer(0)}
	a.timer.Stop()
	return a
}

// at plans do for the moment when, or for the next round of the loop if that has
// passed.
func (a *agenda) at(when time.Time, do func()) {
	heap.Push(&a.items, item{when, a.count, do})
	a.count++
	if a.items[0].when.Equal(when) {
		a.timer.Reset(time.Until(when))
	}
}

// run does what is due, in order of time and of planning, and winds the timer up for the rest.
func (a *agenda) run() {
	now := time.Now()
	for len(a.items) > 0 && !a.items[0].when.After(now) {
		heap.Pop(&a.items).(item).do()
	}
	if len(a.items) > 0 {
		a.timer.Reset(time.Until(a.items[0].when))
	}
}

func (a *agenda) stop() { a.timer.Stop() }

// items implements heap.Interface.
type items []item

func (s items) Len() int { return len(s) }
func (s items) Less(i, j int) bool {
	if s[i].when.Equal(s[j].when) {
		return s[i].nr < s[j].nr
	}
	return s[i].when.Before(s[j].when)
}
func (s items) Swap(i, j int) { s[i], s[j] = s[j], s[i] }
func (s *items) Push(x any)   { *s = append(*s, x.(item)) }
func (s *items) Pop() any {
	last := len(*s) - 1
	it := (*s)[last]
	(*s)[last] = item{}
	*s = (*s)[:last]
	return it
}

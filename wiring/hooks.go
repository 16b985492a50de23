package wiring

import (
	"context"
	"fmt"
	"sync"
)

// ShutdownHooks takes functions that undo what a constructor has done: close a
// pool, remove a file. Ask for *ShutdownHooks in a constructor.
//
// The hooks of a node run after every task has ended or been abandoned, one after
// the other, the last added first. Each gets a fresh context that is bounded by
// the service's HookTimeout. A hook runs even if the constructor that added it
// fails afterwards.
//
// On the zero value, Add works and nothing is ever run.
type ShutdownHooks struct {
	list  *hookList
	layer string
}

// Add adds a hook. It does not block and is safe for concurrent use, also from
// tasks and hooks; a hook that comes after the last one has run, or after the end of
// the time for the whole stop, is not run, and the service logs its name. It panics if
// fn is nil.
func (h *ShutdownHooks) Add(name string, fn func(context.Context) error) {
	if fn == nil {
		panic(fmt.Sprintf("wiring: shutdown hook %q is nil", name))
	}
	if h.list != nil {
		h.list.add(Hook{Name: name, Layer: h.layer, Run: fn})
	}
}

// Hook is a shutdown hook and where it comes from.
type Hook struct {
	Name  string
	Layer string
	Run   func(context.Context) error
}

// hookList is the stack of hooks of one build.
type hookList struct {
	mu     sync.Mutex // protects following fields
	hooks  []Hook
	closed bool
	late   func(Hook) // called for hooks that come after the end
}

func (l *hookList) add(h Hook) {
	l.mu.Lock()
	closed := l.closed
	if !closed {
		l.hooks = append(l.hooks, h)
	}
	l.mu.Unlock()
	if closed && l.late != nil {
		l.late(h)
	}
}

// close makes all hooks late that are added from now on.
func (l *hookList) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
}

// pop takes the last hook. If there is none, the list is closed.
func (l *hookList) pop() (h Hook, left int, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	last := len(l.hooks) - 1
	if last < 0 {
		l.closed = true
		return Hook{}, 0, false
	}
	h = l.hooks[last]
	l.hooks[last] = Hook{}
	l.hooks = l.hooks[:last]
	return h, last, true
}

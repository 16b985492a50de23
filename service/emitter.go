package service

import (
	"context"
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"
)

// emitter hands events to the log and the observers: one at a time, in order, and
// never under a lock. Whoever emits an event while another goroutine delivers
// leaves it to that one.
type emitter struct {
	observers []Observer // immutable
	layers    bool       // layers have observers too; immutable
	logger    *atomic.Pointer[slog.Logger]

	// Whoever delivers owns these.
	past    []Event    // for the observers of layers, while they are not built
	members []Observer // of layers
	joined  bool       // they are built

	mu     sync.Mutex // protects following fields
	queue  []Event
	busy   bool // somebody delivers
	closed bool
}

func newEmitter(observers []Observer, logger *atomic.Pointer[slog.Logger]) *emitter {
	return &emitter{observers: observers, logger: logger}
}

// verbose reports whether anybody wants the events that there are many of.
func (e *emitter) verbose() bool {
	if len(e.observers) > 0 || e.layers {
		return true
	}
	debug := false
	e.log(func(l *slog.Logger) { debug = l.Enabled(context.Background(), slog.LevelDebug) })
	return debug
}

func (e *emitter) emit(ev Event) {
	e.mu.Lock()
	if e.closed {
		e.mu.Unlock()
		return
	}
	e.queue = append(e.queue, ev)
	if e.busy {
		e.mu.Unlock()
		return
	}
	e.busy = true
	defer func() { // also if an observer exits the goroutine
		e.busy = false
		e.mu.Unlock()
	}()
	for len(e.queue) > 0 {
		next := e.queue[0]
		e.queue = e.queue[1:]
		e.deliverUnlocked(next)
	}
	e.queue = nil
}

// deliverUnlocked gives up the lock for as long as it calls foreign code.
func (e *emitter) deliverUnlocked(ev Event) {
	e.mu.Unlock()
	defer e.mu.Lock()
	e.deliver(ev)
}

// close drops the events of goroutines that were given up.
func (e *emitter) close() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.closed = true
}

func (e *emitter) deliver(ev Event) {
	if joined, ok := ev.(observersJoined); ok {
		e.join(joined)
		return
	}
	e.guarded(func() { logEvent(e.logger.Load(), ev) })
	for _, o := range e.observers {
		e.guarded(func() { o(ev) })
	}
	for _, o := range e.members {
		e.guarded(func() { o(ev) })
	}
	if e.layers && !e.joined {
		e.past = append(e.past, ev)
	}
}

// observersJoined is no event for anybody: it hands the observers of layers to
// whoever delivers, at their place among the events.
type observersJoined []Observer

func (observersJoined) event() {}

// join tells the observers of layers what they have missed.
func (e *emitter) join(observers observersJoined) {
	past := e.past
	e.past, e.members, e.joined = nil, observers, true
	for _, ev := range past {
		for _, o := range observers {
			e.guarded(func() { o(ev) })
		}
	}
}

// log writes to the log what is no event.
func (e *emitter) log(write func(*slog.Logger)) {
	e.guarded(func() { write(e.logger.Load()) })
}

// guarded keeps a panic of an observer, or of a log handler, from stopping the node.
func (e *emitter) guarded(f func()) {
	defer func() {
		if v := recover(); v != nil {
			defer func() { _ = recover() }() // the log handler itself panics
			e.logger.Load().Error("observer panicked", "panic", v, "stack", string(debug.Stack()))
		}
	}()
	f()
}

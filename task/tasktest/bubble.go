package tasktest

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// patience is how long a check may take on the real clock in its bubble, where it
// takes milliseconds. What takes longer waits for something outside.
var patience = 20 * time.Second

// bubble calls f in a bubble, and returns what f returns. It does not wait for ever if
// the bubble does, because something in it waits for the world outside.
func (s *suite) bubble(t *testing.T, f func(testing.TB) bool) bool {
	t.Helper()
	done := make(chan struct{})
	var good bool // this and the next are to be read once done is closed
	var value any // of a panic
	go func() {
		defer close(done)
		defer func() { value = recover() }()
		synctest.Test(t, func(t *testing.T) { good = f(t) }) // ends this goroutine if f fails the test
	}()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
		s.stuck = true
		t.Fatalf("%s waits for something outside of its bubble of virtual time, such as a socket, another process, or a channel made elsewhere (make all that it needs in the function given to tasktest.Run, or give tasktest.RealTime)", s.name)
	}
	if value == nil || t.Failed() && isDeadlock(value) {
		return good
	}
	panic(value)
}

// isDeadlock reports whether a bubble has panicked because of what is left in it:
// no news if the test has failed.
func isDeadlock(value any) bool {
	err, ok := value.(error)
	return ok && strings.HasPrefix(err.Error(), "deadlock:")
}

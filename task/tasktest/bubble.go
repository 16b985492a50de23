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

// bubble calls f in a bubble. It does not wait for ever if the bubble does, because
// something in it waits for the world outside.
func (s *suite) bubble(t *testing.T, f func(*testing.T)) {
	t.Helper()
	done := make(chan struct{})
	var value any // of a panic; set before done is closed
	go func() {
		defer close(done)
		defer func() { value = recover() }()
		synctest.Test(t, f) // ends this goroutine if f fails the test
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
		return
	}
	panic(value)
}

// isDeadlock reports whether a bubble has panicked because of what is left in it:
// no news if the test has failed.
func isDeadlock(value any) bool {
	err, ok := value.(error)
	return ok && strings.HasPrefix(err.Error(), "deadlock:")
}

package supervise

import (
	"fmt"
	"time"
)

// State is where a task is in its life; the package comment draws it.
type State uint8

// The states of a task.
const (
	Pending State = iota
	Running
	Stopping
	Done
	Failed
	Skipped
	Abandoned
)

// next holds, for each state, the states that may follow it.
var next = [...][]State{
	Pending:   {Running, Skipped},
	Running:   {Stopping, Done, Failed, Skipped, Abandoned},
	Stopping:  {Done, Failed, Skipped, Abandoned},
	Done:      {},
	Failed:    {},
	Skipped:   {},
	Abandoned: {},
}

func mustFollow(from, to State) {
	for _, s := range next[from] {
		if s == to {
			return
		}
	}
	panic(fmt.Sprintf("supervise: a task cannot go from state %d to %d", from, to))
}

// life is a state and since when, in one word, so that whoever asks for the status
// never makes the loop wait.
type life uint64

const stateBits = 3

func newLife(s State, since time.Duration) life {
	return life(since)<<stateBits | life(s) //nolint:gosec // a run is not older than 70 years
}

func (l life) state() State         { return State(l & (1<<stateBits - 1)) }
func (l life) since() time.Duration { return time.Duration(l >> stateBits) } //nolint:gosec // see newLife

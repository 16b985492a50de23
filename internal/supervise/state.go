package supervise

import "fmt"

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

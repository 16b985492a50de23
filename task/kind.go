package task

import (
	"fmt"
	"slices"
	"strconv"
)

// Kind says how a service treats a task: whether it waits for the gate, what
// its return means, and when it is told to stop. The table is in the package
// documentation.
type Kind uint8

const (
	// Regular tasks wait for the gate and run until the stop. It is the zero
	// value.
	Regular Kind = iota

	// Oneshot tasks wait for the gate and may return nil whenever they are done.
	Oneshot

	// Precondition tasks run at once; the gate opens when all of them have
	// returned nil.
	Precondition

	// Unconstrained tasks are regular tasks that do not wait for the gate.
	Unconstrained

	// UnconstrainedOneshot tasks are oneshots that do not wait for the gate. They
	// often make a precondition come true, by a set-up that one node does and all
	// nodes wait for.
	UnconstrainedOneshot

	// Daemon tasks do not wait for the gate, do not keep the service alive, and
	// are told to stop only after all other tasks have ended: health, metrics and
	// debug servers, which must answer while the node drains.
	Daemon
)

var kindNames = [...]string{
	Regular:              "task",
	Oneshot:              "oneshot",
	Precondition:         "precondition",
	Unconstrained:        "unconstrained",
	UnconstrainedOneshot: "unconstrained-oneshot",
	Daemon:               "daemon",
}

// String returns the name of the kind for logs and pages, such as "oneshot";
// Regular is "task".
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "kind(" + strconv.Itoa(int(k)) + ")"
}

// MarshalText makes the kind its name in JSON.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText is the reverse of MarshalText. An unknown name is an error.
func (k *Kind) UnmarshalText(text []byte) error {
	i := slices.Index(kindNames[:], string(text))
	if i < 0 {
		return fmt.Errorf("unknown kind of task %q", text)
	}
	*k = Kind(i) //nolint:gosec // there are few
	return nil
}

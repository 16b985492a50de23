package wiring

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"slices"

	"github.com/wireframework/wireframework/task"
)

// DuplicateTaskError is an ID that several tasks have.
type DuplicateTaskError struct {
	ID        task.ID
	Providers []Source // of the tasks, in registration order
}

func (e *DuplicateTaskError) Error() string { return withHint(e.text(), e.hint()) }

func (e *DuplicateTaskError) text() string {
	return fmt.Sprintf("task %q is provided %s", e.ID, timesBy(e.Providers))
}

func (e *DuplicateTaskError) hint() string      { return "give one of them another ID" }
func (e *DuplicateTaskError) details() []string { return hintLine(e.hint()) }
func (e *DuplicateTaskError) places() []string  { return placeLines(e.Providers...) }

// Result returns the tasks in registration order, and a report of what failed.
// Errors that a constructor returned because the build was halted are left out.
func (b *Build) Result() ([]Task, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	problems := b.failures()
	roots := len(problems)
	blocked := b.countBlocked()
	problems = append(problems, b.problems...)
	problems = append(problems, duplicateTasks(b.tasks)...)
	switch {
	case len(problems) == 0:
		return slices.Clip(b.tasks), nil // they do not change any more
	case roots == 0:
		return nil, newReport(problems)
	}
	r := newReport(problems)
	r.head = "wiring: 1 root failure"
	if len(problems) > 1 {
		r.head = fmt.Sprintf("wiring: %d root failures", len(problems))
	}
	if blocked > 0 {
		verb := map[bool]string{true: "blocks", false: "block"}[len(problems) == 1]
		noun := map[bool]string{true: "constructor", false: "constructors"}[blocked == 1]
		r.head += fmt.Sprintf(" %s %d %s", verb, blocked, noun)
	}
	return nil, r
}

func (b *Build) failures() []error {
	var problems []error
	var dependants map[*node][]*node
	for _, n := range b.plan.nodes {
		o := &b.outcomes[n.index]
		if o.state != failed || o.halted && b.isHalt(o.err) {
			continue
		}
		if dependants == nil {
			dependants = b.dependants()
		}
		problems = append(problems, &ConstructorError{Source: n.source(), Err: o.err, Blocks: blockedBy(n, dependants)})
	}
	return problems
}

// isHalt reports whether a constructor that was interrupted returned just that. To
// panic with it is a panic.
func (b *Build) isHalt(err error) bool {
	if _, panicked := errors.AsType[*task.PanicError](err); panicked {
		return false
	}
	return errors.Is(err, context.Canceled) || b.cause != nil && errors.Is(err, b.cause)
}

func (b *Build) countBlocked() int {
	count := 0
	for i := range b.outcomes {
		if b.outcomes[i].state == blocked && b.plan.nodes[i].label == "" {
			count++
		}
	}
	return count
}

// dependants returns, for each node, the blocked ones that need it.
func (b *Build) dependants() map[*node][]*node {
	dependants := make(map[*node][]*node)
	for _, n := range b.plan.nodes {
		if b.outcomes[n.index].state != blocked || n.label != "" {
			continue
		}
		for _, dep := range n.hard() {
			dependants[dep] = append(dependants[dep], n)
		}
	}
	return dependants
}

// blockedBy returns what is blocked by the failure of a node, in registration
// order.
func blockedBy(cause *node, dependants map[*node][]*node) []Source {
	var hit []*node
	seen := map[*node]bool{cause: true}
	for todo := []*node{cause}; len(todo) > 0; {
		n := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, d := range dependants[n] {
			if !seen[d] {
				seen[d] = true
				hit = append(hit, d)
				todo = append(todo, d)
			}
		}
	}
	slices.SortFunc(hit, func(a, b *node) int { return a.index - b.index })
	blocks := make([]Source, len(hit))
	for i, n := range hit {
		blocks[i] = n.source()
	}
	return blocks
}

// duplicateTasks finds tasks of one ID. Where there are none, hashes tell that at a
// fraction of what a map of the IDs costs.
func duplicateTasks(tasks []Task) []error {
	hashes, seed := make(map[uint64]struct{}, len(tasks)), maphash.MakeSeed()
	for i := range tasks {
		hashes[maphash.String(seed, string(tasks[i].ID))] = struct{}{}
	}
	if len(hashes) == len(tasks) {
		return nil
	}
	ids := make(map[task.ID][]*node)
	for i := range tasks {
		t := &tasks[i]
		ids[t.ID] = append(ids[t.ID], t.node)
	}
	var problems []error
	for i := range tasks {
		id := tasks[i].ID
		if len(ids[id]) < 2 {
			continue
		}
		err := &DuplicateTaskError{ID: id}
		for _, n := range ids[id] {
			err.Providers = append(err.Providers, n.source())
		}
		problems = append(problems, err)
		delete(ids, id)
	}
	return problems
}

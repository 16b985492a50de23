package wiring

import (
	"errors"
	"fmt"
	"reflect"
	"slices"

	"github.com/wireframework/wireframework/internal/failure"
	"github.com/wireframework/wireframework/task"
)

// collect takes the tasks that the node has returned.
func (b *Build) collect(n *node) {
	values := b.outcomes[n.index].values
	if values == nil {
		return
	}
	var tasks []Task
	returned := false
	defer func() {
		if !returned {
			b.taskProblem(&ConstructorError{Source: n.source(), Err: fmt.Errorf("asking its task for ID and kind: %w", failure.Caught(recover()))})
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		if b.tasks == nil {
			b.tasks = tasks
			return
		}
		b.tasks = append(b.tasks, tasks...)
	}()
	for i := range n.results {
		r := &n.results[i]
		if !r.task {
			continue
		}
		add := func(t Task, err error) {
			if err != nil {
				b.taskProblem(&ConstructorError{Source: n.source(), Err: err})
				return
			}
			t.Layer, t.node = n.layer.name, n
			tasks = append(tasks, t)
		}
		if all, ok := r.of(values).Interface().([]task.Task); ok { // there may be 100 000
			tasks = slices.Grow(tasks, len(all))
			for _, t := range all {
				add(taskOf(t))
			}
			continue
		}
		r.each(values, func(v reflect.Value) {
			t, _ := v.Interface().(task.Task)
			add(taskOf(t))
		})
	}
	returned = true
}

var (
	errNilTask = errors.New("returned a nil task")
	errNoID    = errors.New("returned a task without an ID")
)

// taskOf reads ID and kind from a task, once.
func taskOf(t task.Task) (Task, error) {
	if t == nil || isNilPointer(t) {
		return Task{}, errNilTask
	}
	read := Task{Task: t, ID: t.ID(), Kind: t.Kind()}
	switch {
	case read.ID == "":
		return Task{}, errNoID
	case read.Kind > task.Daemon:
		return Task{}, fmt.Errorf("returned task %q of the unknown %v", read.ID, read.Kind)
	}
	return read, nil
}

func isNilPointer(t task.Task) bool {
	v := reflect.ValueOf(t)
	return v.Kind() == reflect.Pointer && v.IsNil()
}

func (b *Build) taskProblem(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.problems = append(b.problems, err)
}

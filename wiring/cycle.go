package wiring

import "slices"

// checkCycles reports one cycle for each knot of nodes that depend on each other.
// By dig's rules the members of a soft group and optional resources count.
func (v *verifier) checkCycles() {
	counts := func(n *node) bool { return n.needed || !v.relaxed() }
	for _, knot := range knots(v.plan.nodes, counts) {
		v.problemOf(knot[0], newCycleError(shortestCycle(knot)))
	}
}

// knots returns the sets of nodes that reach each other, each in registration
// order, by Tarjan's algorithm without recursion. It looks at nodes that count.
func knots(nodes []*node, counts func(*node) bool) [][]*node {
	type visit struct {
		node *node
		next int // index of the dependency to look at next
	}
	var (
		found  [][]*node
		order  = make([]int, len(nodes)) // of the first visit, from 1
		low    = make([]int, len(nodes)) // the earliest visit that can be reached
		onPath = make([]bool, len(nodes))
		path   []*node
		todo   []visit
		count  int
	)
	enter := func(n *node) {
		count++
		order[n.index], low[n.index], onPath[n.index] = count, count, true
		path = append(path, n)
		todo = append(todo, visit{node: n})
	}
	for _, start := range nodes {
		if order[start.index] == 0 && counts(start) {
			enter(start)
		}
		for len(todo) > 0 {
			at := &todo[len(todo)-1]
			i := at.node.index
			if at.next < len(at.node.deps) {
				dep := at.node.deps[at.next]
				at.next++
				switch {
				case !counts(dep):
				case order[dep.index] == 0:
					enter(dep)
				case onPath[dep.index]:
					low[i] = min(low[i], order[dep.index])
				}
				continue
			}
			n := at.node
			todo = todo[:len(todo)-1]
			if len(todo) > 0 {
				parent := todo[len(todo)-1].node.index
				low[parent] = min(low[parent], low[i])
			}
			if low[i] != order[i] {
				continue
			}
			start := len(path) - 1 // the knot is the end of the path
			for path[start] != n {
				start--
			}
			knot := path[start:]
			path = path[:start]
			for _, m := range knot {
				onPath[m.index] = false
			}
			if len(knot) > 1 || slices.Contains(n.deps, n) {
				knot = slices.Clone(knot)
				slices.SortFunc(knot, func(a, b *node) int { return a.index - b.index })
				found = append(found, knot)
			}
		}
	}
	return found
}

// shortestCycle returns the shortest way from the first node of a knot back to
// itself.
func shortestCycle(knot []*node) []*node {
	first := knot[0]
	from := make(map[*node]*node) // where the search came from
	queue := []*node{first}
	for len(queue) > 0 {
		n := queue[0]
		queue = queue[1:]
		for _, dep := range n.deps {
			if dep == first {
				cycle := []*node{n}
				for n != first {
					n = from[n]
					cycle = append(cycle, n)
				}
				slices.Reverse(cycle)
				return cycle
			}
			if from[dep] == nil { // outside the knot nothing leads back to first
				from[dep] = n
				queue = append(queue, dep)
			}
		}
	}
	return knot // not reached: in a knot every node reaches itself
}

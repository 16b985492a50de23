package wiring

import (
	"fmt"
	"slices"

	"github.com/wireframework/wireframework/resource"
)

// provide decides who provides each resource.
func (v *verifier) provide() {
	total := 0
	for _, n := range v.plan.nodes {
		for i := range n.results {
			total += len(n.results[i].ids)
		}
	}
	provided := make(map[resource.ID][]*node, total)
	first := make([]*node, total) // most resources have one provider: a piece of this is its list
	var contested []resource.ID   // single resources that several provide
	for _, n := range v.plan.nodes {
		for i := range n.results {
			for _, id := range n.results[i].ids {
				switch all := provided[id]; {
				case len(all) == 0:
					first[0] = n
					provided[id], first = first[:1:1], first[1:]
				case all[len(all)-1] != n: // it may have several members of a group
					provided[id] = append(all, n)
					if len(all) == 1 && id.Group == "" {
						contested = append(contested, id)
					}
				}
			}
		}
	}
	v.plan.provided = provided
	if len(contested) == 0 {
		return
	}
	slices.SortStableFunc(contested, func(a, b resource.ID) int { return provided[a][0].index - provided[b][0].index })
	reported := make(map[*node]bool)
	for _, id := range contested {
		provided[id] = v.choose(id, provided[id], reported)
	}
	v.dropUnused()
}

// choose returns the provider of a resource that several provide.
func (v *verifier) choose(id resource.ID, all []*node, reported map[*node]bool) []*node {
	best := slices.MinFunc(all, func(a, b *node) int { return int(a.opts.rank) - int(b.opts.rank) }).opts.rank
	var chosen, others []*node
	for _, n := range all {
		if n.opts.rank == best {
			chosen = append(chosen, n)
		} else {
			others = append(others, n)
		}
	}
	if len(chosen) > 1 {
		err := &DuplicateError{Resource: id, Default: best >= byDefault}
		for _, n := range chosen {
			err.Providers = append(err.Providers, n.source())
			if n.layer.rank == override {
				err.edits++
			}
		}
		v.problemOf(chosen[1], err)
	}
	v.overridden[id] = best == override && len(others) > 0
	for _, n := range others {
		n.hide(id)
		if reported[n] || best != normal {
			continue
		}
		if rest := v.unreplaced(n); len(rest) > 0 {
			reported[n] = true
			v.problemOf(n, partError(n, id, rest, chosen[0]))
		}
	}
	return chosen[:1]
}

// hide takes a resource from the node that somebody else provides.
func (n *node) hide(id resource.ID) {
	for i := range n.results {
		r := &n.results[i]
		if at := slices.Index(r.ids, id); at >= 0 {
			r.ids = slices.Delete(slices.Clone(r.ids), at, at+1)
			n.replaced, n.reshaped = true, true
		}
	}
}

// unreplaced returns the resources of a default that no layer provides instead.
func (v *verifier) unreplaced(n *node) []string {
	var rest []string
	for _, r := range n.results {
		for _, id := range r.ids {
			if id.Group == "" && !slices.ContainsFunc(v.plan.provided[id], func(o *node) bool { return o.opts.rank < n.opts.rank }) {
				rest = append(rest, id.String())
			}
		}
	}
	return rest
}

// partError says that a layer provides only one of the resources of a default.
func partError(n *node, id resource.ID, rest []string, by *node) error {
	all := append([]string{id.String()}, rest...)
	return &RegistrationError{
		Source: n.source(),
		Reason: fmt.Sprintf("is the default of %s, but %v provides only %v", join(all), by.source(), id),
		Hint:   "replace all of a default or none, or register its resources one by one",
	}
}

// dropUnused takes out the nodes of which nothing is left: defaults that are
// replaced, with what they add to groups, and constructors whose results a test kit
// provides.
func (v *verifier) dropUnused() {
	for _, n := range v.plan.nodes {
		n.dropped = n.replaced && !slices.ContainsFunc(n.results, func(r result) bool {
			return slices.ContainsFunc(r.ids, func(id resource.ID) bool {
				return id.Group == "" || n.opts.rank < byDefault
			})
		})
	}
	for id, all := range v.plan.provided {
		v.plan.provided[id] = slices.DeleteFunc(all, func(n *node) bool { return n.dropped })
	}
}

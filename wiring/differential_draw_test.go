package wiring_test

import (
	"pgregory.net/rapid"
)

// Generators. Most graphs are to be right, so most parameters ask for something that
// a constructor of a higher index provides.

func chance(t *rapid.T, percent int, what string) bool {
	return rapid.IntRange(0, 99).Draw(t, what) >= 100-percent // shrinks to no
}

func drawGraph(t *rapid.T) graph {
	sorts := rapid.IntRange(3, len(pool30)).Draw(t, "sorts")
	g := graph{ctors: make([]ctor, rapid.IntRange(1, 10).Draw(t, "constructors"))}
	provided := make(map[string]bool)
	for i := range g.ctors {
		c := drawResults(t, sorts)
		for range 10 {
			if !c.repeats(provided) || chance(t, 2, "duplicate") {
				break
			}
			c = drawResults(t, sorts)
		}
		for _, s := range c.offers() {
			provided[s.String()] = true
		}
		g.ctors[i] = c
	}
	for i := range g.ctors {
		from := i + 1
		if chance(t, 4, "backwards") {
			from = 0
		}
		g.ctors[i].drawParams(t, sorts, g.ctors[from:])
	}
	g.invokes = make([]ctor, rapid.IntRange(1, 4).Draw(t, "invokes"))
	for i := range g.invokes {
		g.invokes[i].drawParams(t, sorts, g.ctors)
	}
	return g
}

func drawName(t *rapid.T) string {
	return rapid.SampledFrom([]string{"", "", "a", "b"}).Draw(t, "name")
}
func drawGroup(t *rapid.T) string { return rapid.SampledFrom([]string{"g", "h"}).Draw(t, "group") }

func drawResults(t *rapid.T, sorts int) ctor {
	c := ctor{withError: chance(t, 30, "error")}
	sorted := func() int { return rapid.IntRange(0, sorts-1).Draw(t, "sort") }
	switch rapid.IntRange(0, 3).Draw(t, "results") {
	case 0: // one, perhaps as an interface
		s := slot{sort: sorted()}
		c.as = pool30[s.sort].as != 0 && chance(t, 60, "as")
		c.out = []slot{s}
		c.options.name = drawName(t)
	case 1: // several
		for range rapid.IntRange(1, 3).Draw(t, "n") {
			c.out = append(c.out, slot{sort: sorted()})
		}
		c.options.name = drawName(t)
	case 2: // members of a group
		s := slot{sort: sorted()}
		c.options.group = drawGroup(t)
		c.options.flatten = chance(t, 30, "flatten")
		c.as = !c.options.flatten && pool30[s.sort].as != 0 && chance(t, 60, "as")
		c.out = []slot{s}
	default:
		c.out = []slot{{object: drawOut(t, sorted, 2)}}
	}
	return c
}

func drawOut(t *rapid.T, sorted func() int, depth int) []slot {
	fields := []slot{}
	for range rapid.IntRange(1, 3).Draw(t, "fields") {
		switch {
		case depth > 0 && chance(t, 10, "nested"):
			fields = append(fields, slot{object: drawOut(t, sorted, depth-1)})
		case chance(t, 50, "grouped"):
			fields = append(fields, slot{sort: sorted(), group: drawGroup(t), flatten: chance(t, 30, "flatten")})
		default:
			fields = append(fields, slot{sort: sorted(), name: drawName(t)})
		}
	}
	return fields
}

// repeats reports whether the constructor provides something that is provided.
func (c ctor) repeats(provided map[string]bool) bool {
	own := make(map[string]bool)
	for _, s := range c.offers() {
		if s.group == "" && (provided[s.String()] || own[s.String()]) {
			return true
		}
		own[s.String()] = true
	}
	return false
}

func (c *ctor) drawParams(t *rapid.T, sorts int, providers []ctor) {
	var offers []slot
	for _, p := range providers {
		offers = append(offers, p.offers()...)
	}
	for range rapid.IntRange(0, 3).Draw(t, "parameters") {
		if chance(t, 50, "object") {
			c.in = append(c.in, slot{object: drawIn(t, sorts, offers, 2)})
		} else if s := drawParam(t, sorts, offers); s.tag() == "" {
			c.in = append(c.in, s)
		}
	}
	c.variadic = chance(t, 10, "variadic")
}

func drawIn(t *rapid.T, sorts int, offers []slot, depth int) []slot {
	fields := []slot{}
	for range rapid.IntRange(1, 3).Draw(t, "fields") {
		if depth > 0 && chance(t, 10, "nested") {
			fields = append(fields, slot{object: drawIn(t, sorts, offers, depth-1)})
		} else {
			fields = append(fields, drawParam(t, sorts, offers))
		}
	}
	return fields
}

func drawParam(t *rapid.T, sorts int, offers []slot) slot {
	var s slot
	if len(offers) > 0 && !chance(t, 3, "anything") {
		s = rapid.SampledFrom(offers).Draw(t, "offer")
	} else {
		s = slot{sort: rapid.IntRange(0, sorts-1).Draw(t, "sort"), optional: chance(t, 90, "absent")}
	}
	s.flatten = false
	if s.group != "" {
		s.soft = chance(t, 30, "soft")
	} else if !s.optional {
		s.optional = chance(t, 15, "optional")
	}
	return s
}

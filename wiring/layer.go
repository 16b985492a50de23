package wiring

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Layer is a piece of a node: it registers the resources and tasks that belong
// together.
type Layer interface {
	// Name is what operators read in logs and errors: lower-case words and
	// hyphens, such as "postgres-pool". It is unique in a node.
	Name() string

	// Wire registers what the layer has. It performs no I/O and must not keep the
	// registry. An error is for bad configuration.
	Wire(r *Registry) error
}

// NewLayer returns a layer that registers with a function. It panics if wire is
// nil.
func NewLayer(name string, wire func(*Registry) error) Layer {
	if wire == nil {
		panic(fmt.Sprintf("wiring: NewLayer(%q) needs a function, got nil", name))
	}
	return &funcLayer{name: name, wire: wire}
}

type funcLayer struct {
	name string
	wire func(*Registry) error
}

func (l *funcLayer) Name() string           { return l.name }
func (l *funcLayer) Wire(r *Registry) error { return l.wire(r) }

// Bundle returns several layers as one, for the parts that deployments share. The
// layers keep their own names in errors and graphs; replacing, removing or
// selecting the bundle's name means all of them. A layer that is part of two
// bundles counts once.
func Bundle(name string, layers ...Layer) Layer {
	return &bundle{name: name, layers: slices.Clone(layers)}
}

type bundle struct {
	name   string
	layers []Layer
	off    Layer // what would be here, if it were not switched off
}

func (b *bundle) Name() string { return b.name }

// Wire wires the layers in their order, for whoever calls it by hand; an
// [Assembly] takes the bundle apart instead.
func (b *bundle) Wire(r *Registry) error {
	for _, l := range b.layers {
		if err := l.Wire(r); err != nil {
			return fmt.Errorf("%s: %w", l.Name(), err)
		}
	}
	return nil
}

// Choose returns the option for value, the value of a setting of the
// configuration. For an unknown value the layer it returns is an error, which
// Build reports with the known values.
func Choose(setting, value string, options map[string]Layer) Layer {
	l, ok := options[value]
	if ok && !isNil(l) {
		return l
	}
	if ok {
		return noChoice{setting, fmt.Sprintf("the layer for %s %q is nil (an empty wiring.Bundle registers nothing)", setting, value)}
	}
	known := slices.Sorted(maps.Keys(options))
	for i, k := range known {
		known[i] = fmt.Sprintf("%q", k)
	}
	hint := "known: " + strings.Join(known, ", ")
	if len(known) == 0 {
		hint = "none is known"
	}
	if near := nearest(value, slices.Collect(maps.Keys(options))); near != "" {
		hint = fmt.Sprintf("did you mean %q? %s", near, hint)
	}
	return noChoice{setting, fmt.Sprintf("unknown %s %q (%s)", setting, value, hint)}
}

// noChoice is a choice that cannot be made. Two for one reason are equal.
type noChoice struct{ setting, reason string }

func (c noChoice) Name() string         { return c.setting }
func (c noChoice) Wire(*Registry) error { return errors.New(c.reason) }

// If returns l if cond is true, and else a layer that registers nothing. To replace or
// remove what is switched off has no effect.
func If(cond bool, l Layer) Layer {
	if cond {
		return l
	}
	return &bundle{name: "none", off: l}
}

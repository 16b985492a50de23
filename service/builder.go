package service

import (
	"log/slog"
	"slices"

	"github.com/wireframework/wireframework/internal/supervise"
	"github.com/wireframework/wireframework/resource"
	"github.com/wireframework/wireframework/wiring"
)

// Builder composes a service from layers. Its methods return the builder, record
// mistakes for Build, and are not safe for concurrent use.
type Builder struct {
	assembly *wiring.Assembly
	opts     []Option
}

// NewBuilder returns a builder without layers.
func NewBuilder(opts ...Option) *Builder {
	return &Builder{assembly: new(wiring.Assembly), opts: opts}
}

// AddLayer adds layers. Their order decides the order of registration: in which
// tasks start and constructors are built where the graph leaves a choice. It never
// decides who provides a resource.
func (b *Builder) AddLayer(layers ...wiring.Layer) *Builder {
	b.assembly.Add(layers...)
	return b
}

// ReplaceLayer puts l in the place of the layer, or the bundle, of that name. If it is
// switched off, by [wiring.If], it stays so.
func (b *Builder) ReplaceLayer(name string, l wiring.Layer) *Builder {
	b.assembly.Replace(name, l)
	return b
}

// RemoveLayer takes out the layer, or all layers of the bundle, of that name.
func (b *Builder) RemoveLayer(name string) *Builder {
	b.assembly.Remove(name)
	return b
}

// Clone returns an independent copy of the builder, with options that apply before
// its own. Test kits use it to leave the original alone.
func (b *Builder) Clone(defaults ...Option) *Builder {
	return &Builder{assembly: b.assembly.Clone(), opts: slices.Concat(defaults, b.opts)}
}

// Assembly returns the layers of the builder, for tools and test kits that change
// the graph below the level of layers.
func (b *Builder) Assembly() *wiring.Assembly { return b.assembly }

// Build asks every layer for its registrations and verifies them as a graph. It
// calls no constructor and does no I/O. The error holds all problems at once;
// errors.As finds each. Build may be called again, for another service.
func (b *Builder) Build() (*Service, error) {
	s := &Service{
		config: newConfig(b.opts),
		stop:   supervise.NewStop(),
		ready:  make(chan struct{}),
	}
	s.logger.Store(s.config.logger)
	s.events = newEmitter(s.config.observers, &s.logger)
	s.setPhase(PhaseBuilt)

	a := b.assembly.Clone()
	for _, err := range s.config.problems {
		a.Fail(err)
	}
	a.Fallback(wiring.NewLayer("service", func(r *wiring.Registry) error {
		r.Supply(s, wiring.As[Handle]())
		r.Supply(s.config.logger)
		return nil
	}))
	a.Want(observerGroup, s.setObservers)
	a.Want(resource.IDOf[*slog.Logger](), s.setLogger)

	plan, err := a.Verify()
	if err != nil {
		return nil, err
	}
	s.plan, s.build = plan, plan.NewBuild()
	s.events.layers = plan.Provides(observerGroup)
	for _, name := range plan.Layers() {
		s.events.emit(LayerRegistered{Layer: name})
	}
	return s, nil
}

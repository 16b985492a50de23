package wiring

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/wireframework/wireframework/resource"
)

// MissingError is a resource that a constructor needs and no layer provides.
type MissingError struct {
	Source   // of the constructor
	Resource resource.ID
	Hint     string          // what was probably meant; may be empty
	Alike    []*MissingError // others with this hint, when a layer could not say what it provides
}

func (e *MissingError) Error() string { return withHint(e.text(), e.Hint) }

func (e *MissingError) text() string {
	return fmt.Sprintf("%v needs %v, which no layer provides", e.Source, e.Resource)
}

func (e *MissingError) details() []string {
	lines := hintLine(e.Hint)
	if len(e.Alike) == 0 {
		return lines
	}
	var others []string
	for _, other := range e.Alike {
		others = append(others, fmt.Sprintf("layer %q: %s (%v)", other.Layer, other.Function, other.Resource))
	}
	return append(lines, "so do "+strings.Join(others, "; "))
}

func (e *MissingError) places() []string {
	sources := []Source{e.Source}
	for _, other := range e.Alike {
		sources = append(sources, other.Source)
	}
	return placeLines(sources...)
}

// DuplicateError is a resource that is provided more than once.
type DuplicateError struct {
	Resource  resource.ID
	Providers []Source // in registration order
	Default   bool     // all of them are defaults

	edits int // how many of them are of a test kit
}

func (e *DuplicateError) Error() string { return withHint(e.text(), e.hint()) }

func (e *DuplicateError) text() string {
	what := "is provided"
	if e.Default {
		what = "has a default"
	}
	return fmt.Sprintf("resource %v %s %s", e.Resource, what, timesBy(e.Providers))
}

// timesBy reads: twice: by layer "a" and by layer "b". What reads the same is told apart
// by where it was registered.
func timesBy(providers []Source) string {
	times := "twice"
	if n := len(providers); n != 2 {
		times = strconv.Itoa(n) + " times"
	}
	by := make([]string, len(providers))
	for i, p := range providers {
		by[i] = "by " + p.String()
		if slices.ContainsFunc(providers, p.differsInPlace) {
			by[i] += ", registered at " + path.Join(path.Base(path.Dir(p.Registered)), path.Base(p.Registered))
		}
	}
	return times + ": " + join(by)
}

func (e *DuplicateError) hint() string {
	switch {
	case e.edits > 1:
		return "supply or override it once"
	case e.edits > 0:
		return "Supply is for what no layer provides; use Override"
	case e.Default:
		return "leave one of the defaults out, or provide the resource without wiring.Default"
	}
	elsewhere := func(p Source) bool { return p.Layer != e.Providers[0].Layer }
	if !slices.ContainsFunc(e.Providers, elsewhere) {
		return "register it once, or tell them apart with wiring.Name"
	}
	return "tell them apart with wiring.Name, mark one with wiring.Default, or swap the layer with ReplaceLayer"
}

func (e *DuplicateError) details() []string { return hintLine(e.hint()) }
func (e *DuplicateError) places() []string  { return placeLines(e.Providers...) }

// CycleError is a set of constructors that need each other.
type CycleError struct {
	Path  []Source      // each needs something of the next, the last of the first
	Needs []resource.ID // what each needs of the next
}

func (e *CycleError) Error() string {
	text := strings.Join(append([]string{e.text()}, e.steps()...), "; ")
	return withHint(text, e.hint())
}

func (e *CycleError) hint() string {
	if len(e.Path) == 1 {
		return "give what it takes, or what it provides, a name of its own"
	}
	return "move what both sides share into a constructor of its own, or hand one side a resource.Watch"
}

func (e *CycleError) text() string {
	if len(e.Path) == 1 {
		return fmt.Sprintf("%v needs %v, which it provides itself", e.Path[0], e.Needs[0])
	}
	return fmt.Sprintf("%v needs itself, through a cycle of %d constructors", e.Path[0], len(e.Path))
}

func (e *CycleError) steps() []string {
	if len(e.Path) == 1 {
		return nil // the text says it all
	}
	steps := make([]string, len(e.Path))
	for i := range e.Path {
		from, to := e.Path[i], e.Path[(i+1)%len(e.Path)]
		steps[i] = fmt.Sprintf("%s needs %v of %v", from.Function, e.Needs[i], to)
	}
	return steps
}

func (e *CycleError) details() []string {
	return append(hintLine(e.hint()), e.steps()...) // the way round may be long
}
func (e *CycleError) places() []string { return placeLines(e.Path...) }

func newCycleError(cycle []*node) *CycleError {
	err := &CycleError{}
	for i, n := range cycle {
		err.Path = append(err.Path, n.source())
		err.Needs = append(err.Needs, n.link(cycle[(i+1)%len(cycle)]))
	}
	return err
}

// RegistrationError is a registration that is wrong by itself.
type RegistrationError struct {
	Source
	Reason string
	Hint   string // may be empty
}

func (e *RegistrationError) Error() string { return withHint(e.text(), e.Hint) }

func (e *RegistrationError) text() string      { return fmt.Sprintf("%v %s", e.Source, e.Reason) }
func (e *RegistrationError) details() []string { return hintLine(e.Hint) }
func (e *RegistrationError) places() []string  { return placeLines(e.Source) }

// LayerError is what Wire of a layer returned, or a layer that clashes with
// another.
type LayerError struct {
	Layer string
	Err   error
}

func (e *LayerError) Error() string { return fmt.Sprintf("layer %q: %v", e.Layer, e.Err) }

// Unwrap returns what Wire returned.
func (e *LayerError) Unwrap() error { return e.Err }

func (e *LayerError) text() string      { return e.Error() }
func (e *LayerError) details() []string { return panicLine(e.Err) }
func (e *LayerError) places() []string  { return stackLines(e.Err) }

// maxBlocks bounds how many blocked constructors a report names; %+v names all.
const maxBlocks = 10

// ConstructorError is a constructor, or an invoke, that failed while the service
// was wired, and what could not be built because of it.
type ConstructorError struct {
	Source
	Err    error
	Blocks []Source // in registration order
	Stack  string   // where it hangs, if it was left behind
}

func (e *ConstructorError) Error() string { return e.text() }

// Unwrap returns what the constructor returned, or its [*task.PanicError].
func (e *ConstructorError) Unwrap() error { return e.Err }

func (e *ConstructorError) text() string { return fmt.Sprintf("%v: %v", e.Source, e.Err) }

func (e *ConstructorError) details() []string {
	lines := panicLine(e.Err)
	if len(e.Blocks) == 0 {
		return lines
	}
	var (
		layers []string
		blocks = make(map[string][]string)
		shown  = e.Blocks[:min(len(e.Blocks), maxBlocks)]
	)
	for _, b := range shown {
		if blocks[b.Layer] == nil {
			layers = append(layers, b.Layer)
		}
		blocks[b.Layer] = append(blocks[b.Layer], b.Function)
	}
	for i, l := range layers {
		layers[i] = fmt.Sprintf("layer %q: %s", l, strings.Join(blocks[l], ", "))
	}
	if more := len(e.Blocks) - len(shown); more > 0 {
		layers = append(layers, fmt.Sprintf("and %d more", more))
	}
	return append(lines, "blocks "+strings.Join(layers, "; "))
}

func (e *ConstructorError) places() []string {
	return append(placeLines(append([]Source{e.Source}, e.Blocks...)...), stackLines(e.Err)...)
}

// join lists words: "a", "a and b", "a, b and c".
func join(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " and " + words[last]
}

// layersNamed reads: layer "a", layers "a" and "b".
func layersNamed(names []string) string {
	if len(names) == 1 {
		return "layer " + quoted(names)
	}
	return "layers " + quoted(names)
}

func quoted(names []string) string {
	q := make([]string, len(names))
	for i, n := range names {
		q[i] = strconv.Quote(n)
	}
	return join(q)
}

package cli

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
)

// file is a TOML file that has been verified against the flags.
type file struct {
	path   string
	meta   toml.MetaData
	schema *schema

	shared   map[string]setting            // by flag
	sections map[string]map[string]setting // by deployment and flag
	problems []problem
}

// setting is the value of a key.
type setting struct {
	key   string
	line  int
	value any
}

// problem is a mistake in a file.
type problem struct {
	line int
	text string
}

type table = map[string]toml.Primitive

// loadFile reads a file. The error has all mistakes, a line each.
func loadFile(path string, s *schema) (*file, error) {
	text, err := os.ReadFile(path) //nolint:gosec // the file is the user's choice
	if err != nil {
		return nil, fmt.Errorf("--config: %w", err)
	}
	f := &file{path: path, schema: s, shared: map[string]setting{}, sections: map[string]map[string]setting{}}
	var top table
	f.meta, err = toml.Decode(string(text), &top)
	if syntax, ok := errors.AsType[toml.ParseError](err); ok {
		return nil, fmt.Errorf("%s:%d: %s", path, syntax.Position.Line, syntax.Message)
	} else if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if sections, ok := top[section]; ok {
		delete(top, section)
		f.readSections(sections)
	}
	f.readTable(top, nil, nil, s.shared, f.shared)
	if err := f.err(); err != nil {
		return nil, err
	}
	return f, nil
}

// setting returns what the file says about a flag of a deployment.
func (f *file) setting(deployment, flag string) (setting, bool) {
	if s, ok := f.sections[deployment][flag]; ok {
		return s, true
	}
	s, ok := f.shared[flag]
	return s, ok
}

func (f *file) readSections(p toml.Primitive) {
	sections, ok := f.table(p)
	if !ok {
		f.fail(f.line(p), "%s is no table (it has a table for each deployment)", section)
		return
	}
	for name, p := range sections {
		t, isTable := f.table(p)
		flags, known := f.schema.deployments[name]
		switch {
		case !known:
			f.fail(f.line(p), "there is no deployment %q (known: %s)", name, strings.Join(f.schema.names, ", "))
		case !isTable:
			f.fail(f.line(p), "%s.%s is no table", section, name)
		default:
			f.sections[name] = map[string]setting{}
			f.readTable(t, []string{section, name}, nil, flags, f.sections[name])
		}
	}
}

// readTable reads the keys of a table. The names of the tables around it are a prefix
// of the names of the flags, save those of the section.
func (f *file) readTable(t table, section, tables []string, known flagSet, settings map[string]setting) {
	for key, p := range t {
		path := append(slices.Clone(tables), key)
		flag := strings.Join(path, "-")
		full := toml.Key(slices.Concat(section, path)).String()
		inner, isTable := f.table(p)
		switch {
		case known[flag] != nil:
			f.readSetting(setting{key: full, line: f.line(p)}, p, flag, known, settings)
		case isTable && (known.hasTable(flag) || f.schema.shared.hasTable(flag)): // of another deployment, perhaps
			f.readTable(inner, section, path, known, settings)
		case known.hasTable(flag):
			f.fail(f.line(p), "%s is no table", full)
		default:
			f.unknown(f.line(p), full, section, path, known)
		}
	}
}

func (f *file) readSetting(s setting, p toml.Primitive, flag string, known flagSet, settings map[string]setting) {
	if err := f.meta.PrimitiveDecode(p, &s.value); err != nil {
		f.fail(s.line, "%s: %v", s.key, err)
		return
	}
	for _, k := range known[flag] {
		if err := verifyValue(k.Value, s.value); err != nil {
			f.fail(s.line, "%s %v", s.key, err)
			return
		}
	}
	if other, twice := settings[flag]; twice {
		first, second := s, other
		if first.line > second.line {
			first, second = second, first
		}
		f.fail(second.line, "%s is the same as %s in line %d", second.key, first.key, first.line)
	}
	settings[flag] = s
}

func (f *file) unknown(line int, full string, section, path []string, known flagSet) {
	hint := ""
	if owners := f.owners(path); len(section) > 0 && len(owners) > 0 {
		hint = fmt.Sprintf(" (a key of %s)", strings.Join(owners, ", "))
	} else if meant := known.suggest(path); meant != "" {
		hint = fmt.Sprintf(" (did you mean %s?)", strings.Join(append(slices.Clone(section), meant), "."))
	}
	f.fail(line, "unknown key %s%s", full, hint)
}

// owners returns the tables of the deployments that have a key.
func (f *file) owners(path []string) []string {
	var owners []string
	for _, name := range f.schema.names {
		if f.schema.deployments[name][strings.Join(path, "-")] != nil {
			owners = append(owners, section+"."+name)
		}
	}
	return owners
}

func (f *file) fail(line int, format string, args ...any) {
	f.problems = append(f.problems, problem{line, fmt.Sprintf(format, args...)})
}

// err tells all problems, in the order of the file.
func (f *file) err() error {
	slices.SortStableFunc(f.problems, func(a, b problem) int {
		return cmp.Or(cmp.Compare(a.line, b.line), cmp.Compare(a.text, b.text))
	})
	switch len(f.problems) {
	case 0:
		return nil
	case 1:
		return fmt.Errorf("%s:%d: %s", f.path, f.problems[0].line, f.problems[0].text)
	}
	text := fmt.Sprintf("%d problems", len(f.problems))
	for _, p := range f.problems {
		text += fmt.Sprintf("\n  %s:%d: %s", f.path, p.line, p.text)
	}
	return errors.New(text)
}

// table returns the keys of a table.
func (f *file) table(p toml.Primitive) (t table, ok bool) {
	var value any // the decoder makes an empty table out of a number
	if err := f.meta.PrimitiveDecode(p, &value); err != nil {
		return nil, false
	}
	if _, ok := value.(map[string]any); !ok {
		return nil, false
	}
	return t, f.meta.PrimitiveDecode(p, &t) == nil
}

// line returns where a key is. The decoder tells it in errors only. A table without a
// heading is where its first key is.
func (f *file) line(p toml.Primitive) int {
	refused, _ := errors.AsType[toml.ParseError](f.meta.PrimitiveDecode(p, refusal{}))
	line := refused.Position.Line
	if inner, ok := f.table(p); ok && line == 0 {
		for _, p := range inner {
			if first := f.line(p); line == 0 || first < line {
				line = first
			}
		}
	}
	return line
}

// refusal is a value that nothing can be decoded into.
type refusal struct{}

var errRefused = errors.New("refused")

// UnmarshalTOML is part of toml.Unmarshaler.
func (refusal) UnmarshalTOML(any) error { return errRefused }

package logging

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
)

// The values of Options.Format.
const (
	Auto = "auto" // text on a terminal, and else JSON
	Text = "text" // for people
	JSON = "json" // for machines, an object a line
)

var formats = []string{Auto, Text, JSON}

// Options says what is logged, how, and where to. The zero value logs from the level
// info on, to the standard error output.
type Options struct {
	// Format is [Auto], [Text] or [JSON]. Optional; defaults to Auto.
	Format string `help:"Format of the log: text, json, or auto for text on a terminal and json elsewhere." enum:"auto,text,json" default:"auto"`

	// Level is the lowest level that is logged at the start: debug, info, warn or error.
	// Optional; defaults to info.
	Level string `help:"Lowest level that is logged: debug, info, warn or error." default:"info" placeholder:"LEVEL"`

	// AddSource adds the file and the line of the call. Optional; defaults to false.
	AddSource bool `help:"Log the file and the line of each call."`

	// Output is where the log goes. Optional; defaults to the standard error output.
	Output io.Writer `kong:"-"`

	// Attrs are part of every line. Optional; defaults to none.
	Attrs []slog.Attr `kong:"-"`
}

// check reports all that is wrong with the options.
func (o Options) check() error {
	var problems []error
	problem := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	if o.Format != "" && !slices.Contains(formats, o.Format) {
		problem("Format %q is unknown (known: %s)", o.Format, strings.Join(formats, ", "))
	}
	if _, err := o.level(); err != nil {
		problem("Level %w", err)
	}
	return errors.Join(problems...)
}

func (o Options) level() (slog.Level, error) {
	if o.Level == "" {
		return slog.LevelInfo, nil
	}
	return parseLevel(o.Level)
}

func parseLevel(text string) (slog.Level, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(text)); err != nil {
		return 0, fmt.Errorf("%q is unknown (known: debug, info, warn, error)", text)
	}
	return level, nil
}

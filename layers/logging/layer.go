package logging

import (
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/lmittmann/tint"
	"golang.org/x/term"

	"github.com/wireframework/wireframework/wiring"
)

// New returns the layer "logging", which provides a [*slog.Logger] and its
// [*slog.LevelVar].
func New(o Options) wiring.Layer { return layer{o} }

type layer struct{ options Options }

func (layer) Name() string { return "logging" }

// Wire implements [wiring.Layer].
func (l layer) Wire(r *wiring.Registry) error {
	if err := l.options.check(); err != nil {
		return err
	}
	r.Provide(l.newLevel)
	r.Provide(l.newLogger)
	return nil
}

func (l layer) newLevel() (*slog.LevelVar, error) {
	level, err := l.options.level()
	if err != nil {
		return nil, err
	}
	v := new(slog.LevelVar)
	v.Set(level)
	return v, nil
}

func (l layer) newLogger(level *slog.LevelVar) *slog.Logger {
	return slog.New(l.options.handler(level).WithAttrs(l.options.Attrs))
}

func (o Options) handler(level slog.Leveler) slog.Handler {
	var out io.Writer = os.Stderr
	if o.Output != nil {
		out = o.Output
	}
	terminal := isTerminal(out)
	if o.Format == JSON || o.Format != Text && !terminal {
		return slog.NewJSONHandler(out, &slog.HandlerOptions{AddSource: o.AddSource, Level: level})
	}
	return tint.NewTextHandler(out, &tint.Options{
		AddSource:   o.AddSource,
		Level:       level,
		ReplaceAttr: plainErrors,
		TimeFormat:  time.StampMilli,
		NoColor:     !terminal || os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb",
	})
}

func isTerminal(w io.Writer) bool {
	file, ok := w.(interface{ Fd() uintptr })
	return ok && term.IsTerminal(int(file.Fd()))
}

// plainErrors keeps the stacks of errors, which %+v would print, out of lines for
// people.
func plainErrors(_ []string, a slog.Attr) slog.Attr {
	if err, ok := a.Value.Any().(error); ok && a.Value.Kind() == slog.KindAny {
		a.Value = slog.StringValue(textOf(err))
	}
	return a
}

// textOf bears an error that is a nil pointer.
func textOf(err error) (text string) {
	defer func() {
		if recover() != nil {
			text = "<nil>"
		}
	}()
	return err.Error()
}

package cli

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
	"go.uber.org/multierr"

	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/wiring"
)

// option is a field of the options and the flag that it is.
type option struct {
	name  string // of the field, as errors of layers have it
	index []int  // of the field, from the struct of the deployment
	flag  *kong.Flag
	key   string // in a file
}

// String says where the value can be set.
func (o option) String() string {
	places := []string{"--" + o.flag.Name}
	for _, env := range o.flag.Envs {
		places = append(places, "$"+env)
	}
	return strings.Join(places, ", ") + ", or " + o.key + " in the file"
}

// options returns the fields of a struct that are flags, also those of structs in it. The
// prefix of the flags is that of the struct.
func options(v reflect.Value, prefix string, index []int, flags []*kong.Flag) []option {
	var all []option
	for i := range v.NumField() {
		field, at := v.Type().Field(i), append(slices.Clone(index), i)
		f := flagOf(v.Field(i), flags)
		switch {
		case f != nil:
			key := strings.ReplaceAll(prefix, "-", ".") + strings.TrimPrefix(f.Name, prefix)
			all = append(all, option{name: field.Name, index: at, flag: f, key: key})
		case field.Type.Kind() == reflect.Struct:
			all = append(all, options(v.Field(i), prefix+field.Tag.Get("prefix"), at, flags)...)
		}
	}
	return all
}

// flagOf returns the flag that is parsed into a field.
func flagOf(field reflect.Value, flags []*kong.Flag) *kong.Flag {
	for _, f := range flags {
		if f.Target.Type() == field.Type() && f.Target.Addr().Pointer() == field.Addr().Pointer() {
			return f
		}
	}
	return nil
}

// locatedError is an error of Build that is followed by the flags which it is about.
type locatedError struct {
	err   error
	lines []string
}

func (e *locatedError) Error() string { return fmt.Sprint(e) }
func (e *locatedError) Unwrap() error { return e.err }

// Format prints the error in its own way, which may have a stack for %+v.
func (e *locatedError) Format(w fmt.State, verb rune) {
	_, _ = fmt.Fprintf(w, fmt.FormatString(w, verb), e.err)
	for _, line := range e.lines {
		_, _ = fmt.Fprintf(w, "\n%s", line)
	}
}

// located adds to an error of Build which flags it is about.
func (in *invocation) located(err error) error {
	var lines []string
	said, done := complaints(err), make(map[string]bool)
	for _, e := range multierr.Errors(err) {
		if refused, ok := errors.AsType[*wiring.LayerError](e); ok && !done[refused.Layer] {
			done[refused.Layer] = true
			lines = append(lines, in.locate(refused.Layer, said[refused.Layer], said)...)
		}
		for _, o := range in.runOptions() {
			if e.Error() == fmt.Sprintf("option %s is negative: %v", o.name, o.flag.Target) {
				lines = append(lines, fmt.Sprintf("%s is %v", o.name, o))
			}
		}
	}
	if len(lines) == 0 {
		return err
	}
	return &locatedError{err, lines}
}

// observe tells which flags the error of a constructor is about. The error itself is told
// when the run has ended.
func (in *invocation) observe(e service.Event) {
	failed, ok := e.(service.ConstructorFailed)
	if !ok {
		return
	}
	for _, line := range in.locate(failed.Layer, failed.Err.Error(), nil) {
		say(in.stderr, "%s", line)
	}
}

// locate returns a line for each flag that a text of a layer names by its field, or by
// its own name, as [wiring.Choose] does with its setting. A field of that name may be one
// of another layer, so it has to prove that it belongs to this one: by a complaint of the
// layer about it that is another one as soon as its value is. What the layers complain
// about now is in said.
func (in *invocation) locate(layer, text string, said map[string]string) []string {
	var lines []string
	for _, o := range options(in.values, "", nil, in.node.Flags) {
		word := regexp.MustCompile(`\b(` + o.name + `|` + regexp.QuoteMeta(o.flag.Name) + `)\b`)
		if word.MatchString(text) && in.belongs(o, layer, word, said) {
			lines = append(lines, fmt.Sprintf("%s of layer %q is %v", o.name, layer, o))
		}
	}
	return lines
}

func (in *invocation) belongs(o option, layer string, word *regexp.Regexp, said map[string]string) bool {
	return slices.ContainsFunc(otherValues(in.values.FieldByIndex(o.index)), func(value reflect.Value) bool {
		now := in.complaintsWith(o, value)
		return now != nil && now[layer] != said[layer] && word.MatchString(now[layer]+"\n"+said[layer])
	})
}

// complaintsWith is complaints for another value of an option. It is nil if the
// deployment does not take that value.
func (in *invocation) complaintsWith(o option, value reflect.Value) (now map[string]string) {
	defer func() {
		if recover() != nil {
			now = nil
		}
	}()
	other := reflect.New(in.values.Type()).Elem()
	other.Set(in.values)
	other.FieldByIndex(o.index).Set(value)
	b, err := (&invocation{app: in.app, target: in.target, values: other}).builder()
	if err != nil {
		return nil
	}
	_, err = b.Build()
	return complaints(err)
}

// complaints returns what layers say in an error of Build, by their names.
func complaints(err error) map[string]string {
	texts := make(map[string]string)
	for _, e := range multierr.Errors(err) {
		if refused, ok := errors.AsType[*wiring.LayerError](e); ok {
			texts[refused.Layer] += refused.Err.Error() + "\n"
		}
	}
	return texts
}

// runOptions are those of the service, which run alone has.
func (in *invocation) runOptions() []option {
	if in.command != "run" {
		return nil
	}
	return options(in.flags.Field(0), "", nil, commandOf(in.node).Flags)
}

// nonsense is no number, no path, no address and no header.
const nonsense = "file:\x00"

// otherValues returns values of the type that a layer probably has something to say about.
func otherValues(v reflect.Value) []reflect.Value {
	values := []reflect.Value{reflect.Zero(v.Type())}
	other := reflect.New(v.Type()).Elem()
	switch {
	case v.Kind() == reflect.String:
		other.SetString(nonsense)
	case v.Kind() == reflect.Bool:
		other.SetBool(!v.Bool())
	case v.CanInt():
		other.SetInt(-1)
	case v.CanFloat():
		other.SetFloat(-1)
	case v.Kind() == reflect.Slice:
		other.Set(reflect.MakeSlice(v.Type(), 1, 1))
	default:
		return values
	}
	return append(values, other)
}

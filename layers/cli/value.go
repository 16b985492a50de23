package cli

import (
	"encoding"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"
)

// convert turns a value of a file into the text that the flag would have on the
// command line. The type of the value has to fit the one of the flag.
func convert(v *kong.Value, value any) (string, error) {
	typ := v.Target.Type()
	switch {
	case v.IsSlice():
		list, ok := value.([]any)
		if !ok {
			return "", mismatch(value, aList)
		}
		return convertList(typ.Elem(), list, v.Tag.Sep)
	case v.IsMap():
		table, ok := value.(map[string]any)
		if !ok {
			return "", mismatch(value, aTable)
		}
		return convertTable(typ.Elem(), table, v.Tag.MapSep)
	default:
		return scalar(typ, value)
	}
}

func convertList(typ reflect.Type, list []any, separator rune) (string, error) {
	texts := make([]string, len(list))
	for i, element := range list {
		text, err := scalar(typ, element)
		if err != nil {
			return "", fmt.Errorf("has an element that %w", err)
		}
		texts[i] = text
	}
	return kong.JoinEscaped(texts, separator), nil
}

func convertTable(typ reflect.Type, table map[string]any, separator rune) (string, error) {
	texts := make([]string, 0, len(table))
	for key, element := range table {
		text, err := scalar(typ, element)
		if err != nil {
			return "", fmt.Errorf("has a key %q that %w", key, err)
		}
		texts = append(texts, key+"="+text)
	}
	slices.Sort(texts)
	return kong.JoinEscaped(texts, separator), nil
}

// scalar converts a single value.
func scalar(typ reflect.Type, value any) (string, error) {
	want := expected(typ)
	switch value := value.(type) {
	case string:
		if want == aString || want == aDuration {
			return value, nil
		}
	case bool:
		if want == aBoolean {
			return strconv.FormatBool(value), nil
		}
	case int64:
		if want == anInteger || want == aNumber {
			return strconv.FormatInt(value, 10), nil
		}
	case float64:
		if want == aNumber {
			return strconv.FormatFloat(value, 'g', -1, 64), nil
		}
	case time.Time:
		if want == aDate {
			return value.Format(time.RFC3339Nano), nil
		}
	}
	return "", mismatch(value, want)
}

// What a value is, or should be.
const (
	aString   = "a string"
	aDuration = `a string such as "1m30s"`
	aBoolean  = "a boolean"
	anInteger = "an integer"
	aNumber   = "a number"
	aDate     = "a date"
	aList     = "a list"
	aTable    = "a table"
)

func expected(typ reflect.Type) string {
	for typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	switch {
	case typ == reflect.TypeFor[time.Duration]():
		return aDuration
	case typ == reflect.TypeFor[time.Time]():
		return aDate
	case reflect.PointerTo(typ).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()):
		return aString
	case typ.Kind() == reflect.Bool:
		return aBoolean
	case reflect.Int <= typ.Kind() && typ.Kind() <= reflect.Uint64:
		return anInteger
	case typ.Kind() == reflect.Float32 || typ.Kind() == reflect.Float64:
		return aNumber
	default:
		return aString
	}
}

func mismatch(value any, want string) error {
	var is string
	switch value.(type) {
	case string:
		is = aString
	case bool:
		is = aBoolean
	case int64:
		is = anInteger
	case float64:
		is = aNumber
	case time.Time:
		is = aDate
	case map[string]any:
		is = aTable
	default:
		is = aList
	}
	return fmt.Errorf("is %s, and should be %s", is, want)
}

// verifyValue tries a value of a file, without giving it to the flag.
func verifyValue(v *kong.Value, value any) error {
	text, err := convert(v, value)
	if err != nil {
		return err
	}
	target := reflect.New(v.Target.Type()).Elem()
	if target.Kind() == reflect.Pointer {
		target.Set(reflect.New(target.Type().Elem()))
	}
	scan := kong.ScanFromTokens(kong.Token{Type: kong.FlagValueToken, Value: text})
	if err := v.Mapper.Decode(&kong.DecodeContext{Value: v, Scan: scan}, target); err != nil {
		return fmt.Errorf("is not valid: %w", err)
	}
	return verifyEnum(v, target)
}

func verifyEnum(v *kong.Value, target reflect.Value) error {
	if v.Enum == "" {
		return nil
	}
	for _, element := range elements(v, target) {
		if text := fmt.Sprint(element.Interface()); !v.EnumMap()[text] {
			return fmt.Errorf("is %q, and should be one of %s", text, quoted(v.EnumSlice()))
		}
	}
	return nil
}

// quoted lists texts, of which one may be empty.
func quoted(texts []string) string {
	list := make([]string, len(texts))
	for i, text := range texts {
		list[i] = strconv.Quote(text)
	}
	return strings.Join(list, ", ")
}

func elements(v *kong.Value, target reflect.Value) []reflect.Value {
	if !v.IsSlice() {
		return []reflect.Value{reflect.Indirect(target)}
	}
	list := make([]reflect.Value, target.Len())
	for i := range list {
		list[i] = target.Index(i)
	}
	return list
}

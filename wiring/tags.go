package wiring

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// checkTags reports whether all tags of a field of an In or Out can be read, and
// records those that dig would overlook in silence.
func (n *node) checkTags(t reflect.Type, f reflect.StructField, known ...string) bool {
	keys, ok := tagKeys(string(f.Tag))
	if !ok {
		n.mistaken(fmt.Sprintf("has %v, whose field %s has the malformed tag %#q", t, f.Name, f.Tag), "tags read key:\"value\"")
		return false
	}
	good := true
	for _, key := range keys {
		if slices.Contains(known, key) {
			continue
		}
		hint := "it takes no tags"
		if len(known) > 0 {
			hint = "known: " + strings.Join(known, ", ")
		}
		if near := nearest(key, known); near != "" {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
		n.mistaken(fmt.Sprintf("has %v, whose field %s has the unknown tag %q", t, f.Name, key), hint)
		good = false
	}
	for _, key := range []string{"optional", "ignore-unexported"} {
		if v := f.Tag.Get(key); v != "" && slices.Contains(known, key) {
			if _, err := strconv.ParseBool(v); err != nil {
				n.mistaken(fmt.Sprintf("has %v, whose field %s has the tag %s:%q", t, f.Name, key, v), "it takes true or false")
				good = false
			}
		}
	}
	return good
}

// parseGroup splits the tag "name,flag,flag" and returns, in quotes, the first flag
// that dig does not know.
func parseGroup(tag string) (group string, flags []string, unknown string) {
	parts := strings.Split(tag, ",")
	for _, flag := range parts[1:] {
		if flag != "flatten" && flag != "soft" {
			return parts[0], parts[1:], strconv.Quote(flag)
		}
	}
	return parts[0], parts[1:], ""
}

// tagKeys returns the keys of a struct tag, or false if it is malformed.
func tagKeys(tag string) (keys []string, ok bool) {
	for tag = strings.TrimLeft(tag, " "); tag != ""; tag = strings.TrimLeft(tag, " ") {
		key, rest, found := strings.Cut(tag, ":")
		if !found || key == "" || strings.ContainsAny(key, " \"") {
			return nil, false
		}
		quoted, err := strconv.QuotedPrefix(rest)
		if err != nil || quoted[0] != '"' {
			return nil, false
		}
		keys = append(keys, key)
		tag = rest[len(quoted):]
	}
	return keys, true
}

func isTrue(s string) bool {
	b, _ := strconv.ParseBool(s)
	return b
}

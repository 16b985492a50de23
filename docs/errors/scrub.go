package main

import (
	"regexp"
	"strings"
)

// What differs from machine to machine, or with every change of another module.
var (
	ourFile   = regexp.MustCompile(`[^\s("]*/docs/errors/(\w+\.go:\d+)`)
	cacheFile = regexp.MustCompile(`[^\s("]*/pkg/mod/([^\s("]+\.go):\d+`)
	rootFile  = regexp.MustCompile(`\bgithub\.com/wireframework/wireframework(/[\w/]+\.go):\d+`)
	shortFile = regexp.MustCompile(`\b([a-z]\w*/)(\w+\.go):\d+`)
	loopback  = regexp.MustCompile(`127\.0\.0\.1:\d+`)
	hexNumber = regexp.MustCompile(`0x[0-9a-f]+`)
	goroutine = regexp.MustCompile(`goroutine \d+`)
	signalled = regexp.MustCompile(`(?m)^\[signal .*\n`)
	testTime  = regexp.MustCompile(`\(\d+\.\d+s\)`)
	testEnd   = regexp.MustCompile(`(?m)\nFAIL\nFAIL\t.*\nFAIL\n?$`)
)

// scrub makes the text of a process the same on every machine and in every run.
func scrub(text string) string {
	text = foldStacks(text)
	text = ourFile.ReplaceAllString(text, "errors/$1")
	text = cacheFile.ReplaceAllString(text, "$1:N")
	text = rootFile.ReplaceAllString(text, "github.com/wireframework/wireframework$1:N")
	text = shortFile.ReplaceAllStringFunc(text, func(place string) string {
		if strings.HasPrefix(place, "errors/") || strings.HasPrefix(place, "main/") {
			return place
		}
		return place[:strings.LastIndexByte(place, ':')] + ":N"
	})
	text = loopback.ReplaceAllString(text, "127.0.0.1:8080")
	text = signalled.ReplaceAllString(text, "")
	text = hexNumber.ReplaceAllString(text, "0x...")
	text = goroutine.ReplaceAllString(text, "goroutine N")
	text = testTime.ReplaceAllString(text, "(0.00s)")
	text = testEnd.ReplaceAllString(text, "")
	return strings.TrimRight(text, "\n")
}

// A frame of a stack is two lines: the function, and the place in the line below.
var (
	framePlace = regexp.MustCompile(`^\s+(\S+\.go):\d+( \+0x[0-9a-f]+)?$`)
	offset     = regexp.MustCompile(` \+0x[0-9a-f]+$`)
	arguments  = regexp.MustCompile(`\([^()*]*\)$`)
)

// foldStacks leaves out the frames that are not of this program: they change with the
// version of Go and of the other modules.
func foldStacks(text string) string {
	var out []string
	folding := false
	lines := strings.Split(text, "\n")
	for i := 0; i < len(lines); i++ {
		if i+1 == len(lines) || !framePlace.MatchString(lines[i+1]) || strings.HasSuffix(lines[i], ":") {
			out = append(out, lines[i])
			folding = false
			continue
		}
		function, place := lines[i], lines[i+1]
		i++
		if isOurs(function, place) {
			out = append(out, arguments.ReplaceAllString(function, "(...)"), offset.ReplaceAllString(place, ""))
			folding = false
			continue
		}
		if !folding {
			out = append(out, indentOf(function)+"...")
		}
		folding = true
	}
	return strings.Join(out, "\n")
}

// isOurs reports whether the frame is of a function of this program, other than those
// that run it.
func isOurs(function, place string) bool {
	return strings.HasPrefix(strings.TrimSpace(function), "main.") && strings.Contains(place, "/docs/errors/") &&
		!strings.Contains(place, "/main.go:") && !strings.Contains(place, "/child.go:")
}

func indentOf(line string) string {
	return line[:len(line)-len(strings.TrimLeft(line, " \t"))]
}

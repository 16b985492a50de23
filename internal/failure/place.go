package failure

import (
	"fmt"
	"path"
	"runtime"
	"strings"
	"sync"
)

// Place returns the function and the line of a stack where the code of the user was:
// the first that is not of the standard library, below the panic if there was one.
func Place(stack string) string {
	lines := strings.Split(stack, "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, "panic(") || strings.HasPrefix(line, "runtime.Goexit(") {
			lines = lines[i+1:]
			break
		}
	}
	for i := range len(lines) - 1 {
		function := strings.TrimSpace(lines[i])
		file, isFile := strings.CutPrefix(lines[i+1], "\t")
		file, _, _ = strings.Cut(strings.TrimSpace(file), " +0x")
		if !isFile || !strings.Contains(file, ".go:") || strings.HasPrefix(function, "created by ") || isOurs(function, file) {
			continue
		}
		if at := strings.LastIndex(function, "("); at > 0 && strings.HasSuffix(function, ")") {
			function = function[:at] // the arguments, in a stack of a panic
		}
		dir, base := path.Split(strings.ReplaceAll(file, "\\", "/"))
		return fmt.Sprintf("%s (%s/%s)", path.Base(function), path.Base(dir), base)
	}
	return ""
}

// isOurs reports whether a frame is one of the standard library or of the engine,
// rather than one of the user.
func isOurs(function, file string) bool {
	if strings.Contains(function, "wireframework/internal/supervise.") || strings.Contains(function, "wireframework/internal/failure.") {
		return true
	}
	if root := sourceRoot(); root != "" {
		return strings.HasPrefix(file, root)
	}
	// Without paths in the binary: the import paths of the standard library do not begin
	// with a host name.
	first, _, nested := strings.Cut(function, "/")
	if !nested {
		first, _, _ = strings.Cut(function, ".")
	}
	return first != "main" && !strings.Contains(first, ".")
}

// sourceRoot is the directory of the standard library when this program was built; it
// is empty if the build has left out paths.
var sourceRoot = sync.OnceValue(func() string {
	pc := make([]uintptr, 1)
	runtime.Callers(0, pc)
	frame, _ := runtime.CallersFrames(pc).Next()
	root, _ := strings.CutSuffix(frame.File, "runtime/extern.go")
	return root
})

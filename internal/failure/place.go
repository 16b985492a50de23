package failure

import (
	"fmt"
	"path"
	"runtime"
	"runtime/debug"
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
		if !isFile || !strings.Contains(file, ".go:") || strings.HasPrefix(function, "created by ") || isOurs(function, file, sourceRoot(), mainModule()) {
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

// isOurs reports whether a frame is one of the standard library, whose sources are in
// root, or of the engine, rather than one of the user, whose module is the main one.
func isOurs(function, file, root, module string) bool {
	for _, own := range []string{"internal/supervise.", "internal/failure.", "task."} {
		if strings.HasPrefix(function, "github.com/wireframework/wireframework/"+own) {
			return true
		}
	}
	if root != "" {
		return strings.HasPrefix(file, root)
	}
	// Without paths in the binary: the import paths of the standard library do not begin
	// with a host name, nor with the path of the module of the program.
	if module != "" && (strings.HasPrefix(function, module+"/") || strings.HasPrefix(function, module+".")) {
		return false
	}
	first, _, nested := strings.Cut(function, "/")
	if !nested {
		first, _, _ = strings.Cut(function, ".")
	}
	return first != "main" && !strings.Contains(first, ".")
}

var mainModule = sync.OnceValue(func() string {
	info, _ := debug.ReadBuildInfo()
	if info == nil {
		return ""
	}
	return info.Main.Path
})

// sourceRoot is the directory of the standard library when this program was built; it
// is empty if the build has left out paths.
var sourceRoot = sync.OnceValue(func() string {
	pc := make([]uintptr, 1)
	runtime.Callers(0, pc)
	frame, _ := runtime.CallersFrames(pc).Next()
	root, _ := strings.CutSuffix(frame.File, "runtime/extern.go")
	return root
})

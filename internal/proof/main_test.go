package proof

import (
	"flag"
	"testing"

	"go.uber.org/goleak"
)

// onCommandLine holds the flags that were given.
var onCommandLine = make(map[string]bool)

func TestMain(m *testing.M) {
	flag.Parse()
	flag.Visit(func(f *flag.Flag) { onCommandLine[f.Name] = true })
	goleak.VerifyTestMain(m)
}

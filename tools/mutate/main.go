// Mutate checks the tests by breaking the code: it changes one thing at a time in
// the given packages, runs tests against each change, and lists the changes that no
// test has noticed.
//
//	go -C tools run ./mutate -root .. -tests ./service/...,./wiring/... internal/supervise wiring
//
// The tree is not touched: a changed file reaches the compiler through -overlay. A
// mutant is killed if the tests fail, do not end within the timeout, or panic; one
// that does not compile does not count. Survivors that have been looked at stand,
// with the reason, in a file of lines "file: mutant: reason" (see -explained).
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

type options struct {
	root      string
	tests     []string // lists of packages, tried one after the other
	explained string
	timeout   time.Duration
	workers   int
	every     int // take every n-th mutant
}

// verdict is what the tests said of a mutant.
type verdict int

const (
	killed verdict = iota
	survived
	stillborn
)

func main() {
	var o options
	flag.StringVar(&o.root, "root", ".", "root of the module whose packages are mutated")
	tests := flag.String("tests", "./...", "packages to test, comma separated; a semicolon starts a list that only runs on what has survived so far")
	flag.StringVar(&o.explained, "explained", "", "file with survivors that are known, and why")
	flag.DurationVar(&o.timeout, "timeout", time.Minute, "time for the tests of one mutant")
	flag.IntVar(&o.workers, "workers", 2, "mutants to test at a time")
	flag.IntVar(&o.every, "every", 1, "take every n-th mutant only")
	flag.Parse()
	o.tests = strings.Split(*tests, ";")
	if err := run(o, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "mutate:", err)
		os.Exit(1)
	}
}

func run(o options, packages []string) error {
	root, err := filepath.Abs(o.root)
	if err != nil {
		return err
	}
	o.root = root
	var mutants []mutant
	for _, p := range packages {
		found, err := mutantsOf(o.root, p)
		if err != nil {
			return err
		}
		mutants = append(mutants, found...)
	}
	known, err := readExplained(o.explained)
	if err != nil {
		return err
	}
	var chosen []mutant
	for i, m := range mutants {
		if i%o.every == 0 {
			chosen = append(chosen, m)
		}
	}
	return report(chosen, judgeAll(o, chosen), known)
}

// mutantsOf returns all mutants of the shipped files of a package.
func mutantsOf(root, pkg string) ([]mutant, error) {
	var mutants []mutant
	entries, err := os.ReadDir(filepath.Join(root, pkg))
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		name := e.Name()
		if filepath.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") {
			continue
		}
		path := filepath.Join(root, pkg, name)
		source, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, path, source, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		mutants = append(mutants, mutate(filepath.Join(pkg, name), fset, file, source)...)
	}
	return mutants, nil
}

// judgeAll tests the mutants, several at a time, and returns their verdicts in
// order.
func judgeAll(o options, mutants []mutant) []verdict {
	verdicts := make([]verdict, len(mutants))
	next := make(chan int)
	var workers sync.WaitGroup
	for range o.workers {
		workers.Go(func() {
			for i := range next {
				verdicts[i] = judge(o, mutants[i])
				if verdicts[i] == survived {
					fmt.Printf("survived  %v\n", mutants[i])
				}
			}
		})
	}
	for i := range mutants {
		next <- i
	}
	close(next)
	workers.Wait()
	return verdicts
}

func judge(o options, m mutant) verdict {
	dir, err := os.MkdirTemp("", "mutate")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	changed := filepath.Join(dir, "mutant.go")
	overlay := filepath.Join(dir, "overlay.json")
	data, err := json.Marshal(map[string]any{"Replace": map[string]string{filepath.Join(o.root, m.file): changed}})
	if err == nil {
		err = errors.Join(os.WriteFile(changed, m.source, 0o600), os.WriteFile(overlay, data, 0o600))
	}
	if err != nil {
		panic(err)
	}
	for _, list := range o.tests {
		if v := test(o, overlay, strings.Split(list, ",")); v != survived {
			return v
		}
	}
	return survived
}

// test runs the tests of some packages against a mutant.
func test(o options, overlay string, packages []string) verdict {
	ctx, cancel := context.WithTimeout(context.Background(), o.timeout)
	defer cancel()
	args := append([]string{"test", "-overlay", overlay, "-failfast", "-short", "-vet=off", "-timeout", o.timeout.String()}, packages...)
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = o.root
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.WaitDelay = time.Second
	switch err := cmd.Run(); {
	case err == nil:
		return survived
	case strings.Contains(out.String(), "[build failed]") || strings.Contains(out.String(), "[setup failed]"):
		return stillborn
	default:
		return killed
	}
}

// readExplained reads which survivors are known.
func readExplained(name string) (map[string]string, error) {
	known := make(map[string]string)
	if name == "" {
		return known, nil
	}
	data, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return known, nil
	}
	for line := range strings.Lines(string(data)) {
		if what, why, ok := strings.Cut(strings.TrimSpace(line), " -- "); ok && !strings.HasPrefix(line, "#") {
			known[what] = why
		}
	}
	return known, err
}

func report(mutants []mutant, verdicts []verdict, known map[string]string) error {
	var count [3]int
	var open, explained []string
	for i, v := range verdicts {
		count[v]++
		if v != survived {
			continue
		}
		if why, ok := known[mutants[i].key()]; ok {
			explained = append(explained, fmt.Sprintf("%v: %s", mutants[i], why))
		} else {
			open = append(open, mutants[i].String())
		}
	}
	total := count[killed] + count[survived]
	fmt.Printf("\n%d mutants, %d killed (%.1f %%), %d survived, of these %d explained; %d more did not compile\n",
		total, count[killed], 100*float64(count[killed])/float64(max(1, total)), count[survived], len(explained), count[stillborn])
	for _, line := range explained {
		fmt.Println("explained", line)
	}
	for _, line := range open {
		fmt.Println("open     ", line)
	}
	return nil
}

// Quickstart is a small node: it reads lines, keeps them, and answers questions
// about them over HTTP. It is composed from four layers, a file each:
//
//	storage   the Store that the others share, in memory or in a file
//	ingest    reads lines from standard input or from a file
//	api       an HTTP server; what it answers is in handler.go
//	progress  says on standard output what has come in
//
// # Usage
//
//	go run ./examples/quickstart [flags]
//
//	-input file      read lines from this file instead of standard input
//	-dir directory   keep the lines in lines.txt there, for the next run too
//	-store kind      memory or file; without it, file if there is a -dir
//	-listen address  answer here instead of on any free port of 127.0.0.1
//	-every duration  the time between two reports of progress, 2s without it
//	-v               log to standard error
//
// Ctrl-C, or SIGTERM, lets open requests end and then ends the program with exit
// code 0. A second one ends it at once.
//
// # A session
//
//	$ printf 'disk full\ndisk is fine\n' | go run ./examples/quickstart -listen 127.0.0.1:8080
//	listening on http://127.0.0.1:8080
//	reading lines from standard input
//	end of input, lines read: 2; still serving
//	progress: lines 2, words 5, different words 4
//
// In another terminal:
//
//	$ curl http://127.0.0.1:8080/lines/2
//	{"number":2,"text":"disk is fine"}
//	$ curl http://127.0.0.1:8080/words/disk
//	{"word":"disk","count":2,"lines":[1,2]}
//	$ curl 'http://127.0.0.1:8080/words?prefix=f&limit=1'
//	{"prefix":"f","words":[{"word":"fine","count":1}]}
//	$ curl --data-binary 'one more' http://127.0.0.1:8080/lines
//	{"added":1,"last":3}
//	$ curl http://127.0.0.1:8080/counts
//	{"lines":3,"words":7,"different":6}
//	$ curl http://127.0.0.1:8080/ready
//	{"ready":true,"phase":"running","tasks":{"http-server":"running","ingest":"running","progress":"running"}}
package main

import (
	"cmp"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/wiring"
)

func main() {
	service.Main(func() (*service.Service, error) {
		return build(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	})
}

// build is the program without the process around it, so that tests can run it too.
// Several tasks print, so the writers must be safe for concurrent use, as an *os.File
// is.
func build(args []string, stdin io.Reader, stdout, stderr io.Writer) (*service.Service, error) {
	return node(parse(args), stdin, stdout, stderr).Build()
}

// config is what the command line says.
type config struct {
	input   string
	dir     string
	store   string
	listen  string
	every   time.Duration
	verbose bool
}

// parse reads the command line. For -h and for a mistake it prints the usage and ends
// the process, which is what the flag package does for any program.
func parse(args []string) config {
	var c config
	fs := flag.NewFlagSet("quickstart", flag.ExitOnError)
	fs.StringVar(&c.input, "input", "", "read lines from this `file` instead of standard input")
	fs.StringVar(&c.dir, "dir", "", "keep the lines in a file in this `directory`")
	fs.StringVar(&c.store, "store", "", "`kind` of store: memory or file (default \"file\" with -dir, else \"memory\")")
	fs.StringVar(&c.listen, "listen", "127.0.0.1:0", "answer HTTP requests on this `address`; port 0 is any free one")
	fs.DurationVar(&c.every, "every", 2*time.Second, "time between two reports of progress")
	fs.BoolVar(&c.verbose, "v", false, "log to standard error")
	_ = fs.Parse(args) // it ends the process instead of returning an error
	if fs.NArg() > 0 {
		fmt.Fprintf(fs.Output(), "unexpected argument: %s\n", fs.Arg(0))
		fs.Usage()
		os.Exit(2)
	}
	if c.dir != "" {
		c.store = cmp.Or(c.store, "file")
	}
	c.store = cmp.Or(c.store, "memory")
	return c
}

// node is the deployment: which layers there are, and what the configuration changes
// about them. Nothing is opened before the service runs, so a test can verify the
// graph of every configuration.
func node(c config, stdin io.Reader, stdout, stderr io.Writer) *service.Builder {
	return service.NewBuilder(service.Logger(logger(c.verbose, stderr))).AddLayer(
		wiring.Choose("store", c.store, map[string]wiring.Layer{
			"memory": memoryLayer{},
			"file":   fileLayer{dir: c.dir},
		}),
		ingestLayer{path: c.input, stdin: stdin, stdout: stdout},
		apiLayer{listen: c.listen, stdout: stdout},
		progressLayer{every: c.every, stdout: stdout},
	)
}

// logger discards the log unless somebody asks for it: the layers print what a user
// wants to know, and service.Main prints the error that ends the program.
func logger(verbose bool, stderr io.Writer) *slog.Logger {
	if !verbose {
		return slog.New(slog.DiscardHandler)
	}
	return slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

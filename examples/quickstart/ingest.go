package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

// ingestLayer stores the lines of a file, or of standard input if path is empty.
type ingestLayer struct {
	path   string
	stdin  io.Reader
	stdout io.Writer
}

func (ingestLayer) Name() string { return "ingest" }

func (l ingestLayer) Wire(r *wiring.Registry) error {
	r.ProvideTask(l.newIngester)
	return nil
}

// newIngester opens the file here and not in Run, so that a wrong name ends the
// program before anything has started.
func (l ingestLayer) newIngester(store Store, hooks *wiring.ShutdownHooks) (*ingester, error) {
	if l.path == "" {
		return &ingester{store: store, input: l.stdin, name: "standard input", stdout: l.stdout}, nil
	}
	file, err := os.Open(l.path)
	if err != nil {
		return nil, err
	}
	// A hook and not Run closes it: Run is never called if another layer fails.
	hooks.Add("close-input", func(context.Context) error { return file.Close() })
	return &ingester{store: store, input: file, name: l.path, stdout: l.stdout}, nil
}

// ingester is the task that stores the lines of the input.
//
// The node goes on serving after the end of the input, so the task waits for the stop
// then: the return of a regular task stops the node. A oneshot could return, but would
// leave it to the other layers whether anything keeps the node alive.
type ingester struct {
	store  Store
	input  io.Reader
	name   string
	stdout io.Writer
}

func (*ingester) ID() task.ID     { return "ingest" }
func (*ingester) Kind() task.Kind { return task.Regular }

func (t *ingester) Run(ctx context.Context) error {
	fmt.Fprintf(t.stdout, "reading lines from %s\n", t.name)
	r := startReader(ctx, t.input)
	defer r.stop()
	for count := 0; ; count++ {
		select {
		case <-ctx.Done():
			return nil
		case line, ok := <-r.lines:
			if !ok {
				return t.end(ctx, count, r.err)
			}
			if _, err := t.store.Add(line); err != nil {
				return err
			}
		}
	}
}

// end waits for the stop, unless reading has failed.
func (t *ingester) end(ctx context.Context, count int, err error) error {
	if !errors.Is(err, io.EOF) {
		return err
	}
	fmt.Fprintf(t.stdout, "end of input, lines read: %d; still serving\n", count)
	<-ctx.Done()
	return nil
}

// reader reads lines on a goroutine of its own, because a read of a terminal or a
// pipe blocks and knows nothing of contexts.
type reader struct {
	input  io.Reader
	cancel context.CancelFunc
	lines  chan string // closed by the goroutine at its end
	err    error       // why it ended; set before lines is closed
}

func startReader(ctx context.Context, input io.Reader) *reader {
	ctx, cancel := context.WithCancel(ctx)
	r := &reader{input: input, cancel: cancel, lines: make(chan string)}
	go r.read(ctx)
	return r
}

func (r *reader) read(ctx context.Context) {
	defer close(r.lines)
	lines := newLineReader(r.input)
	for {
		line, err := lines.next()
		if err != nil {
			r.err = err
			return
		}
		select {
		case r.lines <- line:
		case <-ctx.Done():
			r.err = ctx.Err()
			return
		}
	}
}

// stop ends the goroutine and waits for it, with one exception. Nothing interrupts a
// read of a terminal, or of a pipe that the process has inherited in blocking mode;
// and to change the mode would change it for the other processes that have it too. A
// goroutine in such a read stays behind and ends with the process. It holds nothing
// but its buffer, and drops the line that may still come.
func (r *reader) stop() {
	r.cancel()
	if !interrupt(r.input) {
		return
	}
	for range r.lines { // lines that come after the stop are dropped
	}
}

// interrupt ends a read that blocks, and reports whether the reads of input are now
// sure to return.
func interrupt(input io.Reader) bool {
	file, ok := input.(*os.File)
	if !ok {
		return false
	}
	if file.SetReadDeadline(time.Now()) == nil {
		return true
	}
	info, err := file.Stat()
	return err == nil && info.Mode().IsRegular() // takes no deadline, and never blocks for long
}

// maxLine is the number of bytes from which on a line is cut. In binary data a line may
// have any length, and the store keeps it in memory.
const maxLine = 64 << 10

// lineReader reads lines of text from anything.
type lineReader struct{ r *bufio.Reader }

func newLineReader(r io.Reader) *lineReader {
	return &lineReader{bufio.NewReaderSize(r, maxLine)}
}

// next returns the next line without its line break, or io.EOF. A line that is too
// long is cut, and ends in "…"; bytes that are no UTF-8 become U+FFFD.
func (l *lineReader) next() (string, error) {
	head, more, err := l.r.ReadLine()
	if err != nil {
		return "", err
	}
	text := string(head)
	if more {
		text += "…"
	}
	for more && err == nil { // an error will come again with the next line
		_, more, err = l.r.ReadLine()
	}
	return strings.ToValidUTF8(text, "\uFFFD"), nil
}

// linesOf splits text into lines as the ingester does.
func linesOf(text []byte) []string {
	var lines []string
	for r := newLineReader(bytes.NewReader(text)); ; {
		line, err := r.next()
		if err != nil {
			return lines
		}
		lines = append(lines, line)
	}
}

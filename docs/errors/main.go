// Errors makes common mistakes with this framework, with fx and with dig, and prints a
// page of what is said about them, docs/errors.md.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
)

func main() {
	if name, way, ok := strings.Cut(os.Getenv(variable), " "); ok {
		os.Exit(makeMistake(name, way))
	}
	if err := writePage(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "errors:", err)
		os.Exit(1)
	}
}

// writePage makes the mistakes in processes of this program, which is run in the
// directory of its source.
func writePage(w io.Writer) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	program, err := os.Executable()
	if err != nil {
		return err
	}
	entries, err := makeAll(ctx, program, ".")
	if err != nil {
		return err
	}
	text, err := page(entries)
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, text)
	return err
}

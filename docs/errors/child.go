package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"syscall"

	"github.com/wireframework/wireframework/service"
)

// Whoever makes a mistake runs in a process of its own, since some of them crash or hang
// it. This variable tells the process which one: NAME and one of the ways below.
const variable = "MISTAKE"

// The ways to make a mistake.
const (
	wayMain = "main" // with us, in service.Main
	wayLong = "long" // with us, the error printed with %+v
	wayFx   = "fx"
	wayDig  = "dig"
)

// Exit codes tell what has returned an error.
const (
	exitBuild = 10 // Build, in wayLong
	exitRun   = 11 // Run, in wayLong
	exitPeer  = 12 // another framework
)

// find returns the mistake of the name, or nil.
func find(name string) *mistake {
	i := slices.IndexFunc(mistakes, func(m mistake) bool { return m.name == name })
	if i < 0 {
		return nil
	}
	return &mistakes[i]
}

// makeMistake is the body of such a process. It returns the exit code.
func makeMistake(name, way string) int {
	m := find(name)
	if m == nil {
		fmt.Fprintf(os.Stderr, "there is no mistake %q\n", name)
		return 1
	}
	slog.SetDefault(m.logger())
	switch way {
	case wayMain:
		service.Main(m.build)
	case wayLong:
		return m.printLong()
	case wayFx:
		return printError(m.fx.run())
	case wayDig:
		return printError(m.dig.run())
	}
	return 0
}

func printError(err error) int {
	if err == nil {
		return 0
	}
	fmt.Println(err)
	return exitPeer
}

// logger leaves out the log, but for the mistakes that are to be seen there alone.
func (m *mistake) logger() *slog.Logger {
	if !m.log {
		return slog.New(slog.DiscardHandler)
	}
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{
		Level: slog.LevelWarn,
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		},
	}))
}

// build builds the node and has it stopped, if that is part of the mistake.
func (m *mistake) build() (*service.Service, error) {
	s, err := m.node()
	if err == nil && m.stop {
		go func() {
			<-s.Ready()
			terminate()
		}()
	}
	return s, err
}

// printLong prints the error of the node with %+v.
func (m *mistake) printLong() int {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	stopOn(syscall.SIGTERM, cancel)
	code := exitBuild
	s, err := m.build()
	if err == nil {
		code = exitRun
		err = s.Run(ctx)
	}
	if err == nil {
		return 0
	}
	fmt.Printf("%+v\n", err)
	return code
}

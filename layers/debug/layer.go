package debug

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"time"

	"github.com/wireframework/wireframework/layers/httpserver"
	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/wiring"
)

// Options configures the profiles that cost something all the time. They are settings of
// the whole process.
type Options struct {
	// MutexProfileFraction makes the profile "mutex" sample one of so many contended
	// mutexes, see [runtime.SetMutexProfileFraction].
	// Optional; defaults to leaving the setting as it is.
	MutexProfileFraction int `help:"Sample one of so many contended mutexes; 0 leaves the setting as it is." default:"0" placeholder:"N"`

	// BlockProfileRate makes the profile "block" sample one blocking event for so much
	// time blocked, see [runtime.SetBlockProfileRate].
	// Optional; defaults to leaving the setting as it is.
	BlockProfileRate time.Duration `help:"Sample one blocking event for so much time blocked; 0 leaves the setting as it is." default:"0s" placeholder:"DURATION"`
}

// New returns the layer "debug".
func New(o Options) wiring.Layer { return layer{o} }

type layer struct{ options Options }

func (layer) Name() string { return "debug" }

func (l layer) Wire(r *wiring.Registry) error {
	if err := l.options.check(); err != nil {
		return err
	}
	r.Provide(newRoutes, wiring.Group("http-routes,flatten"))
	r.Invoke(l.setUp, wiring.From[*httpserver.Server]("ops"))
	return nil
}

func (o Options) check() error {
	var problems []error
	if o.MutexProfileFraction < 0 {
		problems = append(problems, fmt.Errorf("MutexProfileFraction %d is negative (1 samples all, 0 leaves the setting as it is)", o.MutexProfileFraction))
	}
	if o.BlockProfileRate < 0 {
		problems = append(problems, fmt.Errorf("BlockProfileRate %v is negative (1ns samples all, 0 leaves the setting as it is)", o.BlockProfileRate))
	}
	return errors.Join(problems...)
}

func newRoutes(node service.Handle) []httpserver.Route {
	return append(profiles(), private("GET /debug/tasks", &tasksPage{node: node}))
}

func private(pattern string, h http.Handler) httpserver.Route {
	return httpserver.Route{Server: "ops", Pattern: pattern, Handler: h, Private: true}
}

// setUp asks for the server, so that a node without it does not verify.
func (l layer) setUp(_ *httpserver.Server, hooks *wiring.ShutdownHooks) {
	if fraction := l.options.MutexProfileFraction; fraction > 0 {
		before := runtime.SetMutexProfileFraction(fraction)
		hooks.Add("reset-mutex-profile", func(context.Context) error {
			runtime.SetMutexProfileFraction(before)
			return nil
		})
	}
	if rate := l.options.BlockProfileRate; rate > 0 {
		runtime.SetBlockProfileRate(int(rate))
		hooks.Add("reset-block-profile", func(context.Context) error {
			runtime.SetBlockProfileRate(0) // the runtime does not tell what it was
			return nil
		})
	}
}

package proof

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

// play is a plan as a real service has played it, with all that was recorded.
type play struct {
	plan
	*theatre
	trace    *trace
	problems []string

	actors       []*actor // in order of registration
	constructors []*constructor
	hooks        []*hook // in the order in which they were added; under theatre.mu
	stopped      []stamp // of each stop from outside, when the call had returned
	observed     stamp   // the observer has asked for the stop

	svc    *service.Service
	result error
	end    stamp          // Run has returned
	status service.Status // then
	ready  bool           // then
}

func (p *play) problem(format string, args ...any) {
	p.problems = append(p.problems, fmt.Sprintf(format, args...))
}

// constructor is the constructor of a layer.
type constructor struct {
	layerPlan
	*play
	layer string
	err   error

	// Recorded.
	calls    int
	entered  stamp
	noticed  stamp // the end of its context
	stopped  stamp // it has asked for the stop
	returned stamp
}

// hook is a shutdown hook.
type hook struct {
	hookPlan
	*play
	name string
	err  error

	// Recorded.
	added    stamp
	calls    int
	entered  stamp
	ended    bool // its context had ended when it was called
	deadline time.Duration
	stopped  stamp // it has asked for the stop
	returned stamp
}

// perform plays the plan in a bubble of its own, and looks for problems; with a census
// also for goroutines that are left, which takes time.
func (p plan) perform(t *testing.T, census bool) *play {
	var played *play
	synctest.Test(t, func(t *testing.T) {
		pl := &play{plan: p, theatre: newTheatre()}
		pl.trace = &trace{start: pl.start}
		played = pl
		if !pl.build() {
			return
		}
		pl.run()
		pl.check()
		if census {
			pl.countGoroutines()
		}
		close(pl.release)
		synctest.Wait() // for those that were given up
	})
	return played
}

// build makes the service and reports whether there is one to run.
func (p *play) build() bool {
	for _, t := range p.tasks {
		a := p.cast(t.script)
		if t.stops {
			a.stops = p.stop
		}
		if t.drains {
			a.drains = func(ctx context.Context) <-chan struct{} { return task.Drain(ctx).Done() }
		}
		p.actors = append(p.actors, a)
	}
	opts := []service.Option{
		service.Logger(quiet), service.Observe(p.trace.observe),
		service.StopTimeout(p.limits.stop), service.ShutdownTimeout(p.limits.shutdown), service.HookTimeout(p.limits.hook),
		service.PreconditionTimeout(p.limits.precondition), service.DrainDelay(p.limits.drain),
	}
	if p.nosy {
		opts = append(opts, service.Observe(func(service.Event) {
			if p.svc != nil {
				_, _ = p.svc.Status(), p.svc.Graph()
			}
		}))
	}
	if p.stopsAt > 0 {
		opts = append(opts, p.stopper())
	}
	if p.clumsy {
		opts = append(opts, service.Observe(func(service.Event) { panic("clumsy") }))
	}
	b := service.NewBuilder(opts...)
	for i := range p.layers {
		b.AddLayer(p.layer(i))
	}
	svc, err := b.Build()
	if err != nil {
		p.problem("Build: %v", err)
		return false
	}
	p.svc = svc
	return true
}

// stopper is an observer that asks for the stop at a certain event of the run.
func (p *play) stopper() service.Option {
	count := 0
	return service.Observe(func(service.Event) {
		if p.svc == nil {
			return // Build
		}
		if count++; count == p.stopsAt {
			p.stop(&p.observed)
		}
	})
}

// resourceType is the type of the resource of a layer: *[1]struct{}, *[2]struct{}, and
// so on.
func resourceType(layer int) reflect.Type {
	return reflect.PointerTo(reflect.ArrayOf(layer+1, reflect.TypeFor[struct{}]()))
}

func (p *play) layer(i int) wiring.Layer {
	c := &constructor{layerPlan: p.layers[i], play: p, layer: fmt.Sprintf("l%d", i)}
	c.err = errors.New("error of the constructor of " + c.layer)
	p.constructors = append(p.constructors, c)

	in := []reflect.Type{reflect.TypeFor[context.Context](), reflect.TypeFor[*wiring.ShutdownHooks]()}
	for _, need := range c.needs {
		in = append(in, resourceType(need))
	}
	errorType := reflect.TypeFor[error]()
	provide := reflect.FuncOf(in, []reflect.Type{resourceType(i), errorType}, false)
	tasks := reflect.FuncOf([]reflect.Type{resourceType(i)}, []reflect.Type{reflect.TypeFor[[]task.Task]()}, false)

	return wiring.NewLayer(c.layer, func(r *wiring.Registry) error {
		r.Provide(reflect.MakeFunc(provide, func(args []reflect.Value) []reflect.Value {
			err := reflect.Zero(errorType)
			if got := c.construct(args[0].Interface().(context.Context), args[1].Interface().(*wiring.ShutdownHooks)); got != nil {
				err = reflect.ValueOf(&got).Elem()
			}
			return []reflect.Value{reflect.New(resourceType(i).Elem()), err}
		}).Interface())
		r.ProvideTask(reflect.MakeFunc(tasks, func([]reflect.Value) []reflect.Value {
			return []reflect.Value{reflect.ValueOf(p.tasksOf(i))}
		}).Interface())
		return nil
	})
}

func (p *play) tasksOf(layer int) []task.Task {
	tasks := []task.Task{}
	for i, t := range p.tasks {
		if t.layer != layer {
			continue
		}
		made := p.actors[i].task()
		if t.own != never {
			made = task.WithStopTimeout(made, t.own)
		}
		tasks = append(tasks, made)
	}
	return tasks
}

// stop asks for the stop from within, and records that the call has returned.
func (p *play) stop(s *stamp) {
	p.svc.Stop(nil)
	p.record(s)
}

func (c *constructor) construct(ctx context.Context, h *wiring.ShutdownHooks) error {
	c.mu.Lock()
	c.calls++
	c.mu.Unlock()
	c.record(&c.entered)
	if !c.late {
		c.addHooks(h)
	}
	var interrupt <-chan struct{}
	if c.heeds {
		interrupt = ctx.Done()
	}
	c.pause(c.takes, interrupt)
	if c.late {
		c.addHooks(h)
	}
	if c.stops {
		c.stop(&c.stopped)
	}
	if ctx.Err() != nil {
		c.record(&c.noticed)
	}
	c.record(&c.returned)
	return perform(c.ends, c.err)
}

func (c *constructor) addHooks(h *wiring.ShutdownHooks) {
	for i, plan := range c.layerPlan.hooks {
		hk := &hook{hookPlan: plan, play: c.play, name: fmt.Sprintf("%s-%d", c.layer, i)}
		hk.err = errors.New("error of hook " + hk.name)
		c.record(&hk.added)
		c.mu.Lock()
		c.play.hooks = append(c.play.hooks, hk)
		c.mu.Unlock()
		h.Add(hk.name, hk.run)
	}
}

func (h *hook) run(ctx context.Context) error {
	deadline, _ := ctx.Deadline()
	h.mu.Lock()
	h.calls++
	h.ended = ctx.Err() != nil
	h.deadline = deadline.Sub(h.start)
	h.mu.Unlock()
	h.record(&h.entered)
	var interrupt <-chan struct{}
	if h.heeds {
		interrupt = ctx.Done()
	}
	h.pause(h.takes, interrupt)
	if h.stops {
		h.stop(&h.stopped)
	}
	h.record(&h.returned)
	return perform(h.ends, h.err)
}

// run runs the service, and everybody who stops it.
func (p *play) run() {
	p.stopped = make([]stamp, len(p.stops)+1)
	ctx, cancel := context.WithCancelCause(context.Background())
	releases := []context.CancelFunc{func() { cancel(nil) }}
	defer func() {
		for _, release := range releases {
			release()
		}
	}()
	over := make(chan struct{})
	for i, s := range slices.Concat(p.stops, []stopPlan{lastStop}) {
		switch before := i == 0 && p.stoppedBefore; {
		case before:
			p.ask(i, s.way, cancel)
		case s.way == ctxDeadline:
			var release context.CancelFunc
			ctx, release = context.WithDeadline(ctx, p.start.Add(s.at))
			releases = append(releases, release)
		default:
			go func() {
				if p.pause(s.at, over) {
					p.ask(i, s.way, cancel)
				}
			}()
		}
	}
	if p.again {
		go func() {
			if p.pause(sec, over) {
				if err := p.svc.Run(ctx); !same(err, service.ErrAlreadyRun) {
					p.mu.Lock()
					defer p.mu.Unlock()
					p.problem("Run is called again and returns %v", err)
				}
			}
		}()
	}
	p.result = p.svc.Run(ctx)
	p.record(&p.end)
	close(over)
	synctest.Wait()
	p.status, p.ready = p.svc.Status(), closed(p.svc.Ready())
}

// ask asks for the stop from outside; a deadline that has passed before Run is an error.
func (p *play) ask(i int, way stopWay, cancel context.CancelCauseFunc) {
	switch way {
	case stopErr, ctxDeadline:
		p.svc.Stop(errOutside)
	case ctxCancel:
		cancel(nil)
	case ctxCause:
		cancel(errOutside)
	default:
		p.svc.Stop(nil)
	}
	p.record(&p.stopped[i])
}

// countGoroutines compares what is left of the framework with what hangs.
func (p *play) countGoroutines() {
	p.mu.Lock()
	defer p.mu.Unlock()
	hang := 0
	count := func(entered, returned stamp) {
		if entered.happened() && !returned.happened() {
			hang++
		}
	}
	for _, a := range p.actors {
		count(a.entered, a.returned)
	}
	for _, c := range p.constructors {
		count(c.entered, c.returned)
	}
	for _, h := range p.hooks {
		count(h.entered, h.returned)
	}
	if got := bubbleGoroutines("/internal/supervise."); len(got) != hang {
		p.problem("%d tasks, constructors and hooks hang, but %d goroutines are left:\n%s", hang, len(got), strings.Join(got, "\n"))
	}
}

// bubbleGoroutines returns the stacks of the goroutines of this bubble that contain the
// text.
func bubbleGoroutines(text string) []string {
	buf := make([]byte, 1<<16)
	for {
		n := runtime.Stack(buf, true)
		if n < len(buf) {
			buf = buf[:n]
			break
		}
		buf = make([]byte, 2*len(buf))
	}
	blocks := strings.Split(string(buf), "\n\n")
	_, own, _ := strings.Cut(head(blocks[0]), "synctest bubble ")
	own, _, _ = strings.Cut(own, "]")
	own, _, _ = strings.Cut(own, ",")
	var found []string
	for _, b := range blocks[1:] {
		if h := head(b); strings.Contains(h, "synctest bubble "+own+"]") || strings.Contains(h, "synctest bubble "+own+",") {
			if strings.Contains(b, text) {
				found = append(found, b)
			}
		}
	}
	return found
}

func head(block string) string {
	line, _, _ := strings.Cut(block, "\n")
	return line
}

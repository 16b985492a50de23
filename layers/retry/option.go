package retry

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/wireframework/wireframework/task"
)

const (
	defaultInitial    = 500 * time.Millisecond
	defaultMax        = 30 * time.Second
	defaultMultiplier = 2
	defaultJitter     = 0.5
	defaultHealthy    = time.Minute
)

// Options says how often, and after which waits, a task is run again. The zero value
// retries without end.
type Options struct {
	// InitialWait is the wait after the first failure, before jitter. Optional; defaults
	// to 500 ms.
	InitialWait time.Duration `help:"Wait after the first failure." default:"500ms" placeholder:"DURATION"`

	// MaxWait bounds the waits, before jitter. Optional; defaults to 30 s.
	MaxWait time.Duration `help:"Longest wait between two attempts." default:"30s" placeholder:"DURATION"`

	// Multiplier is the growth of the waits from failure to failure. Optional; defaults
	// to 2.
	Multiplier float64 `help:"Growth of the waits." default:"2" placeholder:"FACTOR"`

	// Jitter is how far a wait differs by chance from what it should be: 0.5 is 50 % up
	// or down. Negative is none. Optional; defaults to 0.5.
	Jitter float64 `help:"How far a wait differs by chance, from 0 to 1." default:"0.5" placeholder:"FRACTION"`

	// MaxAttempts bounds the attempts in a row that fail, the first included. Optional;
	// defaults to none.
	MaxAttempts int `help:"How often a task may fail in a row; 0 is without end." placeholder:"N"`

	// MaxElapsed bounds the time of failures in a row: no attempt begins later than that
	// after the first of the row, or after the end of a healthy one. Optional; defaults
	// to none.
	MaxElapsed time.Duration `help:"How long a task may fail in a row; 0 is without end." placeholder:"DURATION"`

	// HealthyAfter is how long an attempt has to last for the failures before it to be
	// forgotten. Negative is never. Optional; defaults to a minute.
	HealthyAfter time.Duration `help:"How long a task has to run for its failures to be forgotten." default:"1m" placeholder:"DURATION"`

	// Panics retries panics too, as a [*task.PanicError]. A call of runtime.Goexit is
	// never retried. Optional; defaults to false: a panic passes through.
	Panics bool `help:"Retry panics too."`

	// Notify is called before each wait, on the goroutine of the task, and should return
	// soon. Optional; defaults to nothing.
	Notify func(Event) `kong:"-"`
}

// Event says that a task has failed and will be run again.
type Event struct {
	Task    task.ID
	Err     error         // of the attempt that has failed
	Attempt int           // its number in the row, from 1
	Wait    time.Duration // until the next
}

func (o Options) withDefaults() Options {
	fill(&o.InitialWait, defaultInitial)
	fill(&o.MaxWait, max(defaultMax, o.InitialWait))
	fill(&o.Multiplier, defaultMultiplier)
	fill(&o.Jitter, defaultJitter)
	fill(&o.HealthyAfter, defaultHealthy)
	return o
}

func fill[T comparable](field *T, value T) {
	if *field == *new(T) {
		*field = value
	}
}

// Check returns all that is wrong with the options, for a layer to return from its Wire.
func (o Options) Check() error {
	o = o.withDefaults()
	var problems []error
	problem := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	if o.InitialWait < 0 {
		problem("InitialWait %v is negative (give a duration, or 0 for %v)", o.InitialWait, defaultInitial)
	}
	if o.MaxWait < o.InitialWait {
		problem("MaxWait %v is shorter than InitialWait %v (give a longer one)", o.MaxWait, o.InitialWait)
	}
	if o.Multiplier < 1 || math.IsNaN(o.Multiplier) {
		problem("Multiplier %v is less than 1 (give 1 or more, or 0 for %v)", o.Multiplier, defaultMultiplier)
	}
	if o.Jitter > 1 || math.IsNaN(o.Jitter) {
		problem("Jitter %v is more than 1 (give a fraction, or a negative number for none)", o.Jitter)
	}
	if o.MaxAttempts < 0 {
		problem("MaxAttempts %d is negative (give a number, or 0 for no limit)", o.MaxAttempts)
	}
	if o.MaxElapsed < 0 {
		problem("MaxElapsed %v is negative (give a duration, or 0 for no limit)", o.MaxElapsed)
	}
	return errors.Join(problems...)
}

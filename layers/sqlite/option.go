package sqlite

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
)

// Memory is the Path of a database in memory. All connections of one node share it; two
// nodes never do.
const Memory = ":memory:"

// The values of Options.Synchronous.
const (
	Full   = "full"   // a commit waits until it is on the disk
	Normal = "normal" // a commit survives the process; a loss of power may undo the latest
)

const (
	defaultBusyTimeout = 5 * time.Second
	defaultMaxOpen     = 8
)

// Options says which database a layer opens, and how.
type Options struct {
	// Path is the file of the database, or [Memory]. Required.
	Path string `help:"File of the SQLite database, or :memory:." placeholder:"FILE"`

	// MakeDir makes the directory of the file if it does not exist, for its owner and
	// group. Optional; defaults to false, which makes a missing directory an error.
	MakeDir bool `help:"Make the directory of the database if it does not exist."`

	// Name tells this database from others of the same node: the resource has it, and
	// the layer is called "sqlite-NAME". Lower-case words and hyphens. Optional; defaults
	// to none.
	Name string `kong:"-"`

	// ReadOnly opens a database that exists for reading alone. Optional; defaults to
	// false.
	ReadOnly bool `help:"Open the SQLite database for reading alone."`

	// Synchronous says what a commit waits for: [Full] or [Normal]; the package comment
	// compares them. Optional; defaults to Full.
	Synchronous string `help:"What a commit waits for: full survives a loss of power, normal only the end of the process." enum:"full,normal" default:"full"`

	// BusyTimeout is how long a statement waits for the lock of another one. Optional;
	// defaults to 5 s.
	BusyTimeout time.Duration `help:"How long a statement waits for a lock." default:"5s" placeholder:"DURATION"`

	// MaxOpen is the number of connections. One of them writes at a time. Optional;
	// defaults to 8.
	MaxOpen int `help:"Number of connections to the SQLite database." default:"8" placeholder:"N"`
}

func (o Options) withDefaults() Options {
	if o.Synchronous == "" {
		o.Synchronous = Full
	}
	if o.BusyTimeout == 0 {
		o.BusyTimeout = defaultBusyTimeout
	}
	if o.MaxOpen == 0 {
		o.MaxOpen = defaultMaxOpen
	}
	return o
}

var validName = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// check reports all that is wrong with the options, defaults included.
func (o Options) check() error {
	var problems []error
	problem := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	switch {
	case o.Path == "":
		problem("Path is empty (give the file of the database, or %q)", Memory)
	case strings.HasPrefix(o.Path, "file:"):
		problem("Path %q is a URI (give the name of a file, or %q)", o.Path, Memory)
	case o.Path == Memory && o.ReadOnly:
		problem("ReadOnly is set and Path is %q, where there is nothing to read (give a file)", Memory)
	}
	if o.Name != "" && !validName.MatchString(o.Name) {
		problem("Name %q is no lower-case word (use lower-case letters, digits and hyphens)", o.Name)
	}
	if o.Synchronous != Full && o.Synchronous != Normal {
		problem("Synchronous %q is unknown (known: %q, %q)", o.Synchronous, Full, Normal)
	}
	if o.BusyTimeout < time.Millisecond {
		problem("BusyTimeout %v is too short (give a millisecond or more, or 0 for %v)", o.BusyTimeout, defaultBusyTimeout)
	}
	if o.MaxOpen < 0 {
		problem("MaxOpen %d is negative (give a number of connections, or 0 for %d)", o.MaxOpen, defaultMaxOpen)
	}
	return errors.Join(problems...)
}

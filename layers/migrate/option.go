package migrate

import (
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/pressly/goose/v3"
)

// The values of Options.Dialect.
const (
	Postgres = "postgres"
	SQLite   = "sqlite"
)

const (
	defaultTable = goose.DefaultTablename
	defaultPoll  = time.Second
)

// Options says which files there are, and for which database. [Up] and [Check] of one
// database get the same.
type Options struct {
	// FS has the files, most often embedded. Required.
	FS fs.FS `kong:"-"`

	// Dir is the directory of the files in FS. Optional; defaults to its root.
	Dir string `kong:"-"`

	// Dialect is [Postgres] or [SQLite]. Required.
	Dialect string `kong:"-"`

	// Database is the Name of the database, if it has one; layers and tasks are then
	// called "migrate-NAME", "schema-check-NAME" and "schema-NAME". Optional; defaults to
	// the database without a name.
	Database string `kong:"-"`

	// Table is where the database keeps its version. Optional; defaults to
	// "goose_db_version".
	Table string `kong:"-"`

	// Poll is how often the check asks for the version, at first more often. Optional;
	// defaults to 1 s.
	Poll time.Duration `help:"How often to ask for the version of the schema." default:"1s" placeholder:"DURATION"`
}

func (o Options) withDefaults() Options {
	if o.Table == "" {
		o.Table = defaultTable
	}
	if o.Poll == 0 {
		o.Poll = defaultPoll
	}
	return o
}

// check reports all that is wrong with the options, defaults included.
func (o Options) check() error {
	var problems []error
	problem := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	if o.FS == nil {
		problem("FS is nil (give the files, such as an embed.FS)")
	}
	if o.Dir != "" && !fs.ValidPath(o.Dir) {
		problem("Dir %q is no path in an fs.FS (use slashes, none at the ends, and no dots)", o.Dir)
	}
	if o.Dialect != Postgres && o.Dialect != SQLite {
		problem("Dialect %q is unknown (known: %q, %q)", o.Dialect, Postgres, SQLite)
	}
	if o.Poll < 0 {
		problem("Poll %v is negative (give an interval, or 0 for %v)", o.Poll, defaultPoll)
	}
	return errors.Join(problems...)
}

func (o Options) dialect() goose.Dialect {
	if o.Dialect == SQLite {
		return goose.DialectSQLite3
	}
	return goose.DialectPostgres
}

// files returns the directory of the files.
func (o Options) files() (fs.FS, error) {
	if o.Dir == "" {
		return o.FS, nil
	}
	return fs.Sub(o.FS, o.Dir)
}

// suffixed adds the name of the database to that of a layer or a task.
func (o Options) suffixed(name string) string {
	if o.Database == "" {
		return name
	}
	return name + "-" + o.Database
}

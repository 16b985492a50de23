package postgres

import (
	"errors"
	"fmt"
	"math"
	"net/url"
	"regexp"
	"strings"
	"time"
)

const defaultConnectTimeout = 10 * time.Second

// Options says which server the pool connects to, and how.
type Options struct {
	// URL is the connection string, such as
	// "postgres://user:password@host:5432/database?sslmode=verify-full", or the form
	// "host=... dbname=...". What it leaves out comes from the PG* environment variables,
	// as for every client of PostgreSQL. Required.
	URL string `help:"Connection string of the PostgreSQL database." example:"postgres://localhost/example" placeholder:"postgres://USER:PASSWORD@HOST:5432/DATABASE"`

	// Name tells this pool from others of the same node: the resources have it, and the
	// layer is called "postgres-NAME". Lower-case words and hyphens. Optional; defaults
	// to none.
	Name string `kong:"-"`

	// MaxConns is the greatest number of connections. Optional; defaults to the
	// pool_max_conns of the URL, or else to the number of CPUs, and at least 4.
	MaxConns int `help:"Greatest number of connections; 0 leaves it to the connection string." default:"0" placeholder:"N"`

	// ConnectTimeout is how long it may take to make a connection. Optional; defaults to
	// 10 s.
	ConnectTimeout time.Duration `help:"How long it may take to connect to PostgreSQL." default:"10s" placeholder:"DURATION"`

	// StatementTimeout is how long the server lets a statement run. It is sent when a
	// connection begins, which some poolers between client and server do not allow.
	// Optional; defaults to none.
	StatementTimeout time.Duration `help:"How long the server lets a statement run; 0 is without limit." default:"0s" placeholder:"DURATION"`
}

func (o Options) withDefaults() Options {
	if o.ConnectTimeout == 0 {
		o.ConnectTimeout = defaultConnectTimeout
	}
	return o
}

var validName = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// check reports all that is wrong with the options, defaults included.
func (o Options) check() error {
	var problems []error
	problem := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	if text := mistakeInURL(o.URL); text != "" {
		problem("%s", text)
	}
	if o.Name != "" && !validName.MatchString(o.Name) {
		problem("Name %q is no lower-case word (use lower-case letters, digits and hyphens)", o.Name)
	}
	if o.MaxConns < 0 || o.MaxConns > math.MaxInt32 {
		problem("MaxConns %d is no number of connections (give 1 or more, or 0 for the default)", o.MaxConns)
	}
	if o.ConnectTimeout < time.Millisecond {
		problem("ConnectTimeout %v is too short (give a millisecond or more, or 0 for %v)", o.ConnectTimeout, defaultConnectTimeout)
	}
	if o.StatementTimeout != 0 && o.StatementTimeout < time.Millisecond {
		problem("StatementTimeout %v is too short (give a millisecond or more, or 0 for none)", o.StatementTimeout)
	}
	return errors.Join(problems...)
}

// mistakeInURL says what can be seen without looking at files and the environment. It
// never shows a part of the connection string: where that cannot be read, the password
// may be anywhere.
func mistakeInURL(s string) string {
	const example = "(such as postgres://user:password@host:5432/database, special characters of the password escaped)"
	if s == "" {
		return "URL is empty " + example
	}
	if !strings.Contains(s, "://") {
		if !strings.Contains(s, "=") {
			return "URL is no connection string " + example
		}
		return ""
	}
	u, err := url.Parse(s)
	if err != nil {
		return "URL cannot be read " + example
	}
	if u.Scheme != "postgres" && u.Scheme != "postgresql" {
		return fmt.Sprintf("URL has the scheme %q, and not postgres or postgresql", u.Scheme)
	}
	return ""
}

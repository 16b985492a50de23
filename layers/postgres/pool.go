package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/wireframework/wireframework/layers/postgres/internal/lines"
	"github.com/wireframework/wireframework/wiring"
)

const (
	// closeTimeout is how long the pool may take to close before its connections are cut.
	closeTimeout = 2 * time.Second

	// releaseTimeout is how long those may take to give up who then use a connection that
	// has been cut. Both together are well below the time of a hook.
	releaseTimeout = time.Second
)

// newPool is the constructor. It makes the first connection, so that what is wrong with
// the server or the credentials is known before anything starts.
func (l layer) newPool(ctx context.Context, hooks *wiring.ShutdownHooks) (*pgxpool.Pool, error) {
	config, err := l.options.config()
	if err != nil {
		return nil, err
	}
	set := new(lines.Set)
	config.ConnConfig.DialFunc = set.Dialer(config.ConnConfig.DialFunc)
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	bounded, cancel := context.WithTimeout(ctx, l.options.ConnectTimeout)
	defer cancel()
	if err := pool.Ping(bounded); err != nil {
		return nil, errors.Join(err, closePool(pool, set))
	}
	hooks.Add("close-"+l.Name(), func(context.Context) error { return closePool(pool, set) })
	return pool, nil
}

// config reads the connection string, with all that belongs to it in files and the
// environment.
func (o Options) config() (*pgxpool.Config, error) {
	config, err := pgxpool.ParseConfig(o.URL)
	if err != nil {
		return nil, withoutPassword(o.URL, err)
	}
	if o.MaxConns > 0 {
		config.MaxConns = int32(o.MaxConns) // check has seen that it fits
	}
	config.ConnConfig.ConnectTimeout = o.ConnectTimeout
	if o.StatementTimeout > 0 {
		config.ConnConfig.RuntimeParams["statement_timeout"] = strconv.FormatInt(o.StatementTimeout.Milliseconds(), 10)
	}
	return config, nil
}

// withoutPassword returns an error that says what err says, if that is known not to
// show the password. The error itself holds the connection string.
func withoutPassword(connection string, err error) error {
	if u, unread := url.Parse(connection); unread == nil && u.Host != "" {
		text := err.Error()
		if password, set := u.User.Password(); !set || !strings.Contains(text, password) {
			return errors.New(text)
		}
	}
	return errors.New("URL cannot be read (it is not shown here, because it may have a password)")
}

// closePool closes the pool, and cuts the connections that keep it from that.
func closePool(pool *pgxpool.Pool, set *lines.Set) error {
	closed := make(chan struct{})
	go func() { // ends when the last user has released its connection
		defer close(closed)
		pool.Close()
	}()
	if within(closed, closeTimeout) {
		return nil
	}
	set.Cut()
	if within(closed, releaseTimeout) {
		return nil
	}
	return fmt.Errorf("connections that are still in use have been cut: %d", pool.Stat().AcquiredConns())
}

func within(done <-chan struct{}, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-done:
		return true
	case <-timer.C:
		return false
	}
}

// newDB returns a view of the pool. It has no connections of its own.
func (l layer) newDB(pool *pgxpool.Pool, hooks *wiring.ShutdownHooks) *sql.DB {
	db := stdlib.OpenDBFromPool(pool)
	hooks.Add("close-"+l.Name()+"-db", func(context.Context) error { return db.Close() })
	return db
}

package lease

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/wireframework/wireframework/layers/postgres/internal/lines"
)

// session is the connection of one candidate. It connects again after a failure. Each
// of its methods asks the server once and returns within a limit, whatever the network
// does. It is for one goroutine.
type session struct {
	options Options
	pool    *pgxpool.Config // says where to connect, and nothing else
	lines   *lines.Set
	conn    *pgx.Conn // nil unless connected
}

func newSession(pool *pgxpool.Pool, o Options) *session {
	config := pool.Config()
	patience := o.patience()
	config.ConnConfig.ConnectTimeout = o.Lease // at most: each question has its own limit
	config.ConnConfig.RuntimeParams["statement_timeout"] = milliseconds(patience)
	config.ConnConfig.RuntimeParams["lock_timeout"] = milliseconds(patience / 2)
	set := new(lines.Set)
	config.ConnConfig.DialFunc = set.Dialer(config.ConnConfig.DialFunc)
	return &session{options: o, pool: config, lines: set}
}

func milliseconds(d time.Duration) string { return strconv.FormatInt(max(d.Milliseconds(), 1), 10) }

const (
	// A new election has a term 0 that has expired.
	beginQuery = `insert into leader_lease (election, token, holder, duration, expires)
values ($1, 0, '', $2, '-infinity') on conflict do nothing`

	// Only looks, so that candidates lock nothing.
	lookQuery = `select token, expires < clock_timestamp() from leader_lease where election = $1`

	takeQuery = `update leader_lease
set token = token + 1, holder = $3, duration = $4::interval, expires = clock_timestamp() + $4::interval
where election = $1 and token = $2 and expires < clock_timestamp()
returning token`

	renewQuery = `update leader_lease set expires = clock_timestamp() + duration
where election = $1 and token = $2 and expires >= clock_timestamp()`

	resignQuery = `update leader_lease set expires = '-infinity' where election = $1 and token = $2`
)

// look returns the token of the latest term, and whether that has expired.
func (s *session) look(ctx context.Context) (token int64, expired bool, err error) {
	err = s.ask(ctx, s.options.Lease, func(ctx context.Context) error {
		err := s.conn.QueryRow(ctx, lookQuery, s.options.Election).Scan(&token, &expired)
		if hasCode(err, codeUndefinedTable) {
			err = createTable(ctx, s.conn)
			if err == nil {
				err = pgx.ErrNoRows
			}
		}
		if errors.Is(err, pgx.ErrNoRows) {
			expired = true
			_, err = s.conn.Exec(ctx, beginQuery, s.options.Election, s.options.Lease)
		}
		return err
	})
	return token, expired, err
}

// take begins the term after that of the token, unless somebody else was faster, or a
// transaction that has checked the old token goes on. The token is 0 then.
func (s *session) take(ctx context.Context, after int64) (token int64, err error) {
	err = s.ask(ctx, s.options.patience(), func(ctx context.Context) error {
		o := s.options
		err := s.conn.QueryRow(ctx, takeQuery, o.Election, after, o.Holder, o.Lease).Scan(&token)
		if errors.Is(err, pgx.ErrNoRows) || hasCode(err, codeLockTimeout, codeQueryCanceled) {
			return nil
		}
		return err
	})
	return token, err
}

// renew makes the term last for another lease. It reports false if the term is over.
func (s *session) renew(ctx context.Context, token int64) (ok bool, err error) {
	err = s.ask(ctx, s.options.patience(), func(ctx context.Context) error {
		tag, err := s.conn.Exec(ctx, renewQuery, s.options.Election, token)
		ok = tag.RowsAffected() > 0
		return err
	})
	return ok, err
}

// resign ends the term, if it is not over.
func (s *session) resign(ctx context.Context, token int64) error {
	return s.ask(ctx, s.options.patience(), func(ctx context.Context) error {
		_, err := s.conn.Exec(ctx, resignQuery, s.options.Election, token)
		return err
	})
}

// ask connects if need be, and calls f. Afterwards a connection that has failed is gone.
func (s *session) ask(ctx context.Context, patience time.Duration, f func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if s.conn == nil || s.conn.IsClosed() {
		if err := s.connect(ctx); err != nil {
			return err
		}
	}
	return f(ctx)
}

func (s *session) connect(ctx context.Context) (err error) {
	config := s.pool.ConnConfig.Copy()
	if before := s.pool.BeforeConnect; before != nil { // such as one that fetches a password
		if err := before(ctx, config); err != nil {
			return err
		}
	}
	s.conn, err = pgx.ConnectConfig(ctx, config)
	return err
}

// close ends the connection. A network that does not answer is not waited for.
func (s *session) close() {
	defer s.lines.Cut()
	if s.conn == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), s.options.patience())
	defer cancel()
	_ = s.conn.Close(ctx) // nothing is lost with it
	select {
	case <-s.conn.PgConn().CleanupDone():
	case <-ctx.Done():
	}
}

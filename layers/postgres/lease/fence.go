package lease

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/wireframework/wireframework/layers/leader"
)

// FencedError says that a transaction was refused because the term of its token is not
// the latest of the election. It wraps [leader.ErrLost].
type FencedError struct {
	Election string
	Token    int64 // of the transaction
	Latest   int64 // 0 if the election has had no term
}

func (e *FencedError) Error() string {
	if e.Latest == 0 {
		return fmt.Sprintf("token %d is refused: election %q has had no term", e.Token, e.Election)
	}
	return fmt.Sprintf("token %d is refused: the latest term of election %q has token %d", e.Token, e.Election, e.Latest)
}

// Unwrap returns [leader.ErrLost].
func (e *FencedError) Unwrap() error { return leader.ErrLost }

// checkQuery reads the latest token and keeps it from changing until the end of the
// transaction. Who holds that lock must not fall asleep over it.
const checkQuery = `select token,
	set_config('idle_in_transaction_session_timeout', ceil(extract(epoch from duration) * 1000)::bigint::text, true)
from leader_lease where election = $1 for key share`

// Check returns a [*FencedError] if the election has had a later term than that of the
// token. Otherwise none can begin before tx has ended, so all that tx does is done as the
// leader. Call it before the first write. It also sets the idle_in_transaction_session_timeout
// of tx to the length of a lease.
//
// In a transaction that is repeatable read or serializable, a later term may also show as
// a serialization failure (40001).
func Check(ctx context.Context, tx pgx.Tx, election string, token int64) error {
	var latest int64
	err := tx.QueryRow(ctx, checkQuery, election).Scan(&latest, nil)
	if errors.Is(err, pgx.ErrNoRows) {
		err = nil
	}
	return verdict(err, election, token, latest)
}

// CheckSQL is [Check] for database/sql.
func CheckSQL(ctx context.Context, tx *sql.Tx, election string, token int64) error {
	var latest int64
	var timeout string
	err := tx.QueryRowContext(ctx, checkQuery, election).Scan(&latest, &timeout)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return verdict(err, election, token, latest)
}

func verdict(err error, election string, token, latest int64) error {
	switch {
	case err != nil:
		return fmt.Errorf("token of election %q: %w", election, err)
	case latest != token:
		return &FencedError{Election: election, Token: token, Latest: latest}
	}
	return nil
}

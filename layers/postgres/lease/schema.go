package lease

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Schema creates the table of all elections of a database. The first candidate runs it
// if the table is missing; a migration may do so before.
//
// The second constraint makes the token a part of a key. So a new token has to wait for
// transactions that have checked the old one, and a renewal has not.
const Schema = `create table if not exists leader_lease (
	election text primary key,
	token    bigint not null,
	holder   text not null,
	duration interval not null,
	expires  timestamptz not null,
	unique (election, token)
)`

const (
	codeUndefinedTable  = "42P01"
	codeDuplicateTable  = "42P07"
	codeDuplicateObject = "42710"
	codeUniqueViolation = "23505"
	codeLockTimeout     = "55P03"
	codeQueryCanceled   = "57014" // by the statement timeout
)

// hasCode reports whether err is an error of the server with one of the codes.
func hasCode(err error, codes ...string) bool {
	var e *pgconn.PgError
	if !errors.As(err, &e) {
		return false
	}
	for _, code := range codes {
		if e.Code == code {
			return true
		}
	}
	return false
}

// createTable creates the table. Several candidates may do so at once, which the server
// does not take well: one of them is told that a name is taken.
func createTable(ctx context.Context, conn *pgx.Conn) error {
	_, err := conn.Exec(ctx, Schema)
	if hasCode(err, codeDuplicateTable, codeDuplicateObject, codeUniqueViolation) {
		return nil
	}
	return err
}

// Package malformed has a struct that go vet refuses, out of its sight.
package malformed

import (
	"database/sql"

	"github.com/wireframework/wireframework/wiring"
)

// NoKey has a tag that is only a value.
type NoKey struct {
	wiring.In

	DB *sql.DB "replica"
}

// Params has a tag that cannot be read.
type Params struct {
	wiring.In

	DB *sql.DB "name:replica"
}

package migrate

import (
	"errors"
	"fmt"
	"path"

	"github.com/pressly/goose/v3"
)

// Error is a migration that has failed.
type Error struct {
	File    string
	Version int64
	Err     error
}

func (e *Error) Error() string {
	return fmt.Sprintf("migration %s (version %d): %v", e.File, e.Version, e.Err)
}

// Unwrap returns what the database said.
func (e *Error) Unwrap() error { return e.Err }

// NewerError says that the program is too old for the schema of the database.
type NewerError struct {
	Schema int64 // the version of the database
	Binary int64 // the highest version that the program knows
}

func (e *NewerError) Error() string {
	return fmt.Sprintf("schema is at version %d, this binary knows %d (deploy the newer binary or migrate down)", e.Schema, e.Binary)
}

// withFile names the file of a migration that has failed.
func withFile(err error) error {
	var failed *goose.PartialError
	if !errors.As(err, &failed) {
		return err
	}
	return &Error{
		File:    path.Base(failed.Failed.Source.Path),
		Version: failed.Failed.Source.Version,
		Err:     failed.Err,
	}
}

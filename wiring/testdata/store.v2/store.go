// Package store has a path with a dot in its last element.
package store

import "database/sql"

// New is a constructor.
func New(*sql.DB) error { return nil }

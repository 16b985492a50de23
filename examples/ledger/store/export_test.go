package store

import "context"

// Write runs a transaction of statements.
func (s *Store) Write(ctx context.Context, f func(exec func(query string) error) error) error {
	return s.write(ctx, func(tx session) error {
		return f(func(query string) error {
			_, err := tx.exec(ctx, query)
			return err
		})
	})
}

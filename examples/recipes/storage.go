package recipes

import (
	"fmt"
	"net/http"

	"github.com/wireframework/wireframework/wiring"
)

// Store is what the API serves.
type Store struct{ Kind string }

// ServeHTTP answers with the kind of the store.
func (s *Store) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	_, _ = fmt.Fprint(w, s.Kind)
}

var (
	memoryStorage = storage("memory")
	fileStorage   = storage("file")
)

func storage(kind string) wiring.Layer {
	return wiring.NewLayer("storage", func(r *wiring.Registry) error {
		r.Supply(&Store{Kind: kind})
		r.Supply(&Schema{})
		return nil
	})
}

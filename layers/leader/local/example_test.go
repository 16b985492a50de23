package local_test

import (
	"context"
	"fmt"

	"github.com/wireframework/wireframework/layers/leader/local"
)

// The store has seen token 41 from the process before.
func ExampleNewElector() {
	e := local.NewElector(func(context.Context) (int64, error) { return 41, nil })
	ctx := context.Background()
	for range 2 {
		term, err := e.Campaign(ctx)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println("leading with token", term.Token())
		_ = term.Resign(ctx)
	}
	// Output:
	// leading with token 42
	// leading with token 43
}
